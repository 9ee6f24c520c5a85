"""The installer on a system that really boots: from nothing, upgrade, way back, removal, first boot by itself."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from edge import __version__
from tests.machines.boot.card import Card
from tests.machines.boot.container import Container
from tests.machines.conftest import CONFIG, CONFIG_TXT, SETTINGS, Boot, Installed, all_files, flash, install
from tests.machines.host import needs
from tests.machines.kiosk import Kiosk
from tests.machines.release import BROKEN, ROOT, UPGRADE, Release
from tests.machines.systems import BOOKWORM, TRIXIE, System, on_both

pytestmark = [pytest.mark.slow, pytest.mark.machine, needs("debootstrap", "systemd-nspawn", "nsenter", "unshare")]

SETUP = "/usr/local/sbin/maskgate-setup"

PLACED = {
    "/etc/systemd/system/multi-user.target.wants/maskgate.service",
    "/etc/systemd/system/paths.target.wants/maskgate-update.path",
    "/usr/local/lib/systemd/system/maskgate-update.path",
    "/usr/local/lib/systemd/system/maskgate-update.service",
    "/usr/local/bin/maskgate",
    "/usr/local/lib/systemd/system/maskgate-door.service",
    "/usr/local/lib/systemd/system/maskgate.service",
    "/usr/local/lib/systemd/system/maskgate@.service",
    "/usr/local/lib/systemd/system/maskgate.slice",
    "/usr/local/lib/sysusers.d/maskgate.conf",
    "/usr/local/lib/tmpfiles.d/maskgate.conf",
    "/usr/local/lib/udev/rules.d/60-maskgate.rules",
    "/usr/local/sbin/maskgate-setup",
    "/opt/maskgate/current",
}

OF_THE_SYSTEM = re.compile(
    r"/var/(lib/(dpkg|apt|systemd|private|cloud)|cache|log|tmp)\b|/(tmp|run|root|media)\b|/etc/\S+-$|.*/__pycache__\b"
)
"""Where a running Debian writes whatever is installed."""


RASPBERRY_PI = """\
datasource_list: [NoCloud]
datasource:
  NoCloud:
    seedfrom: file:///boot/firmware/
network: {config: disabled}
"""
"""As in Raspberry Pi OS trixie; the container's network is the host's own."""

FIRST_BOOT_S = 240.0
"""It fetches packages and installs."""


def versions(machine: Container) -> dict[str, str]:
    """What is installed, as the installer tells."""
    return dict(line.split() for line in machine.read(SETUP, "status").splitlines())


def running_version(machine: Container) -> str:
    """Of the process that watches the door."""
    pid = machine.read("systemctl", "show", "--value", "--property=MainPID", "maskgate.service")
    found = re.search(r"/opt/maskgate/versions/([^/]+)/", machine.read("cat", f"/proc/{pid}/cmdline"))
    assert found is not None
    return found[1]


def owned(machine: Container) -> frozenset[str]:
    """What belongs to a package of Debian's, under every name that leads to it."""
    names = set(machine.read("sh", "-c", "cat /var/lib/dpkg/info/*.list").splitlines())
    return frozenset(names | {f"/usr{name}" for name in names if name.startswith(("/bin", "/lib", "/sbin"))})


@pytest.fixture
def card(installed: Installed, tmp_path: Path) -> Card:
    """An installed card that may be written to."""
    return Card(tmp_path / "card", installed.card)


