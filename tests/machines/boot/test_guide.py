"""The guides are followed to the letter, on a machine that has nothing: every command does what it says, in order."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge import __version__
from tests.machines.boot.card import Card
from tests.machines.boot.container import Container
from tests.machines.boot.guide import commands
from tests.machines.boot.test_doors import settings
from tests.machines.conftest import CONFIG, MEDIA, SETTINGS, Boot, flash
from tests.machines.host import needs
from tests.machines.kiosk import Kiosk
from tests.machines.release import ROOT, Release
from tests.machines.systems import TRIXIE

pytestmark = [pytest.mark.slow, pytest.mark.machine, needs("debootstrap", "systemd-nspawn", "nsenter", "unshare")]

KEEPER = """
apt-get update --quiet=2
apt-get install --yes --quiet=2 --no-install-recommends python3-venv
useradd --create-home --shell /bin/bash --groups adm,video,sudo,systemd-journal keeper
echo 'keeper ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/keeper
"""
"""What the guide says that the Pi must have where there is no network, and its first user, as Imager makes him."""

FOLDER = "/home/keeper/release"

COPY = f"""
mkdir {FOLDER}
cp -r {MEDIA}/systemd {MEDIA}/docs {MEDIA}/{Release.name(__version__)} {FOLDER}
ln -s {MEDIA}/{TRIXIE.wheels} {FOLDER}/wheels
chown -R keeper: /home/keeper
"""

INDEX = f"[global]\nno-index = true\nfind-links = {MEDIA}/{TRIXIE.wheels}\n"
"""In place of the index that pip would ask."""


@pytest.fixture
def card(boot: Boot, tmp_path: Path) -> Card:
    """A fresh system with the release in a folder, and settings as somebody wrote them for what is there."""
    card = flash(tmp_path / "card")
    card.write("etc/pip.conf", INDEX)
    card.write(CONFIG, SETTINGS)
    card.write("etc/maskgate/north.toml", settings(port=8081, amber=24))
    card.write("etc/maskgate/south.toml", settings(port=8082, amber=25))
    with boot(card, network=True) as machine:
        machine.read("sh", "-euc", KEEPER)
        machine.read("sh", "-euc", COPY)
        machine.read("systemctl", "--quiet", "enable", "door-camera.service")
    return card


def follow(machine: Container, page: str) -> dict[str, str]:
    """Type every command of a page, as the first user in the release's folder; what each has printed."""
    told: dict[str, str] = {}
    for command in commands(ROOT / f"docs/{page}.md"):
        if command.reason:
            continue
        text = command.text.replace("FOLDER", FOLDER)
        told[command.text.partition("#")[0].strip()] = machine.read(
            *("runuser", "-u", "keeper", "--", "bash", "-euo", "pipefail", "-c", f"cd {FOLDER}\n{text}")
        )
    return told


def test_from_a_fresh_system_to_its_removal(card: Card, boot: Boot) -> None:
    """docs/installation.md from its first command to its last, and the doors, pages and versions it speaks of."""
    with boot(card) as machine:
        told = follow(machine, "installation")
        assert "https://" in told["sudo maskgate setup"]
        assert "green (GPIO 17)" in told["sudo maskgate pins test"]
        assert "in the last 60 s" in told["sudo maskgate doctor --watch 60"]
        assert "the door south is watched" in told["sudo maskgate-setup door south"]
        doors = [line for line in told["sudo maskgate doctor"].splitlines() if line.startswith("door ")]
        assert doors == ["door without a name:", "door north:", "door south:"]
        versions = dict(line.split() for line in told["sudo maskgate-setup status"].splitlines())
        assert sorted(versions.values()) == ["current", "previous"]
        assert "removed; kept" in told["sudo maskgate-setup uninstall"]
        assert machine.run("test", "-e", "/usr/local/bin/maskgate").returncode == 1


def test_what_to_do_in_trouble(card: Card, boot: Boot) -> None:
    """docs/troubleshooting.md on a kiosk that watches: its questions are answered."""
    with boot(card) as machine:
        machine.read("bash", "-c", f"cd {FOLDER} && bash systemd/install.sh install maskgate-*.whl")
        Kiosk(machine).wait_until_watching()
        told = follow(machine, "troubleshooting")
        assert "level=ok" in told["systemctl status maskgate"]
        assert '"findings"' in machine.read("cat", f"{FOLDER}/doctor.json")
        assert "Maskgate: face mask check at the door" in machine.read("cat", f"{FOLDER}/maskgate.log")
