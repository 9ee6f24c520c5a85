"""The service's unit and its companions, judged by systemd's own tools on a made-up root."""

from __future__ import annotations

import os
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest

from edge.cameras.camera import FRAME_TIMEOUT_S
from edge.errors import CameraError, ConfigError, ModelError, SignalError
from edge.host.doors import Door
from edge.service import RESTART_CODE, RETRY_S
from edge.web.updates.spool import FOLDER, REQUEST

ROOT = Path(__file__).resolve().parent.parent.parent
UNIT = ROOT / "systemd/maskgate.service"
TEMPLATE = UNIT.with_name("maskgate@.service")
DOOR_UNIT = UNIT.with_name("maskgate-door.service")
UPDATE = UNIT.with_name("maskgate-update.service")
EXPOSURE = {UNIT: 15, TEMPLATE: 15, DOOR_UNIT: 40, UPDATE: 75}
"""Greatest exposure allowed, in tenths of what `systemd-analyze security` says."""

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="NOT TESTED: systemd-analyze is missing; apt-get install systemd"
)


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)


class Sections(ConfigParser):
    """A unit's keys as they are written; of a repeated key the last value."""

    def __init__(self, text: str) -> None:
        super().__init__(strict=False, interpolation=None, delimiters="=", comment_prefixes="#")
        self.read_string(text)

    def optionxform(self, optionstr: str) -> str:
        return optionstr


