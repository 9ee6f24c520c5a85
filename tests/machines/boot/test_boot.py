"""The service on a system that really boots: it comes up, is watched over, breaks, and comes back."""

from __future__ import annotations

import json
import re
import time

import pytest

from tests.machines.boot.container import Container
from tests.machines.host import needs
from tests.machines.kiosk import Kiosk
from tests.machines.systems import on_both

pytestmark = [pytest.mark.slow, pytest.mark.machine, needs("debootstrap", "systemd-nspawn", "nsenter", "unshare")]

START_S = 30.0
"""Networks are loaded well within this on any machine; a Pi 4 takes a few seconds."""

RESTART_S = 5.0
"""RestartSec of the unit."""

WATCHDOG_S = 45.0
"""WatchdogSec of the unit."""

OPEN_WATCHDOG_S = 10.0
"""What the kiosk has it shortened to while the door is open."""


@on_both
def test_it_comes_up_by_itself(machine: Container, kiosk: Kiosk) -> None:
    """Nobody logs in: after a boot the service is up, has told systemd that it is ready, and looks at pictures."""
    kiosk.wait_until_watching()
    assert kiosk.show("Type") == "notify"
    assert kiosk.show("NRestarts") == "0"
    assert kiosk.show("WatchdogUSec") == f"{WATCHDOG_S:.0f}s"
    assert machine.read("systemctl", "is-enabled", "maskgate.service") == "enabled"
    assert machine.read("systemctl", "is-system-running") == "running"
    ready_s = int(kiosk.show("ActiveEnterTimestampMonotonic")) - int(kiosk.show("ExecMainStartTimestampMonotonic"))
    assert 0 < ready_s / 1e6 < START_S


def test_the_doctor_finds_it_well(machine: Container, kiosk: Kiosk) -> None:
    """Camera and networks answer; it names what a container lacks, and lines that are pulled up while a Pi starts."""
    kiosk.wait_until_watching()
    report = json.loads(machine.read("maskgate", "doctor", "--json"))
    levels = {finding["name"]: finding["level"] for finding in report["findings"]}
    assert {name for name, level in levels.items() if level != "ok"} == {"clock", "gpio", "lines"}
    assert {"camera", "classifier", "detector", "groups"} <= levels.keys()


@on_both
def test_a_hung_loop_is_stopped_and_comes_back(machine: Container, kiosk: Kiosk) -> None:
    """A process that hangs is killed by the watchdog, the log tells where it hung, and another one takes over."""
    hung = kiosk.wait_until_watching()
    stopped_at = time.monotonic()
    machine.read("kill", "-STOP", str(hung))
    kiosk.wait_until_watching(other_than=hung, patience_s=2 * WATCHDOG_S)
    took_s = time.monotonic() - stopped_at
    assert took_s <= WATCHDOG_S + RESTART_S + 20
    assert kiosk.show("NRestarts") == "1"
    texts = [line.text for line in kiosk.log()]
    # Shorter if the door was just open.
    assert any(re.search(r"Watchdog timeout \(limit (45|10)s\)!", text) for text in texts)
    assert any(text.startswith("Fatal Python error: Aborted") for text in texts)
    assert any("edge/kiosk.py" in text for text in texts)
    assert any("Failed with result 'watchdog'" in text for text in texts)


@on_both
def test_a_process_that_is_stopped_does_not_hold_the_door_open(machine: Container, kiosk: Kiosk) -> None:
    """Stopped (SIGSTOP) with the relay on, it is ended after ten seconds, and `pins-off` lets go of the relay."""
    stopped = kiosk.wait_until_watching()
    at_once = f"journalctl --follow --lines=0 --unit=maskgate | grep --max-count=1 'relay  *on' && kill -STOP {stopped}"
    machine.read("bash", "-c", at_once)
    begun = time.monotonic()
    machine.wait_for(lambda: "code=exited ; status=0" in kiosk.show("ExecStopPost"))
    assert time.monotonic() - begun < OPEN_WATCHDOG_S + 10
    assert any("Watchdog timeout (limit 10s)!" in line.text for line in kiosk.log())
    kiosk.wait_until_watching(other_than=stopped)


def test_a_crash_is_survived_and_five_are_not(machine: Container, kiosk: Kiosk) -> None:
    """Each crash switches the lines off and starts it again after five seconds; the fifth is the last."""
    for number, name in enumerate(("SEGV", "KILL", "ABRT", "KILL"), start=1):
        crashed = kiosk.wait_until_watching()
        machine.read("kill", f"-{name}", str(crashed))
        # `pins-off`, which has the last word on every line.
        machine.wait_for(lambda: "code=exited ; status=0" in kiosk.show("ExecStopPost"))
        kiosk.wait_until_watching(other_than=crashed)
        assert kiosk.show("NRestarts") == str(number)
    machine.read("kill", "-SEGV", str(kiosk.wait_until_watching()))
    machine.wait_for(lambda: kiosk.show("ActiveState") == "failed")
    assert kiosk.wait_for_line("Start request repeated too quickly")
    assert machine.run("systemctl", "start", "maskgate.service").returncode == 1
    machine.read("systemctl", "reset-failed", "maskgate.service")
    machine.read("systemctl", "start", "maskgate.service")
    kiosk.wait_until_watching()


