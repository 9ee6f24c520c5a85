"""Small releases as a publisher makes them, signed by a key of the test's own."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path

from release.archive import pack, sign

MADE_AT = 1_800_000_000


def make_release(folder: Path, key: Path | None, version: str = "9.0.0", *, padding: int = 0) -> Path:
    """An archive with an installer and a wheel that are neither."""
    content = folder / f"maskgate-{version}"
    (content / "systemd").mkdir(parents=True)
    (content / "systemd/install.sh").write_text("exit 0\n")
    (content / f"maskgate-{version}-py3-none-any.whl").write_bytes(b"wheel" + bytes(padding))
    sign(content, key)
    path = folder / f"maskgate-{version}.tar.gz"
    pack(content, path, made_at=MADE_AT)
    return path


def make_package(folder: Path, key: Path, version: str = "9.0.0") -> Path:
    """A Debian package that is none, with its sums beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"maskgate_{version}+deb13_arm64.deb"
    path.write_bytes(b"package")
    (folder / "another.txt").write_text("of the same release")
    sign(folder, key)
    return path


def repack(path: Path, change: Callable[[Path], object]) -> None:
    """Change what an archive holds, as somebody between publisher and kiosk could."""
    place = path.parent / "repacked"
    with tarfile.open(path) as archive:
        archive.extractall(place, filter="data")
    (folder,) = place.iterdir()
    change(folder)
    with tarfile.open(path, "w:gz") as archive:
        archive.add(folder, folder.name)
