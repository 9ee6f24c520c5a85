"""Two doors on one board: each watched by its own service, with its own settings, state, lines and pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.machines import door_camera
from tests.machines.boot.card import Card
from tests.machines.boot.container import Container
from tests.machines.conftest import Boot, Installed
from tests.machines.host import needs
from tests.machines.kiosk import Kiosk
from tests.machines.systems import TRIXIE, System

pytestmark = [pytest.mark.slow, pytest.mark.machine, needs("debootstrap", "systemd-nspawn", "nsenter", "unshare")]

SETUP = "/usr/local/sbin/maskgate-setup"

SETTINGS = """\
[camera]
source = "http://127.0.0.1:{camera}/"
[signals]
driver = "mock"
amber = {amber}
[web]
listen = "127.0.0.1:{port}"
"""


def settings(*, port: int, amber: int) -> str:
    return SETTINGS.format(camera=door_camera.PORT, port=port, amber=amber)


@pytest.fixture
def card(install_on: Callable[[System], Installed], tmp_path: Path) -> Card:
    """The kiosk is installed, the door without a name switched off, and two doors have their settings."""
    card = Card(tmp_path / "card", install_on(TRIXIE).card)
    card.write("etc/maskgate/north.toml", settings(port=8081, amber=24))
    # The same port: a slip that the installer must notice.
    card.write("etc/maskgate/south.toml", settings(port=8081, amber=25))
    return card


def test_two_doors_are_watched(card: Card, boot: Boot) -> None:
    """From the installer's command to a boot, a command to each, one doctor for both, and one that goes."""
    with boot(card) as machine:
        machine.read("systemctl", "--quiet", "disable", "--now", "maskgate.service")
        assert "the door north is watched" in machine.read(SETUP, "door", "north")
        _refused_until_corrected(machine)
        assert "the door south is watched" in machine.read(SETUP, "door", "south")
    with boot(card) as machine:
        north, south = Kiosk(machine, "north"), Kiosk(machine, "south")
        for kiosk in (north, south):
            kiosk.wait_until_watching()
        assert north.pid != south.pid
        for name, kiosk in (("north", north), ("south", south)):
            assert machine.read("stat", "--format=%a %U:%G", f"/var/lib/maskgate/doors/{name}") == (
                "750 maskgate:maskgate"
            )
            assert [event["detail"] for event in kiosk.events("service")][-1] == "started"
            told = machine.read("maskgate", "pins", "test", "green", "--door", name)
            assert "the running service tries them" in told
            assert any("command line: green tried" in event["detail"] for event in kiosk.events("audit"))
            assert kiosk.show("Slice") == "maskgate.slice"
        _one_doctor_for_both(machine)
        _a_slip_is_refused_by_a_running_door(machine, south)
        machine.read(SETUP, "uninstall", "--door", "south", "--purge")
        assert machine.run("test", "-e", "/var/lib/maskgate/doors/south").returncode == 1
        assert machine.run("test", "-e", "/etc/maskgate/south.toml").returncode == 1
        assert machine.read("systemctl", "is-active", "maskgate@north.service") == "active"


def _refused_until_corrected(machine: Container) -> None:
    """Both doors on one port: the second is not begun, and which key is in the way is said."""
    refused = machine.run(SETUP, "door", "south")
    assert refused.returncode == 1
    assert "web.listen: port 8081 belongs to the door north (web.listen in /etc/maskgate/north.toml)" in refused.stderr
    assert "correct /etc/maskgate/south.toml, then again: sudo maskgate-setup door south" in refused.stderr
    assert machine.run("systemctl", "is-enabled", "maskgate@south.service").stdout.strip() == "disabled"
    _replace_port(machine, "8081", "8082")


def _one_doctor_for_both(machine: Container) -> None:
    """The board once, each door with its findings."""
    findings = json.loads(machine.read("maskgate", "doctor", "--json"))["findings"]
    named = [(one.get("door"), one["name"]) for one in findings]
    assert named.count((None, "clock")) == 1
    for door in ("north", "south"):
        levels = {one["name"]: one["level"] for one in findings if one.get("door") == door}
        assert levels["camera"] == levels["classifier"] == levels["disk"] == "ok"


def _a_slip_is_refused_by_a_running_door(machine: Container, south: Kiosk) -> None:
    """The door goes on with the settings it had, and says what is in the way."""
    _replace_port(machine, "8082", "8081")
    machine.run("systemctl", "reload", "maskgate@south.service")
    south.wait_for_line("config=refused effect='the old one stays'.*port 8081 belongs to the door north")
    assert machine.read("systemctl", "is-active", "maskgate@south.service") == "active"


def _replace_port(machine: Container, before: str, after: str) -> None:
    machine.read("sed", "-i", f"s/{before}/{after}/", "/etc/maskgate/south.toml")
