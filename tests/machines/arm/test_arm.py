"""The kiosk on the Raspberry Pi's processors: the same faces, labels and decisions as on this machine.

An emulator runs Debian's own Python for 64-bit Arm and the very wheels that a Pi gets. It knows each processor's
instructions and refuses others, but neither its speed nor its camera.
"""

from __future__ import annotations

import json
import os
import pkgutil
import platform
import shutil
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.error import URLError

import cv2
import numpy as np
import pytest

import edge
from edge import __version__
from edge.cameras.demo import FPS, demo_pictures
from edge.web.people.access import Access
from release.wheels import Lock, fetch
from tests.machines.arm.emulator import FOLDER, NEEDS, PI_4, PI_5, ZERO_2_W, Pi, UserSpace
from tests.machines.host import needs
from tests.machines.release import ROOT, build_wheel
from tests.release import make_bundle, make_keys
from tests.test_lazy_imports import HEAVY, OPTIONAL, PROBE, WHERE_USED

pytestmark = [
    pytest.mark.slow,
    pytest.mark.machine,
    needs(*NEEDS),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="NOT TESTED: it compares x86 with Arm"),
]

TOLERANCE = 0.02
"""Of probabilities and scores: 8-bit sums are rounded differently from one processor to the next."""

EVERY_300TH = 300
EACH_THIRD = 3
"""Frame of the demo clip that is looked at: the emulator takes a second for each."""

PATIENCE_S = 300.0

RUN = """
import ctypes, mmap, sys
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(bytes.fromhex(sys.argv[1]))
ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
"""
RETURN = "c0035fd6"
NEW_INSTRUCTIONS = {"dot product (udot)": "2094826e", "atomics (ldadd)": "e1033fb8"}
"""Of Armv8.2 and 8.1, little-endian: the Pi 5 has them, older ones do not."""

SIGILL = 4
KNOWS_ARM = Path("/proc/sys/fs/binfmt_misc/qemu-aarch64")
"""How the kernel is to run programs for Arm (binfmt_misc); the tests' emulator runs one, and none of its children."""
LEFT_OUT = {"edge.__main__", "edge.notify.services"}
"""It runs when it is imported; and Apprise is in no lock (docs/notify.md)."""

PI_5_PAGE = 16384
"""Bytes; the Pi 5's kernel has larger pages than all others, and loads no library that is laid out for smaller ones."""

Faces = list[dict[str, Any]]


def with_kiosk(system: UserSpace, name: str) -> UserSpace:
    """Install the kiosk with every extra, in the versions of a list, as install.sh does."""
    lock = shutil.copy(ROOT / f"systemd/locks/{name}.txt", system.folder)
    wheels = system.folder / "wheels"
    fetch(Lock(Path(lock)), wheels)
    build_wheel(ROOT, wheels)
    system.install(wheels, "--no-deps", "--require-hashes", "--requirement", f"{FOLDER}/{name}.txt")
    system.install(wheels, "--no-deps", f"{FOLDER}/wheels/maskgate-{__version__}-py3-none-any.whl")
    return system


@pytest.fixture(scope="module")
def trixie(tmp_path_factory: pytest.TempPathFactory) -> UserSpace:
    """Trixie with every extra that a kiosk has, in the versions of its list."""
    return with_kiosk(UserSpace("trixie", tmp_path_factory.mktemp("trixie")), "cp313-aarch64")


@pytest.fixture(scope="module")
def bookworm(tmp_path_factory: pytest.TempPathFactory) -> UserSpace:
    """Bookworm, in the versions of its list."""
    return with_kiosk(UserSpace("bookworm", tmp_path_factory.mktemp("bookworm")), "cp311-aarch64")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures that anybody may have: the guide's own, and one of each scene of the demo."""
    folder = tmp_path_factory.mktemp("drawn")
    shutil.copy(ROOT / "docs/demo.png", folder)
    for number, (picture, _) in enumerate(islice(demo_pictures(), round(2 * FPS), None, round(3 * FPS))):
        cv2.imwrite(str(folder / f"scene-{number}.png"), picture)
    return folder


