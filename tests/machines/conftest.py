"""Fixtures of booted machines: the system, the release, and cards on which it is installed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

import cv2
import pytest

from edge import __version__
from edge.cameras.demo import demo_pictures
from tests.machines import door_camera
from tests.machines.boot.card import Card
from tests.machines.boot.container import Container
from tests.machines.debian import native_tree
from tests.machines.kiosk import Kiosk
from tests.machines.release import EXTRAS, Release
from tests.machines.systems import TRIXIE, System

HERE = Path(__file__).resolve().parent

MEDIA = "/media/release"
INSTALL = ("bash", f"{MEDIA}/systemd/install.sh")
CONFIG = "etc/maskgate/maskgate.toml"

SETTINGS = f"""\
[camera]
source = "http://127.0.0.1:{door_camera.PORT}/"

[signals]
driver = "mock"
amber = 6
relay = 5
"""

CAMERA_UNIT = """\
[Unit]
Description=A network camera at the door
[Service]
ExecStart=/usr/bin/python3 /media/camera/door_camera.py /media/camera
[Install]
WantedBy=multi-user.target
"""

CONFIG_TXT = "camera_auto_detect=1\n[cm5]\ndtoverlay=dwc2\n"

Boot = Callable[..., Container]
"""Switches on a machine with a card and the release in it; takes what `Container` takes."""


@dataclass(frozen=True)
class Installed:
    """A card on which the kiosk was installed from nothing, and what was told meanwhile."""

    card: Card
    before: frozenset[str]
    told: str
    first_words: str


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """What is plugged into every machine: the release, and the camera's pictures."""
    release = tmp_path_factory.mktemp("release")
    Release(release)
    camera = tmp_path_factory.mktemp("camera")
    shutil.copy(HERE / "door_camera.py", camera)
    for number, (picture, _) in enumerate(islice(demo_pictures(), 0, None, 2)):
        cv2.imwrite(str(camera / f"{number:03}.jpg"), picture)
    for folder in (release, camera):
        folder.chmod(0o755)
    return (f"--bind-ro={release}:{MEDIA}", f"--bind-ro={camera}:/media/camera")


@pytest.fixture(scope="session")
def boot(media: tuple[str, ...]) -> Boot:
    def switch_on(card: Card, *options: str, **how: object) -> Container:
        return Container(card, *media, *options, **how)  # type: ignore[arg-type]

    return switch_on


def flash(folder: Path, system: System = TRIXIE) -> Card:
    """A card as Raspberry Pi Imager leaves it, set up but for the kiosk."""
    card = Card(folder, native_tree(system.packages, suite=system.suite))
    card.write("etc/hostname", "kiosk\n")
    card.write("etc/cloud/cloud-init.disabled", "")
    card.write("boot/firmware/config.txt", CONFIG_TXT)
    card.write("home/keeper/diary", "mine")
    card.write("etc/systemd/system/door-camera.service", CAMERA_UNIT)
    return card


@pytest.fixture(scope="session")
def install_on(boot: Boot, tmp_path_factory: pytest.TempPathFactory) -> Callable[[System], Installed]:
    """The installer's first run, with a network for apt and wheels from a folder; the settings were there before."""

    @cache
    def install_once(system: System) -> Installed:
        card = flash(tmp_path_factory.mktemp(system.suite), system)
        card.write(CONFIG, SETTINGS)
        with boot(card, network=True) as machine:
            before = all_files(machine)
            told = machine.read(*install(__version__, system), "--extras", EXTRAS)
            first_words = Kiosk(machine).show("StatusText")
            # Only now: while the machine shares this one's network, it must not listen there.
            machine.read("systemctl", "--quiet", "enable", "door-camera.service")
        return Installed(card, before, told, first_words)

    return install_once


def install(version: str, system: System = TRIXIE) -> tuple[str, ...]:
    """The installer's command; wheels come from the folder."""
    return (*INSTALL, "install", f"{MEDIA}/{Release.name(version)}", "--wheels", f"{MEDIA}/{system.wheels}")


@pytest.fixture
def system(request: pytest.FixtureRequest) -> System:
    """The one that a test is run on; see `on_both`."""
    return getattr(request, "param", TRIXIE)


@pytest.fixture
def installed(install_on: Callable[[System], Installed], system: System) -> Installed:
    """A card with that system and the kiosk on it."""
    return install_on(system)


@pytest.fixture
def machine(boot: Boot, installed: Installed, tmp_path: Path) -> Iterator[Container]:
    """A machine with the kiosk, just switched on; nothing of it is kept."""
    with boot(Card(tmp_path / "card", installed.card), "--bind=/dev/fuse", volatile="overlay") as container:
        yield container


@pytest.fixture
def kiosk(machine: Container) -> Kiosk:
    return Kiosk(machine)


def all_files(machine: Container) -> frozenset[str]:
    """Every file, folder and link on the card."""
    return frozenset(machine.read("find", "/", "-xdev").splitlines())