@on_both
def test_from_nothing(installed: Installed, system: System, boot: Boot, tmp_path: Path) -> None:
    """One command brings everything, asks for one restart, and leaves a kiosk that was ready without its camera."""
    told = installed.told
    assert "installing python3-venv python3-lgpio python3-picamera2" in told
    # Debian has no such package; Raspberry Pi OS does.
    assert "python3-picamera2 is not to be had" in told
    assert f"{__version__} is installed" in told
    assert "restart the Pi once: dtparam=strict_gpiod was added" in told
    assert re.search(r"password of the web pages, shown this once: \S{23}", told)
    assert installed.first_words.startswith("level=fault state=fault")
    with boot(Card(tmp_path / "card", installed.card), volatile="overlay") as machine:
        files = all_files(machine)
        assert files >= PLACED
        assert machine.read("cat", f"/{CONFIG}") == SETTINGS.rstrip("\n")
        assert machine.read("stat", "--format=%a %U:%G", f"/{CONFIG}") == "640 root:maskgate"
        assert machine.read("stat", "--format=%a %U:%G", "/var/lib/maskgate") == "750 maskgate:maskgate"
        assert {"video", "gpio"} <= set(machine.read("id", "--name", "--groups", "maskgate").split())
        for address in Kiosk(machine).show("Documentation").split():
            machine.read("test", "-f", address.removeprefix("file://"))
        assert "dtparam=strict_gpiod" in machine.read("cat", "/boot/firmware/config.txt")
        for module in ("paho.mqtt", "prometheus_client", "starlette", "cryptography"):
            machine.read("/opt/maskgate/current/bin/python", "-c", f"import {module}")
        numpy = machine.read("/opt/maskgate/current/bin/python", "-c", "import numpy; print(numpy.__version__)")
        assert numpy.startswith("1." if system is BOOKWORM else "2.")


@on_both
def test_upgrade_and_back_without_a_network(card: Card, system: System, boot: Boot) -> None:
    """Each step restarts the service with the version it names, and settings, events and extras stay."""
    with boot(card) as machine:
        kiosk = Kiosk(machine)
        kiosk.wait_until_watching()
        first = kiosk.events("service")
        machine.read(*install(UPGRADE, system))
        kiosk.wait_until_watching()
        assert (versions(machine), running_version(machine)) == (
            {__version__: "previous", UPGRADE: "current"},
            UPGRADE,
        )
        assert machine.read("maskgate", "--version").endswith(UPGRADE)
        machine.read("/opt/maskgate/current/bin/python", "-c", "import starlette, paho.mqtt")
        machine.read(SETUP, "rollback")
        kiosk.wait_until_watching()
        assert (versions(machine), running_version(machine)) == (
            {__version__: "current", UPGRADE: "previous"},
            __version__,
        )
        services = kiosk.events("service")
        assert services[: len(first)] == first
        later = [event["detail"] for event in services[len(first) :]]
        assert later == ["stopped", "started", "stopped", "started"]
        assert machine.read("cat", f"/{CONFIG}") == SETTINGS.rstrip("\n")


def test_a_version_that_does_not_become_ready_is_taken_back(card: Card, boot: Boot) -> None:
    """The version before watches the door again, and nothing of the new one is left."""
    with boot(card) as machine:
        kiosk = Kiosk(machine)
        kiosk.wait_until_watching()
        done = machine.run(*install(BROKEN))
        assert done.returncode == 1
        assert f"{BROKEN} does not become ready; going back to {__version__}" in done.stdout
        assert f"{BROKEN} was not installed; its log: journalctl -u 'maskgate*'" in done.stderr
        kiosk.wait_until_watching()
        assert (versions(machine), running_version(machine)) == ({__version__: "current"}, __version__)
        assert kiosk.wait_for_line("broken on purpose")


def test_a_power_cut_while_it_installs(card: Card, boot: Boot) -> None:
    """The old version watches after the next boot, and the new one can be installed as if nothing had been."""
    with boot(card) as machine:
        Kiosk(machine).wait_until_watching()
        machine.read("systemd-run", "--quiet", "--unit=upgrade", *install(UPGRADE))
        machine.wait_for(lambda: machine.run("ls", f"/opt/maskgate/versions/{UPGRADE}/lib").stdout)
        machine.cut_power()
    with boot(card) as machine:
        Kiosk(machine).wait_until_watching()
        assert versions(machine) == {__version__: "current", UPGRADE: "unfinished"}
        assert running_version(machine) == __version__
        machine.read(*install(UPGRADE))
        assert versions(machine) == {__version__: "previous", UPGRADE: "current"}


