"""Two doors on a board, and what they cannot both have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.commands.main import cli
from edge.config.neighbours import conflicts, refuse_conflicts
from edge.config.schema import Config, load_config
from edge.errors import ConfigError
from edge.host.doors import Door

OURS, THEIRS = Door("north"), Door("south")
WIRED = "[signals]\ngreen = 5\nred = 6\nbuzzer = 13\n"
"""Lines that the other door has not."""

Board = Callable[[Door, str], Path]


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    """Gives a board doors, with these settings."""
    etc, wants = tmp_path / "etc", tmp_path / "wants"
    for folder in (etc, wants):
        folder.mkdir()
    monkeypatch.setattr("edge.host.doors.ETC", etc)
    monkeypatch.setattr("edge.host.doors.WANTS", wants)

    def add(door: Door, text: str) -> Path:
        (wants / f"{door.unit}.service").symlink_to("/nowhere")
        door.config_file.write_text(text, encoding="utf-8")
        return door.config_file

    return add


def found(board: Board, ours: str, theirs: str) -> list[str]:
    board(OURS, ours)
    board(THEIRS, theirs)
    return list(conflicts(load_config(OURS.config_file), OURS))


@pytest.mark.parametrize(
    ("ours", "theirs", "shared"),
    [
        ('camera.source = "usb:1"\n' + WIRED, 'camera.source = "usb:0"', []),
        (WIRED, "", ["camera.source: /dev/video0"]),
        ('camera.source = "picamera:0"\n' + WIRED, 'camera.source = "picamera"', ["camera.source: camera module 0"]),
        # One network camera may look at both.
        ('camera.source = "rtsp://cam/1"\n' + WIRED, 'camera.source = "rtsp://cam/1"', []),
        (
            'camera.source = "usb:1"\n' + WIRED.replace("6", "27"),
            "inputs.fire = 5",
            ["signals.green: GPIO 5", "signals.red: GPIO 27"],
        ),
        ('camera.source = "usb:1"\nsignals.driver = "mock"', "", []),
        ('camera.source = "usb:1"\nsignals.chip = "other"', "", []),
        (
            'camera.source = "usb:1"\nweb.listen = "[::]:8080"\n' + WIRED,
            'metrics.listen = "127.0.0.1:8080"',
            ["web.listen: port 8080"],
        ),
        ('camera.source = "usb:1"\nmqtt.host = "b"\n' + WIRED, 'mqtt.host = "b"', []),
        (
            'camera.source = "usb:1"\nmqtt = {host = "b", name = "x"}\n' + WIRED,
            'mqtt = {host = "b", name = "x"}',
            ["mqtt.name: maskgate/x at b"],
        ),
        ('camera.source = "usb:1"\nmqtt = {host = "b", name = "x"}\n' + WIRED, 'mqtt = {host = "c", name = "x"}', []),
        (
            'camera.source = "usb:1"\nevents.database = "/e.db"\n' + WIRED,
            'events.database = "/e.db"',
            ["events.database: /e.db"],
        ),
        ('camera.source = "usb:1"\nweb.folder = "/w"\n' + WIRED, 'web.folder = "/w"', ["web.folder: /w"]),
        # Its own service says what is wrong with it.
        ("", "[camera", []),
    ],
)
def test_what_both_want_is_told(board: Board, ours: str, theirs: str, shared: list[str]) -> None:
    """In one line with both keys and the other's file; what only looks alike is not."""
    told = found(board, ours, theirs)
    assert [line.partition(" belongs to ")[0] for line in told] == shared
    assert all(" belongs to the door south (" in line for line in told)
    assert all(line.endswith(f"in {THEIRS.config_file}); each needs its own") for line in told)


def test_a_camera_is_known_by_every_name(board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also by the link that stays the same."""
    monkeypatch.setattr(Path, "resolve", lambda path, strict=False: Path("/dev/video0"))
    told = found(board, 'camera.source = "/dev/v4l/by-id/usb-cam"\n' + WIRED, 'camera.source = "usb:0"')
    assert [line.partition(" belongs")[0] for line in told] == ["camera.source: /dev/video0"]


def test_a_door_that_is_not_begun_is_in_nobody_s_way(board: Board, tmp_path: Path) -> None:
    """A file of settings alone, such as an old copy, has no service."""
    path = board(OURS, "")
    THEIRS.config_file.write_text("", encoding="utf-8")
    assert not list(conflicts(load_config(path), OURS))


def test_both_are_refused_by_check_config(board: Board, tmp_path: Path) -> None:
    """Whichever is looked at; a file that is nobody's yet is compared where --door says whose it will be."""
    camera = tmp_path / "clip"
    camera.mkdir()
    text = f'camera.source = "{camera}"\n'
    files = board(OURS, text), board(THEIRS, text)
    for path in files:
        told = CliRunner().invoke(cli, ["check-config", str(path)]).exception
        assert isinstance(told, ConfigError)
        assert "signals.green: GPIO 17 belongs to the door" in str(told)
    other = tmp_path / "new.toml"
    other.write_text(text, encoding="utf-8")
    assert CliRunner().invoke(cli, ["check-config", str(other)]).exit_code == 0
    told = CliRunner().invoke(cli, ["check-config", str(other), "--door", "east"]).exception
    assert isinstance(told, ConfigError)
    assert "belongs to the door north" in str(told)
    other.write_text(text + WIRED, encoding="utf-8")
    assert CliRunner().invoke(cli, ["check-config", str(other), "--door", "east"]).exit_code == 0


def test_a_service_does_not_begin(board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the same lines as another; nothing is driven before that is known."""
    board(OURS, 'camera.source = "demo"\n')
    board(THEIRS, "")
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    told = CliRunner().invoke(cli, ["run", "--door", "north"]).exception
    assert isinstance(told, ConfigError)
    assert "signals.green: GPIO 17 belongs to the door south" in str(told)


def test_alone_there_is_nothing_to_refuse(board: Board) -> None:
    """The door without a name, as before."""
    board(Door(), "")
    refuse_conflicts(Config(), Door())
