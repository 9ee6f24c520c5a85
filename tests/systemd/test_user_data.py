"""The first boot of a Pi without screen and keyboard."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from edge.config.schema import Config

ROOT = Path(__file__).resolve().parent.parent.parent
USER_DATA = ROOT / "systemd/user-data"
BOOT = "/boot/firmware"


@pytest.fixture(scope="module")
def user_data() -> dict[str, Any]:
    """The file as cloud-init reads it."""
    loaded = yaml.safe_load(USER_DATA.read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def test_cloud_init_knows_it() -> None:
    """Its first line is what makes cloud-init read it."""
    assert USER_DATA.read_text(encoding="utf-8").startswith("#cloud-config\n")


def check_schema(path: Path) -> subprocess.CompletedProcess[str]:
    """What cloud-init itself says of a file."""
    program = shutil.which("cloud-init")
    if program is None:
        pytest.skip("NOT TESTED: cloud-init is missing (sudo apt install cloud-init)")
    command = [program, "schema", "--config-file", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_cloud_init_accepts_it() -> None:
    """Its own checker finds neither an unknown key, nor a wrong value, nor one that is going out of use."""
    result = check_schema(USER_DATA)
    assert (result.returncode, result.stderr) == (0, "")
    assert "deprecat" not in result.stdout


def test_cloud_inits_checker_notices(tmp_path: Path) -> None:
    """The check above would fail on a slip."""
    wrong = tmp_path / "user-data"
    wrong.write_text(USER_DATA.read_text(encoding="utf-8").replace("lock_passwd: true", "lock_passwd: maybe"))
    assert check_schema(wrong).returncode == 1


def test_settings_are_right(user_data: dict[str, Any]) -> None:
    """The configuration it writes is accepted, and only the service may read it."""
    (file,) = user_data["write_files"]
    assert file["path"] == "/etc/maskgate/maskgate.toml"
    assert file["permissions"] == "0640"
    assert Config.model_validate(tomllib.loads(file["content"])).signals.driver == "gpio"


@pytest.mark.parametrize("code", [0, 1])
def test_installer_is_called(user_data: dict[str, Any], tmp_path: Path, code: int) -> None:
    """The release beside it is installed; what that said can be read on the card, without the password."""
    folder = tmp_path / "maskgate"
    (folder / "systemd").mkdir(parents=True)
    installer = f'echo "$PWD $*"; echo password: secret; echo problem >&2; exit {code}'
    (folder / "systemd/install.sh").write_text(installer, encoding="utf-8")
    ((shell, option, script),) = user_data["runcmd"]
    assert BOOT in script
    done = subprocess.run([shell, option, script.replace(BOOT, str(tmp_path))], capture_output=True, check=False)
    assert done.returncode == code
    assert (tmp_path / "maskgate-install.log").read_text().splitlines() == [f"{folder} install", "problem"]


def test_without_a_wheel_it_fails(user_data: dict[str, Any]) -> None:
    """A card that was not prepared is an error in cloud-init's log, not a silent success."""
    ((shell, option, script),) = user_data["runcmd"]
    result = subprocess.run([shell, option, script.replace(BOOT, "/nowhere")], capture_output=True, check=False)
    assert result.returncode == 1
