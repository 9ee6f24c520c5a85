"""The Debian package on a system that really boots: installed without a network, upgraded, taken back, removed, purged.

It is the package of this machine's own architecture, made as the Raspberry Pi's are.
"""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path

import pytest

from edge import __version__
from release.debian import MACHINES, debian_version, package
from release.wheels import Lock, Wheel, fetch
from tests.machines.boot.container import Container
from tests.machines.conftest import CONFIG, MEDIA, SETTINGS, Boot, all_files, flash
from tests.machines.host import needs
from tests.machines.kiosk import Kiosk
from tests.machines.release import BROKEN, ROOT, UPGRADE, Release
from tests.machines.systems import PACKAGES, System

pytestmark = [pytest.mark.slow, pytest.mark.machine, needs("debootstrap", "dpkg-deb", "systemd-nspawn", "nsenter")]

# Raspberry Pi OS Lite has both; Debian's name for the second is another, so that a stand-in is made.
TRIXIE = System("trixie", "313", packages=(*PACKAGES, "python3-venv", "openssl"))
LGPIO = (
    "Package: python3-lgpio\nVersion: 0\nArchitecture: all\nMaintainer: none <none@localhost>\nDescription: stand-in\n"
)
MADE_AT = 1_700_000_000

WITHOUT_ASKING = ("apt-get", "install", "--yes", "--quiet=2", "--no-install-recommends", "--allow-downgrades")


def deb(version: str) -> str:
    return f"maskgate_{debian_version(version, 'deb13')}_{MACHINES[platform.machine()]}.deb"


@pytest.fixture(scope="module")
def packages(media: tuple[str, ...]) -> None:
    """The packages of three versions, and of what Debian lacks, beside the release in the machine's drive."""
    release = Path(media[0].partition("=")[2].partition(":")[0])
    lock = Lock(ROOT / f"systemd/locks/cp{TRIXIE.python}-{platform.machine()}.txt")
    wheels = fetch(lock, release / TRIXIE.wheels)
    for version in (__version__, UPGRADE, BROKEN):
        package(ROOT, Wheel.read(release / Release.name(version)), wheels, lock, release, made_at=MADE_AT)
    control = release / "lgpio/DEBIAN/control"
    control.parent.mkdir(parents=True)
    control.write_text(LGPIO)
    subprocess.run(["dpkg-deb", "--build", release / "lgpio", release / "python3-lgpio.deb"], check=True)


def versions(machine: Container) -> dict[str, str]:
    return dict(line.split() for line in machine.read("maskgate-setup", "status").splitlines())


def test_from_nothing_to_a_purge(packages: None, boot: Boot, tmp_path: Path) -> None:
    """Each step as apt does it; a version that does not become ready goes back, and settings and events stay."""
    card = flash(tmp_path / "card", TRIXIE)
    # As the first boot of a card writes them, before the package is there.
    card.write(CONFIG, SETTINGS)
    with boot(card) as machine:
        before = all_files(machine)
        machine.read("systemctl", "--quiet", "enable", "--now", "door-camera.service")
        told = machine.read(*WITHOUT_ASKING, f"{MEDIA}/python3-lgpio.deb", f"{MEDIA}/{deb(__version__)}")
        assert f"{__version__} is installed" in told
        assert "password of the web pages, shown this once" in told
        kiosk = Kiosk(machine)
        kiosk.wait_until_watching()
        assert versions(machine) == {__version__: "current"}
        assert machine.read("systemctl", "is-enabled", "maskgate.service") == "enabled"
        assert machine.read("cat", f"/{CONFIG}") == SETTINGS.rstrip("\n")
        assert machine.read("stat", "--format=%a %U:%G", f"/{CONFIG}") == "640 root:maskgate"
        assert machine.read("maskgate", "--version").endswith(__version__)
        assert "dtparam=strict_gpiod" in machine.read("cat", "/boot/firmware/config.txt")

        broken = machine.run(*WITHOUT_ASKING, f"{MEDIA}/{deb(BROKEN)}")
        assert broken.returncode != 0
        assert f"{BROKEN} does not become ready; going back to {__version__}" in broken.stdout
        kiosk.wait_until_watching()
        assert versions(machine) == {__version__: "current"}

        machine.read(*WITHOUT_ASKING, f"{MEDIA}/{deb(UPGRADE)}")
        kiosk.wait_until_watching()
        assert versions(machine) == {__version__: "previous", UPGRADE: "current"}
        machine.read("maskgate-setup", "rollback")
        kiosk.wait_until_watching()
        assert versions(machine) == {__version__: "current", UPGRADE: "previous"}

        machine.read("apt-get", "remove", "--yes", "--quiet=2", "maskgate")
        assert machine.run("pgrep", "--full", "maskgate run").stdout == ""
        machine.read("test", "-s", "/var/lib/maskgate/events.db")
        assert machine.read("cat", f"/{CONFIG}") == SETTINGS.rstrip("\n")
        assert machine.run("test", "-e", "/opt/maskgate").returncode == 1
        assert "strict_gpiod" not in machine.read("cat", "/boot/firmware/config.txt")
        machine.read("apt-get", "purge", "--yes", "--quiet=2", "maskgate")
        left = {name for name in all_files(machine) - before if "maskgate" in name}
        assert {name for name in left if not name.startswith(("/tmp", "/run", "/var/log", "/var/cache"))} == set()
        assert machine.run("id", "maskgate").returncode == 1