@pytest.fixture(scope="module")
def real(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every 300th picture of the annotated scenes, in the order of their names."""
    folder = tmp_path_factory.mktemp("real")
    for picture in sorted((shared / "data/scenes/images").iterdir())[::EVERY_300TH]:
        shutil.copy(picture, folder)
    return folder


def here(*arguments: str, **environment: str) -> str:
    """What the command prints on this machine."""
    command = [sys.executable, "-m", "edge", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def given(system: UserSpace, path: Path) -> str:
    """A file or folder as the system sees it."""
    target = system.folder / "given" / path.name
    target.parent.mkdir(exist_ok=True)
    if path.is_dir():
        shutil.copytree(path, target, dirs_exist_ok=True)
    else:
        shutil.copy(path, target)
    return f"{FOLDER}/given/{path.name}"


def judged(printed: str) -> dict[str, Faces]:
    """Each picture's faces, by the picture's name."""
    records = [json.loads(line) for line in printed.splitlines()]
    return {Path(record["file"]).name: record["faces"] for record in records}


def compare(arm: dict[str, Faces], x86: dict[str, Faces], *, at_least: int) -> None:
    """The same faces with the same labels, boxes within a pixel; tells the largest differences."""
    assert arm.keys() == x86.keys()
    pairs = [pair for name in x86 for pair in zip(arm[name], x86[name], strict=True)]
    assert len(pairs) >= at_least
    assert [one["label"] for one, _ in pairs] == [other["label"] for _, other in pairs]
    pixels = max(int(np.abs(np.subtract(one["box"], other["box"])).max()) for one, other in pairs)
    values = {
        key: max(abs(one[key] - other[key]) for one, other in pairs) for key in ("probability", "detection_score")
    }
    print(f"{len(arm)} pictures, {len(pairs)} faces; largest differences: boxes {pixels} px, {values}")
    assert pixels <= 1
    assert max(values.values()) <= TOLERANCE


ANY_PI = pytest.mark.parametrize("pi", [ZERO_2_W, PI_4, PI_5], ids=lambda pi: pi.cpu)


@pytest.mark.parametrize("instruction", NEW_INSTRUCTIONS.values(), ids=list(NEW_INSTRUCTIONS))
@ANY_PI
def test_the_emulator_refuses_what_a_processor_lacks(trixie: UserSpace, pi: Pi, instruction: str) -> None:
    """A library that used an instruction of newer processors would be killed here as on an older Pi."""
    assert trixie.run("-c", RUN, RETURN, pi=pi).returncode == 0
    expected = 0 if pi is PI_5 else -SIGILL
    assert trixie.run("-c", RUN, instruction + RETURN, pi=pi).returncode == expected


def test_every_library_fits_large_pages(trixie: UserSpace) -> None:
    """No compiled library asks for memory pages smaller than the Pi 5's kernel has."""
    libraries = [path for path in (trixie.folder / "site").rglob("*.so*") if path.is_file()]
    assert len(libraries) > 50
    assert [path.name for path in libraries if min(alignments(path)) % PI_5_PAGE] == []


def alignments(library: Path) -> Iterator[int]:
    """Alignment of each segment that is loaded into memory, bytes (ELF-64, little-endian)."""
    content = library.read_bytes()
    assert content[:6] == b"\x7fELF\x02\x01", library
    table, size, count = struct.unpack_from("<Q", content, 32)[0], *struct.unpack_from("<HH", content, 54)
    for position in range(table, table + size * count, size):
        (kind,) = struct.unpack_from("<I", content, position)
        if kind == 1:
            yield struct.unpack_from("<Q", content, position + 48)[0]


@ANY_PI
def test_drawn_pictures_are_judged_as_here(trixie: UserSpace, drawn: Path, pi: Pi) -> None:
    """On three processors: the same faces and labels, on pictures that anybody may have."""
    arm = judged(trixie.maskgate("detect", "--json", given(trixie, drawn), pi=pi))
    compare(arm, judged(here("detect", "--json", str(drawn))), at_least=6)


@ANY_PI
def test_real_pictures_are_judged_as_here(trixie: UserSpace, real: Path, pi: Pi) -> None:
    """On three processors: the same faces and labels, on photographs."""
    arm = judged(trixie.maskgate("detect", "--json", given(trixie, real), pi=pi))
    compare(arm, judged(here("detect", "--json", str(real))), at_least=9)


def test_bookworm_judges_as_here(bookworm: UserSpace, drawn: Path) -> None:
    """Python 3.11 and NumPy 1, with which only older versions of OpenCV go."""
    arm = judged(bookworm.maskgate("detect", "--json", given(bookworm, drawn)))
    compare(arm, judged(here("detect", "--json", str(drawn))), at_least=6)


@pytest.mark.parametrize("detector", ["res10", "yunet"])
def test_other_detectors_find_the_same(trixie: UserSpace, shared: Path, drawn: Path, detector: str) -> None:
    """OpenCV's own detectors, on the oldest processor."""
    weights = shared / "weights"
    chosen = {"MASKGATE_DETECTOR__NAME": detector}
    there = {"MASKGATE_WEIGHTS": given(trixie, weights), **chosen}
    arm = judged(trixie.maskgate("detect", "--json", given(trixie, drawn), pi=ZERO_2_W, **there))
    compare(arm, judged(here("detect", "--json", str(drawn), MASKGATE_WEIGHTS=str(weights), **chosen)), at_least=4)


@ANY_PI
def test_networks_answer_as_when_published(trixie: UserSpace, pi: Pi) -> None:
    """`maskgate models verify` finds every shipped network whole, and its answers unchanged."""
    told = trixie.maskgate("models", "verify", pi=pi).splitlines()
    shipped = sorted(folder.name for folder in (ROOT / "models").iterdir() if folder.is_dir())
    assert [line.partition(":")[0] for line in told] == shipped
    for line in told:
        golden = (ROOT / "models" / line.partition(":")[0] / "golden.json").exists()
        assert line.endswith("answers as it did when it was published" if golden else "hash as published, runs")


def test_a_clip_is_decided_as_here(trixie: UserSpace, tmp_path: Path) -> None:
    """The demo's clip: every change of state and pin at the same moment, while pages are served."""
    clip, config = tmp_path / "demo.mp4", tmp_path / "maskgate.toml"
    write_clip(clip)
    config.write_text('[signals]\ndriver = "mock"\n[web]\nfolder = "/tmp"\n')
    pages = f"127.0.0.1:{free_port()}"
    run = ("-m", "edge", "run", "--replay", "--json", "--config", given(trixie, config))
    with trixie.start(*run, "--source", given(trixie, clip), MASKGATE_WEB__LISTEN=pages) as process:
        assert json.loads(answer(f"http://{pages}/healthz", process))["level"] == "ok"
        arm, errors = process.communicate()
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    states = [change["to"] for change in map(json.loads, arm.splitlines()) if change["event"] == "state"]
    assert [state for state in states if state != "checking"] == ["alert", "pass", "alert"]
    x86 = here("run", "--replay", "--json", "--config", str(config), "--source", str(clip))
    assert changes(arm) == changes(x86)


def changes(told: str) -> list[str]:
    """What was told but for faces that do not count yet: their boxes are a pixel apart here and there."""
    return [line for line in told.splitlines() if json.loads(line)["event"] != "ignored"]


def write_clip(path: Path) -> None:
    """The demo's person with no mask, with one, and with one on the chin: twelve seconds."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), FPS / EACH_THIRD, (512, 512))
    for picture, _ in islice(demo_pictures(), 0, None, EACH_THIRD):
        writer.write(picture)
    writer.release()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answer(url: str, process: subprocess.Popen[str]) -> str:
    """What a server there answers as soon as there is one."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE_S) as response:
                return str(response.read().decode())
        except URLError:
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < deadline, f"{url} never answered"
            time.sleep(0.2)


def test_doctor_finds_nothing_wrong(trixie: UserSpace, drawn: Path) -> None:
    """`maskgate doctor` looks at everything there is, and complains only of what an emulator lacks."""
    told = json.loads(trixie.maskgate("doctor", "--json", "--source", given(trixie, drawn)))
    levels = {finding["name"]: finding["level"] for finding in told["findings"]}
    assert told["ok"]
    for name in ("python", "opencv", "interpreter", "classifier", "detector", "camera"):
        assert levels[name] == "ok", told


def test_the_example_configuration_is_read_as_here(trixie: UserSpace) -> None:
    """`maskgate check-config` prints the same values."""
    example = ROOT / "systemd/maskgate.toml"
    assert trixie.maskgate("check-config", given(trixie, example)) == here("check-config", str(example))


def test_the_kiosk_loads_only_what_it_needs(trixie: UserSpace) -> None:
    """Extras are there but not loaded, and every module of the kiosk can be."""
    loaded = set(json.loads(trixie.read("-c", PROBE, "edge.commands.main")))
    assert "edge" in loaded
    assert loaded & (HEAVY | WHERE_USED | OPTIONAL) == set()
    everything = [
        module.name for module in pkgutil.walk_packages(edge.__path__, "edge.") if module.name not in LEFT_OUT
    ]
    assert set(json.loads(trixie.read("-c", PROBE, *everything))) >= OPTIONAL


@pytest.mark.skipif(
    not KNOWS_ARM.exists(), reason=f"NOT TESTED: an emulated process starts no other without {KNOWS_ARM}"
)
def test_signed_models_work_on_the_oldest_processor(trixie: UserSpace, tmp_path: Path) -> None:
    """A bundle signed here installs there, once a process of its own has proved it."""
    private, public = make_keys(tmp_path)
    bundle = make_bundle(tmp_path, 1, private)
    state = {"STATE_DIRECTORY": f"{FOLDER}/models-state"}
    (trixie.folder / "models-state").mkdir()
    install = ("models", "install", given(trixie, bundle), "--key", given(trixie, public))
    assert "mask-mobilenetv2 1 has passed its test" in trixie.maskgate(*install, pi=ZERO_2_W, **state)


def test_passwords_work_on_the_oldest_processor(trixie: UserSpace) -> None:
    """A password made there is right here."""
    state = {"STATE_DIRECTORY": f"{FOLDER}/state"}
    (trixie.folder / "state").mkdir()
    password = trixie.maskgate("web-password", pi=ZERO_2_W, **state).strip()
    access = Access(trixie.folder / "state")
    assert access.shared.is_right(password)
    assert not access.shared.is_right(password + "x")