@on_both
def test_an_orderly_end_leaves_every_line_off(machine: Container, kiosk: Kiosk) -> None:
    """Stopped while a lamp is lit, it switches off, writes its last event, and is not started again."""
    kiosk.wait_for_line("GPIO17 green +on")
    begun = time.monotonic()
    machine.read("systemctl", "stop", "maskgate.service")
    assert time.monotonic() - begun < 5
    pins = kiosk.pins()
    assert {"green", "relay"} <= pins.keys()
    assert not any(pins.values())
    assert kiosk.show("Result") == "success"
    assert kiosk.show("ExecMainStatus") == "0"
    assert kiosk.events("service")[-1]["detail"] == "stopped"


def test_a_lost_camera_is_a_fault_and_no_restart(machine: Container, kiosk: Kiosk) -> None:
    """The same process shows FAULT, and recovers when the camera is back."""
    process = kiosk.wait_until_watching()
    machine.read("systemctl", "stop", "door-camera.service")
    machine.wait_for(lambda: "fault=camera" in kiosk.show("StatusText"))
    machine.wait_for(lambda: {name for name, is_on in kiosk.pins().items() if is_on} == {"red", "amber"})
    machine.read("systemctl", "start", "door-camera.service")
    assert kiosk.wait_until_watching() == process


def test_a_reload_takes_a_good_file_and_refuses_a_bad_one(machine: Container, kiosk: Kiosk) -> None:
    """The process goes on through both, and says what it did."""
    process = kiosk.wait_until_watching()
    file = "/etc/maskgate/maskgate.toml"
    for text, answer in (("hold_s = 3.0", "config=reloaded"), ("hold_s = 'long'", "hold_s")):
        seen = len(kiosk.log())
        machine.read("sh", "-c", f'printf "\\n[alarm]\\n{text}\\n" >>{file}')
        machine.read("systemctl", "reload", "maskgate.service")
        kiosk.wait_for_line(answer, after=seen)
        machine.read("sed", "-i", "/alarm/,$d", file)
    assert kiosk.pid == process
    assert kiosk.show("ActiveState") == "active"


def test_the_log_can_be_read(machine: Container, kiosk: Kiosk) -> None:
    """By whoever belongs to the group adm, as the first user of a Pi does: whole lines of text under one name."""
    kiosk.wait_for_line("GPIO17 green +on")
    machine.read("useradd", "--groups", "adm", "keeper")
    text = machine.read("runuser", "-u", "keeper", "--", "journalctl", "--boot", "--quiet", "--unit=maskgate")
    assert "READY" not in text
    assert " maskgate[" in text
    assert "blob data" not in text
    assert "\x1b" not in text


def test_systemd_has_nothing_to_say_about_the_units(machine: Container) -> None:
    """Units and udev's rules are verified where they are installed."""
    for program in ("cage", "chromium"):
        # The door screen's, which only some kiosks have.
        machine.read("ln", "-s", "/bin/true", f"/usr/bin/{program}")
    for unit in ("maskgate.service", "maskgate-door.service", "maskgate-update.path", "maskgate-update.service"):
        done = machine.run("systemd-analyze", "verify", "--man=no", f"/usr/local/lib/systemd/system/{unit}")
        assert (done.returncode, done.stdout + done.stderr) == (0, "")
    done = machine.run("udevadm", "verify", "--no-summary", "/usr/local/lib/udev/rules.d/60-maskgate.rules")
    assert (done.returncode, done.stderr) == (0, "")


@on_both
def test_exposure(machine: Container) -> None:
    """Of the service that runs, with every drop-in: at most 2.5."""
    machine.read("systemd-analyze", "security", "--no-pager", "--threshold=25", "maskgate.service")


@on_both
def test_an_uploaded_release_is_handed_to_root(machine: Container, kiosk: Kiosk) -> None:
    """What the service leaves is taken away, looked at by root in the unit's own sandbox, and told about; what is not
    signed changes nothing, and the next one is taken, too.
    """
    watching = kiosk.wait_until_watching()
    spool, told = "/var/lib/maskgate/update", "/opt/maskgate/update-status"
    assert machine.read("systemctl", "is-active", "maskgate-update.path") == "active"
    machine.read("sh", "-c", "openssl genpkey -algorithm ed25519 | openssl pkey -pubout -out /etc/maskgate/release.pem")
    leave = f"echo none >{spool}/$0 && printf %s $0 >{spool}/request"
    for name in ("maskgate-9.0.tar.gz", "maskgate-9.1.tar.gz"):
        machine.read("runuser", "-u", "maskgate", "--", "sh", "-c", leave, name)
        machine.wait_for(lambda: machine.run("grep", "--quiet", name, told).returncode == 0)  # noqa: B023 - asked at once
        machine.wait_for(lambda: machine.run("grep", "--quiet", "^failed", told).returncode == 0)
        assert "is damaged, or the card is full" in machine.read("cat", told)
        assert machine.read("ls", spool) == ""
    assert machine.read("stat", "--format=%U %a", told) == "root 644"
    assert kiosk.wait_until_watching() == watching
