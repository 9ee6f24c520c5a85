"""What the service's process may do on a booted system, tried from within its own sandbox."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.machines.boot import sandbox_probe
from tests.machines.boot.container import Container
from tests.machines.host import needs
from tests.machines.kiosk import UNIT
from tests.machines.systems import on_both

pytestmark = [pytest.mark.slow, pytest.mark.machine, needs("debootstrap", "systemd-nspawn", "nsenter", "unshare")]

PROBE = "/run/probe.py"
UNITS = "/usr/local/lib/systemd/system"

REFUSALS = {"EACCES", "EAFNOSUPPORT", "ENODEV", "ENOENT", "ENOSYS", "EPERM", "EROFS", "ESRCH"}
"""How the kernel says no."""


def results(text: str) -> dict[str, str]:
    """What the probe printed."""
    return dict(re.findall(r"^(.+): (\w+)$", text, re.MULTILINE))


def in_place_of(unit: str) -> str:
    """The service's unit with another program in it: every line that locks up the process stays as it is."""
    kept = [line for line in unit.splitlines() if not re.match(r"(Type|Watchdog|Restart|Exec)\w*=", line)]
    at = kept.index("[Service]") + 1
    return "\n".join([*kept[:at], "Type=oneshot", f"ExecStart=/opt/maskgate/current/bin/python {PROBE}", *kept[at:]])


@pytest.fixture
def prepared(machine: Container) -> Container:
    """A machine with the probe on it, and a unit for it."""
    put(machine, PROBE, Path(sandbox_probe.__file__).read_text(encoding="utf-8"))
    put(machine, f"{UNITS}/probe.service", in_place_of(machine.read("cat", f"{UNITS}/{UNIT}")))
    machine.read("systemctl", "daemon-reload")
    return machine


def put(machine: Container, path: str, text: str) -> None:
    machine.read("sh", "-c", 'printf %s "$1" >"$0"', path, text)


@on_both
def test_a_kiosk_may_do_what_it_needs_and_nothing_else(prepared: Container) -> None:
    """Every attempt below succeeds for root outside; inside, what is not needed is refused."""
    outside = results(prepared.read("/opt/maskgate/current/bin/python", PROBE))
    everything = sandbox_probe.ALLOWED.keys() | sandbox_probe.FORBIDDEN.keys()
    assert {name: answer for name, answer in outside.items() if answer != "done"} == {}
    assert outside.keys() == everything
    # Both units have the same folders, which go when one of them stops.
    prepared.read("systemctl", "stop", UNIT)
    prepared.read("systemctl", "start", "probe.service")
    inside = results(prepared.read("journalctl", "--output=cat", "--unit=probe.service"))
    assert inside.keys() == everything
    assert {name: inside[name] for name in sandbox_probe.ALLOWED} == dict.fromkeys(sandbox_probe.ALLOWED, "done")
    assert {name: inside[name] for name in sandbox_probe.FORBIDDEN if inside[name] not in REFUSALS} == {}


def test_the_probe_stands_for_the_service(prepared: Container) -> None:
    """Both units have the same locks, by systemd's own list of them."""
    table = ("systemd-analyze", "security", "--no-pager", "--json=short")
    assert prepared.read(*table, "probe.service") == prepared.read(*table, UNIT)


@on_both
def test_it_runs_as_its_own_user(machine: Container) -> None:
    """Without a capability, and with no way to gain one."""
    pid = machine.read("systemctl", "show", "--value", "--property=MainPID", UNIT)
    status = dict(re.findall(r"^(\w+):\s*(.*)$", machine.read("cat", f"/proc/{pid}/status"), re.MULTILINE))
    assert machine.read("id", "--name", "--user", status["Uid"].split()[0]) == "maskgate"
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
