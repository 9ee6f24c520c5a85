"""Files that are replaced in one step, so that a power cut leaves the old one or the new one; and what is no file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_SPECIAL = {stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket", stat.S_IFCHR: "device", stat.S_IFBLK: "device"}
"""What else a name may stand for; to open one may wait for ever, to read it never end."""


def why_no_input(path: Path) -> str | None:
    """Why a name stands for neither a file nor a folder, in a few words; None if it stands for one."""
    try:
        kind = stat.S_IFMT(path.stat().st_mode)
    except FileNotFoundError:
        return "a link to a file that is not there" if path.is_symlink() else "no such file or folder"
    except OSError as error:
        return error.strerror or "no such file or folder"
    except ValueError:
        return "no name that a file can have"
    return f"a {_SPECIAL[kind]}, neither a file nor a folder" if kind in _SPECIAL else None


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file in one step, readable for its owner alone: after a power cut there is the old one or the new.

    Raises:
        OSError: if the folder cannot be written.
    """
    with replacing(path) as fresh:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file to be written in the block, which then takes the place of `path` in one step.

    It has the same suffixes, as some writers go by them. If the block fails it is deleted, and the old file stays.

    Raises:
        OSError: if the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".new-{path.name}")
    fresh.unlink(missing_ok=True)
    try:
        yield fresh
        _sync(fresh)
        fresh.replace(path)
    except BaseException:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Flush a folder, so that a rename in it survives a power cut."""
    _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
