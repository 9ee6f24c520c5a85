"""The doors of a board: their names, their folders, which of them start with the machine."""

from __future__ import annotations

import socket
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from edge.commands.options import config_option
from edge.errors import UsageError
from edge.host.doors import Door, choosing, door_of_file, doors_here, parse_door, the_door
from edge.host.folders import service_folder
from edge.networks.find import store_folder


@pytest.mark.parametrize("name", ["north", "2", "door-2", "a-b-c", "x" * 24])
def test_a_name_is_part_of_files_and_units(name: str) -> None:
    """The same door is found again by its file."""
    door = parse_door(name)
    assert door.unit == f"maskgate@{name}"
    assert door_of_file(door.config_file) == door


@pytest.mark.parametrize(
    "name", ["", "North", "-a", "a-", "a--b", "a/b", "..", "a b", "maskgate", "ä", "x" * 25, "a\n"]
)
def test_a_name_that_is_none(name: str) -> None:
    """Neither a path nor systemd's escapes can be made of it."""
    with pytest.raises(UsageError, match="expected up to 24 letters"):
        parse_door(name)


def test_no_folder_is_in_another_s_way() -> None:
    """The runtime folder of the door without a name is removed with all that is in it when its service ends."""
    north, unnamed = Door("north"), Door()
    assert not north.runtime.is_relative_to(unnamed.runtime)
    assert north.state.parent == unnamed.state / "doors"


def test_those_count_that_start_with_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else lies in the folders: an old copy of settings is no door."""
    monkeypatch.setattr("edge.host.doors.WANTS", tmp_path)
    assert doors_here() == ()
    for name in ("maskgate@south.service", "maskgate@north.service", "maskgate@No.service", "maskgate-door.service"):
        (tmp_path / name).symlink_to("/usr/local/lib/systemd/system/maskgate@.service")
    assert doors_here() == (Door("north"), Door("south"))
    (tmp_path / "maskgate.service").symlink_to("/usr/local/lib/systemd/system/maskgate.service")
    assert doors_here() == (Door(), Door("north"), Door("south"))


@pytest.mark.parametrize(
    ("path", "door"),
    [("maskgate.toml", Door()), ("north.toml", Door("north")), ("north.toml.bak", None), ("No.toml", None)],
)
def test_a_file_names_its_door(path: str, door: Door | None) -> None:
    """In the folder of settings alone."""
    assert door_of_file(Path("/etc/maskgate") / path) == door
    assert door_of_file(Path("/home/keeper") / path) is None


def test_a_command_works_with_the_door_it_is_given() -> None:
    """For as long as it runs: folders and models are that door's."""
    seen: list[tuple[Door, Path, Path]] = []

    @click.command()
    @config_option
    def look(config_path: Path | None) -> None:
        seen.append((the_door(), service_folder(), store_folder()))

    assert CliRunner().invoke(look, ["--door", "north"]).exit_code == 0
    state = Path("/var/lib/maskgate/doors/north")
    assert seen == [(Door("north"), state, state / "models")]
    assert the_door() == Door()
    assert isinstance(CliRunner().invoke(look, ["--door", "../x"]).exception, UsageError)


def test_a_door_s_name_is_made_fit_for_a_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    """No slash, no wild card, no dot; each door has its own, and none is too long."""
    monkeypatch.setattr(socket, "gethostname", lambda: "tür+1/x.hospital.example")
    assert (Door().network_name, Door("north").network_name) == ("t-r-1-x", "t-r-1-x-north")
    monkeypatch.setattr(socket, "gethostname", lambda: "h" * 64)
    assert len(Door("n" * 24).network_name) == 64


def test_choosing_ends_with_its_block() -> None:
    """Also within another."""
    with choosing(Door("north")):
        with choosing(Door("south")):
            assert the_door() == Door("south")
        assert the_door() == Door("north")
    assert the_door() == Door()