def test_removal_leaves_what_it_says(card: Card, installed: Installed, boot: Boot) -> None:
    """Settings and events first; with --purge nothing but Debian's own packages and the groups of the hardware."""
    with boot(card) as machine:
        Kiosk(machine).wait_until_watching()
        told = machine.read(SETUP, "uninstall")
        assert "kept: /etc/maskgate, /var/lib/maskgate" in told
        assert not all_files(machine) & PLACED
        assert machine.run("systemctl", "cat", "maskgate.service").returncode == 1
        assert machine.run("pgrep", "--full", "maskgate run").stdout == ""
        machine.read("test", "-s", "/var/lib/maskgate/events.db")
        assert machine.read("cat", f"/{CONFIG}") == SETTINGS.rstrip("\n")
        machine.read(*install(__version__))
        Kiosk(machine).wait_until_watching()
        machine.read(SETUP, "uninstall", "--purge")
        left = all_files(machine) - installed.before - owned(machine)
        assert {name for name in left if not OF_THE_SYSTEM.match(name)} == {
            "/etc/systemd/system/multi-user.target.wants/door-camera.service"
        }
        assert machine.run("id", "maskgate").returncode == 1
        assert machine.read("cat", "/boot/firmware/config.txt") == CONFIG_TXT.rstrip("\n")


def test_settings_that_cannot_be_used_are_told_and_not_tried_again(card: Card, boot: Boot) -> None:
    """The shipped settings want lamps, which a container has none of: code 78, one line that says what to do."""
    with boot(card) as machine:
        machine.read(SETUP, "uninstall", "--purge")
        done = machine.run(*install(__version__))
        assert done.returncode == 1
        assert "is there but does not become ready; ask: sudo maskgate doctor" in done.stderr
        kiosk = Kiosk(machine)
        assert kiosk.show("ActiveState") == "failed"
        assert (kiosk.show("ExecMainStatus"), kiosk.show("NRestarts")) == ("78", "0")
        assert kiosk.wait_for_line("GPIO cannot be opened .* signals.driver to mock")
        assert not any("Traceback" in line.text for line in kiosk.log())
        machine.read("sh", "-c", f'printf %s "$0" >/{CONFIG}', SETTINGS)
        machine.read("systemctl", "restart", "maskgate.service")
        kiosk.wait_until_watching()


def test_the_first_boot_installs_it(boot: Boot, media: tuple[str, ...], tmp_path: Path) -> None:
    """cloud-init reads `user-data` from the boot partition, installs, restarts once, and the door is watched."""
    card = flash(tmp_path / "card")
    (card.upper / "etc/cloud/cloud-init.disabled").unlink()
    card.write("etc/cloud/cloud.cfg.d/99_raspberry-pi.cfg", RASPBERRY_PI)
    text = (ROOT / "systemd/user-data").read_text(encoding="utf-8")
    ours = text.replace('source = "picamera"', SETTINGS.splitlines()[1]).replace('driver = "gpio"', 'driver = "mock"')
    assert ours.count("mock") == 1
    card.write("boot/firmware/user-data", ours)
    card.write("boot/firmware/meta-data", "instance-id: first\n")
    release = Path(media[0].partition("=")[2].partition(":")[0])
    boot_folder = card.upper / "boot/firmware/maskgate"
    boot_folder.mkdir()
    shutil.copy(release / Release.name(__version__), boot_folder)
    for name, source in (("systemd", "systemd"), ("docs", "docs"), ("wheels", TRIXIE.wheels)):
        shutil.copytree(release / source, boot_folder / name)
    with boot(card, network=True, patience_s=FIRST_BOOT_S) as machine:
        machine.wait_for(lambda: machine.restarts == 1)
        machine.wait_until_started()
        assert f"{__version__} is installed" in machine.read("cat", "/var/log/cloud-init-output.log")
        assert machine.read("systemctl", "is-active", "maskgate.service") == "active"
        # Its camera is not there while the machine shares the host's network.
        Kiosk(machine).wait_for_line("IDLE -> FAULT")
        assert {"adm", "gpio", "sudo", "video"} <= set(machine.read("id", "--name", "--groups", "keeper").split())
        assert machine.read("stat", "--format=%a %U:%G", f"/{CONFIG}") == "640 root:maskgate"
