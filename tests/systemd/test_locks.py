"""The lists of what a kiosk installs, against what it says it needs."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent.parent
LOCKS = sorted((ROOT / "systemd/locks").glob("*.txt"))
EXTRAS = ("web", "mqtt", "metrics", "models", "spreadsheet")


def pinned(lock: Path) -> dict[str, tuple[str, int]]:
    """Version, and number of hashes, of each package."""
    entries = re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8").strip())
    found = (re.match(r"([a-z0-9-]+)==(\S+)", entry) for entry in entries)
    return {
        name[1]: (name[2], entry.count("--hash=sha256:")) for name, entry in zip(found, entries, strict=True) if name
    }


def test_every_release_of_the_system_has_one() -> None:
    """Bookworm's Python and trixie's, on a Raspberry Pi and on the machines of those who try it."""
    names = {path.stem for path in LOCKS}
    assert names == {f"{python}-{machine}" for python in ("cp311", "cp313") for machine in ("aarch64", "x86_64")}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_it_has_all_that_is_needed(lock: Path) -> None:
    """Everything that the kiosk and its extras name, in a version they take, by hash: run `make locks`."""
    packages = pinned(lock)
    assert all(hashes > 0 for _, hashes in packages.values())
    python, _, machine = lock.stem.removeprefix("cp3").partition("-")
    place = {"python_version": f"3.{python}", "platform_machine": machine, "sys_platform": "linux"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [text for extra in EXTRAS for text in project["optional-dependencies"][extra]]
    for requirement in map(Requirement, (*project["dependencies"], *extras)):
        if requirement.marker is None or requirement.marker.evaluate(place):
            assert requirement.specifier.contains(packages[requirement.name.lower()][0]), requirement
    # Bookworm's picamera2 is compiled against NumPy 1.
    assert packages["numpy"][0].startswith("1." if python == "11" else "2.")
