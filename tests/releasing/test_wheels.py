"""Locks, and the wheels that they name."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import click
import pytest

from release.wheels import Lock, Wheel, fetch

ROOT = Path(__file__).resolve().parents[2]


def make_wheel(folder: Path, name: str, version: str, *lines: str) -> Path:
    """A wheel with nothing but its metadata."""
    path = folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    text = "\n".join([f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}", *lines, "", ""])
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name.replace('-', '_')}-{version}.dist-info/METADATA", text)
    return path


def test_a_lock_by_its_name() -> None:
    """Python and machine are in the file's name, a hash is with every package."""
    lock = Lock(ROOT / "systemd/locks/cp313-aarch64.txt")
    assert (lock.python, lock.machine) == ("313", "aarch64")
    assert lock.hashes().keys() >= {"numpy", "opencv-python-headless", "ai-edge-litert", "pydantic-core"}


def test_a_package_without_a_hash_is_refused(tmp_path: Path) -> None:
    """Whatever an index serves would be taken for it."""
    path = tmp_path / "cp313-aarch64.txt"
    path.write_text(f"one==1 \\\n    --hash=sha256:{'0' * 64}\ntwo==2\n")
    with pytest.raises(click.ClickException, match="two has no hash"):
        Lock(path).hashes()
    with pytest.raises(click.ClickException, match="two has no hash"):
        fetch(Lock(path), tmp_path)


@pytest.mark.parametrize(
    ("lines", "licence"),
    [
        (["License-Expression: MIT", "Classifier: License :: OSI Approved :: BSD License"], "MIT"),
        (["License: GPL\n and so on", "Classifier: License :: OSI Approved :: BSD License"], "BSD License"),
        (["License: Apache 2"], "Apache 2"),
        ([], ""),
    ],
)
def test_what_a_wheel_says_of_itself(lines: list[str], licence: str, tmp_path: Path) -> None:
    """Its name as indexes write it, and the most exact of what it says of its licence."""
    path = make_wheel(tmp_path, "Some_Package", "1.5", *lines)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert Wheel.read(path) == Wheel(path, "some-package", "1.5", licence, digest)


def test_both_systems_share_what_is_largest() -> None:
    """OpenCV and PyAV fit every Python: an archive with both systems' wheels holds them once."""
    locks = [Lock(ROOT / f"systemd/locks/{name}.txt").hashes() for name in ("cp311-aarch64", "cp313-aarch64")]
    for name in ("opencv-python-headless", "av", "cryptography"):
        assert locks[0][name] == locks[1][name]
