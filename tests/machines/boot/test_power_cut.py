"""The plug is pulled: what was recorded is there at the next boot, on the partition that the guide recommends."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.machines.boot.card import Card, Partition
from tests.machines.boot.container import Container
from tests.machines.conftest import Boot, Installed
from tests.machines.host import needs
from tests.machines.kiosk import Kiosk, Line, followed, transitions

pytestmark = [
    pytest.mark.slow,
    pytest.mark.machine,
    needs("debootstrap", "losetup", "mkfs.ext4", "systemd-nspawn", "nsenter", "unshare"),
]

STATE = "/var/lib/maskgate"
LOG = ("journalctl", "--boot", "--follow", "--lines=all", "--output=json", "--unit=maskgate.service")

ON_DISK_S = 1.0
"""What was told this long ago must not be lost: a flush of a slow card takes part of a second."""

CUTS = 3


@pytest.fixture
def partition(tmp_path: Path) -> Partition:
    """A fresh one."""
    return Partition(tmp_path)


def recorded(kiosk: Kiosk) -> list[list[str]]:
    """The door's changes that are in the database, run by run."""
    runs: list[list[str]] = []
    for event in kiosk.events("service", "state"):
        if event["detail"] == "started":
            runs.append([])
        elif event["kind"] == "state":
            runs[-1].append(event["detail"])
    return runs


def wait_for_changes(machine: Container, log: Path, count: int) -> list[Line]:
    """The log, once it tells of that many changes."""
    machine.wait_for(lambda: len(transitions(followed(log))) >= count)
    return followed(log)


def assert_nothing_lost(told: list[tuple[float, int, str]], kept: list[str]) -> None:
    """The database holds what was told, in that order; only what was told in the last moment may be missing.

    It may hold one more: the kiosk writes down what the log's reader no longer heard.
    """
    texts = [text for _, _, text in told]
    both = min(len(texts), len(kept))
    assert kept[:both] == texts[:both]
    assert len(kept) <= len(texts) + 1
    ended_at = told[-1][0]
    missing = [(at, text) for at, _, text in told[len(kept) :] if at < ended_at - ON_DISK_S]
    assert missing == []


def test_a_killed_process_loses_no_event(machine: Container, kiosk: Kiosk, tmp_path: Path) -> None:
    """Killed at once after a change (SIGKILL), three times: each run is in the database as it was told."""
    log = tmp_path / "log"
    machine.follow(log, *LOG)
    kiosk.wait_until_watching()
    earlier = len(recorded(kiosk)) - 1
    for number in range(1, CUTS + 1):
        process = kiosk.wait_until_watching()
        wait_for_changes(machine, log, 3 * number)
        machine.read("kill", "-KILL", str(process))
        # Not at once: systemd waits before it starts another one.
        machine.wait_for(lambda: kiosk.pid == 0)
    told = transitions(followed(log))
    processes = dict.fromkeys(process for _, process, _ in told)
    assert len(processes) == CUTS
    for process, kept in zip(processes, recorded(kiosk)[earlier:], strict=True):
        assert_nothing_lost([change for change in told if change[1] == process], kept)


def test_a_power_cut_loses_no_event(installed: Installed, boot: Boot, partition: Partition, tmp_path: Path) -> None:
    """A read-only system with a partition of its own for the state, and the plug pulled three times: whatever the disk
    had not written is gone, and what the database had told before is still in it.
    """
    told: list[tuple[float, int, str]] = []
    listed: list[str] = []
    for number in range(CUTS + 1):
        card, log = Card(tmp_path / f"card{number}", installed.card), tmp_path / f"log{number}"
        with boot(card, state=partition, volatile="overlay") as machine:
            kiosk = Kiosk(machine)
            kiosk.wait_until_watching()
            runs = recorded(kiosk)
            assert len(runs) == number + 1
            if number:
                assert_nothing_lost(told, runs[number - 1])
                assert runs[number - 1][: len(listed)] == listed
            machine.follow(log, *LOG)
            wait_for_changes(machine, log, 3)
            listed = recorded(kiosk)[number]
            machine.cut_power()
        told = transitions(followed(log))


def test_a_cut_takes_what_nobody_flushed(
    installed: Installed, boot: Boot, partition: Partition, tmp_path: Path
) -> None:
    """The partition forgets as a card does: only what was flushed is there afterwards."""
    for number in range(2):
        with boot(Card(tmp_path / f"card{number}", installed.card), state=partition, volatile="overlay") as machine:
            # What it writes would take the rest along to the disk.
            machine.read("systemctl", "stop", "maskgate.service")
            if number:
                assert machine.run("ls", STATE).stdout.split().count("flushed") == 1
                assert machine.run("ls", STATE).stdout.split().count("late") == 0
            else:
                machine.read("sh", "-c", f"echo 1 >{STATE}/flushed && sync {STATE}/flushed && echo 2 >{STATE}/late")
                machine.cut_power()


def test_a_system_whose_var_begins_empty(installed: Installed, boot: Boot, tmp_path: Path) -> None:
    """Nothing but /var can be written, and that is new at every boot: the kiosk makes its folder and watches."""
    with boot(Card(tmp_path / "card", installed.card), volatile="state") as machine:
        assert machine.run("touch", "/etc/probe").returncode == 1
        kiosk = Kiosk(machine)
        kiosk.wait_until_watching()
        assert [event["detail"] for event in kiosk.events("service")] == ["started"]
        assert machine.read("stat", "--format=%a %U:%G", STATE) == "750 maskgate:maskgate"