@pytest.fixture(scope="module")
def unit() -> Sections:
    return Sections(UNIT.read_text(encoding="utf-8"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with the unit, systemd's own targets, and the programs that the unit starts."""
    units = tmp_path / "usr/lib/systemd/system"
    units.mkdir(parents=True)
    for target in Path("/usr/lib/systemd/system").glob("*.target"):
        if not target.is_symlink():
            shutil.copy(target, units)
    for name in (UNIT.name, TEMPLATE.name, "maskgate.slice", "maskgate-update.path", "maskgate-update.service"):
        shutil.copy(UNIT.with_name(name), units)
    for name in (
        "opt/maskgate/current/bin/maskgate",
        "usr/local/sbin/maskgate-setup",
        "bin/kill",
    ):
        program = tmp_path / name
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\n", encoding="utf-8")
        program.chmod(0o755)
    return tmp_path


def verify(root: Path, *units: str) -> str:
    """What systemd-analyze finds wrong; it exits 0 on unknown keys, so only silence counts."""
    result = run("systemd-analyze", "verify", f"--root={root}", *(units or ["maskgate.service"]))
    return result.stdout + result.stderr


@needs_systemd
def test_verify_is_silent(root: Path) -> None:
    """Nothing about the unit displeases systemd."""
    assert verify(root) == ""
    assert verify(root, "maskgate@north.service", "maskgate.slice") == ""
    assert verify(root, "maskgate-update.path", "maskgate-update.service") == ""


@needs_systemd
@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("WatchdogSec=", "WatchDogSeconds=", "WatchDogSeconds"),
        ("ProtectSystem=strict", "ProtectSystem=very", "very"),
        ("/opt/maskgate/current", "/opt/nowhere", "not executable"),
    ],
)
def test_verify_notices(root: Path, before: str, after: str, complaint: str) -> None:
    """A wrong key, value or program would be found."""
    installed = root / "usr/lib/systemd/system/maskgate.service"
    installed.write_text(UNIT.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    assert complaint in verify(root)


OF_EACH_DOOR = {
    "check at the door": "check at the door %i",
    "run --config /etc/maskgate/maskgate.toml": "run --door %i",
    "pins-off --config /etc/maskgate/maskgate.toml": "pins-off --door %i",
    "StateDirectory=maskgate": "StateDirectory=maskgate/doors/%i",
    "StateDirectoryMode=0750": "StateDirectoryMode=0750\nReadWritePaths=-/var/lib/maskgate/update",
    "RuntimeDirectory=maskgate": "RuntimeDirectory=maskgate-doors/%i",
    "WorkingDirectory=%t/maskgate": "WorkingDirectory=%t/maskgate-doors/%i",
    "HOME=%S/maskgate ": "HOME=%S/maskgate/doors/%i ",
    "LG_WD=%t/maskgate ": "LG_WD=%t/maskgate-doors/%i ",
    "/etc/maskgate/environment": "/etc/maskgate/%i.environment",
    "MemoryHigh=70%\nMemoryMax=85%": "Slice=maskgate.slice",
}
"""What a door's own unit says in place of what the unit of a single door says."""


def _keys(text: str) -> str:
    """Without comments and empty lines."""
    return "\n".join(line for line in text.splitlines() if line and not line.startswith("#"))


def test_each_of_several_doors_is_served_as_a_single_one(unit: Sections) -> None:
    """The template differs from the unit of a single door in nothing but its name, folders, settings and slice."""
    expected = _keys(UNIT.read_text(encoding="utf-8"))
    for single, several in OF_EACH_DOOR.items():
        assert single in expected
        expected = expected.replace(single, several)
    assert _keys(TEMPLATE.read_text(encoding="utf-8")) == expected
    together = Sections(UNIT.with_name("maskgate.slice").read_text(encoding="utf-8"))["Slice"]
    assert {key: together[key] for key in together} == {
        key: unit["Service"][key] for key in ("MemoryHigh", "MemoryMax")
    }


def test_a_door_s_folders_are_where_commands_look_for_them() -> None:
    """What systemd makes, with the specifiers of its manual, and what `--door` means."""
    service, door = Sections(TEMPLATE.read_text(encoding="utf-8"))["Service"], Door("north")
    assert Path("/var/lib", service["StateDirectory"].replace("%i", door.name)) == door.state
    assert Path("/run", service["RuntimeDirectory"].replace("%i", door.name)) == door.runtime
    assert door.unit == TEMPLATE.stem + door.name


def exposed(unit: Path, most: int) -> str:
    """What systemd says of a unit that is more exposed than that; nothing of another."""
    result = run("systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={most}", unit)
    return result.stdout[-300:] if result.returncode else ""


@needs_systemd
@pytest.mark.parametrize("unit", EXPOSURE, ids=lambda unit: unit.stem)
def test_exposure(unit: Path) -> None:
    """The service is locked up, and the browser as far as a browser can be."""
    assert exposed(unit, EXPOSURE[unit]) == ""


@needs_systemd
@pytest.mark.parametrize("unit", EXPOSURE, ids=lambda unit: unit.stem)
def test_exposure_notices(unit: Path, tmp_path: Path) -> None:
    """Without its locks it would be found out."""
    lines = unit.read_text(encoding="utf-8").splitlines()
    open_unit = tmp_path / unit.name
    locks = ("Protect", "Private", "Restrict", "SystemCall", "Capability")
    open_unit.write_text("\n".join(line for line in lines if not line.startswith(locks)), encoding="utf-8")
    assert exposed(open_unit, EXPOSURE[unit]) != ""


@pytest.mark.parametrize("unit", EXPOSURE, ids=lambda unit: unit.stem)
def test_no_picture_is_left_in_a_core_dump(unit: Path) -> None:
    """Nor a password."""
    assert Sections(unit.read_text(encoding="utf-8"))["Service"]["LimitCORE"] == "0"


def test_watchdog_outlasts_a_lost_camera(unit: Sections) -> None:
    """An attempt to open a camera, its time-out and the longest pause fit between two beats: FAULT is no hang."""
    watchdog_s = float(unit["Service"]["WatchdogSec"])
    opening_s = 15.0  # as the unit's comment promises
    assert watchdog_s >= 2 * max(opening_s + FRAME_TIMEOUT_S, *RETRY_S)
    assert unit["Service"]["Type"] == "notify"


def test_what_a_person_must_mend_is_not_tried_again(unit: Sections) -> None:
    """Configuration, model and pins end the service for good; a lost camera does not."""
    kept_down = {int(code) for code in unit["Service"]["RestartPreventExitStatus"].split()}
    assert {error.exit_code for error in (ConfigError, ModelError, SignalError)} == kept_down
    assert CameraError.exit_code not in kept_down
    assert RESTART_CODE not in {0, *kept_down}
    assert unit["Service"]["Restart"] == "on-failure"
    assert int(unit["Unit"]["StartLimitBurst"]) * float(unit["Service"]["RestartSec"]) < float(
        unit["Unit"]["StartLimitIntervalSec"]
    )


def test_state_lies_in_one_folder(unit: Sections) -> None:
    """Nothing else on the system is written to, so that it may be read-only."""
    service = unit["Service"]
    assert service["ProtectSystem"] == "strict"
    assert service["StateDirectory"] == service["RuntimeDirectory"] == "maskgate"
    assert "ReadWritePaths" not in service
    assert "LG_WD=%t/maskgate" in UNIT.read_text(encoding="utf-8")


def test_an_update_has_no_network() -> None:
    """What is installed comes from the uploaded file alone; the path that starts it is the one the page writes to."""
    assert Sections(UPDATE.read_text(encoding="utf-8"))["Service"]["PrivateNetwork"] == "yes"
    waits = Sections(UPDATE.with_suffix(".path").read_text(encoding="utf-8"))["Path"]["PathExists"]
    assert Path(waits) == FOLDER / REQUEST
    assert f"d {FOLDER}  0700 maskgate maskgate" in UNIT.with_name("maskgate.tmpfiles").read_text(encoding="utf-8")


@needs_systemd
def test_user_and_groups(tmp_path: Path) -> None:
    """systemd-sysusers makes the user the unit names, in the groups that cameras and lamps belong to."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n", encoding="utf-8")
    (tmp_path / "etc/group").write_text("root:x:0:\nvideo:x:44:pi\n", encoding="utf-8")
    result = run("systemd-sysusers", f"--root={tmp_path}", ROOT / "systemd/maskgate.sysusers")
    assert result.returncode == 0, result.stderr
    groups = dict(line.split(":x:") for line in (tmp_path / "etc/group").read_text(encoding="utf-8").split())
    assert groups["video"] == "44:maskgate,pi"
    assert groups["gpio"].endswith(":maskgate")
    assert groups["audio"].endswith("maskgate")
    assert "maskgate:x:" in (tmp_path / "etc/passwd").read_text(encoding="utf-8")


@needs_systemd
@pytest.mark.skipif(os.geteuid() != 0, reason="NOT TESTED: giving folders to another user needs root")
def test_state_folder(tmp_path: Path) -> None:
    """systemd-tmpfiles makes the state folder, readable by the service only."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("maskgate:x:990:990::/:/bin/false\n", encoding="utf-8")
    (tmp_path / "etc/group").write_text("maskgate:x:990:\n", encoding="utf-8")
    result = run("systemd-tmpfiles", "--create", f"--root={tmp_path}", ROOT / "systemd/maskgate.tmpfiles")
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "var/lib/maskgate").stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "var/lib/maskgate/weights").is_dir()


@needs_systemd
def test_the_door_screens_unit_is_understood(root: Path) -> None:
    """systemd finds nothing to say about it, given the programs it starts."""
    unit = root / "usr/lib/systemd/system/maskgate-door.service"
    shutil.copy(DOOR_UNIT, unit)
    for name in ("cage", "chromium", "python3"):
        program = root / "usr/bin" / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text("#!/bin/sh\n", encoding="utf-8")
        program.chmod(0o755)
    result = run("systemd-analyze", "verify", f"--root={root}", "--recursive-errors=no", "--man=no", unit.name)
    assert (result.returncode, result.stdout + result.stderr) == (0, "")
