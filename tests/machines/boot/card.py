"""Disks of a booted system: a memory card over a tree, and a partition that can lose its power."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
from pathlib import Path

EXT4_IOC_SHUTDOWN = 0x8004587D
NO_LOG_FLUSH = 2
"""See ext4's EXT4_IOC_SHUTDOWN: the journal is not written out, either."""


class Card:
    """What a system writes over a tree, which itself stays as it was.

    Args:
        folder: for what is written; on a file system that an overlay may write to (ext4, xfs, btrfs, tmpfs).
        below: the tree, or a card that nobody writes to any more.
    """

    def __init__(self, folder: Path, below: Path | Card) -> None:
        self.upper, self.root = folder / "upper", folder / "root"
        self._work = folder / "work"
        for made in (self.upper, self.root, self._work):
            made.mkdir(parents=True)
        self.lower: tuple[Path, ...] = (below.upper, *below.lower) if isinstance(below, Card) else (below,)

    @property
    def overlay(self) -> str:
        """Options with which it is mounted."""
        return f"lowerdir={':'.join(map(str, self.lower))},upperdir={self.upper},workdir={self._work}"

    def write(self, name: str, text: str) -> None:
        """Put a file on it, while it is in no machine."""
        path = self.upper / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


class Partition:
    """A small ext4 partition in a file, for the kiosk's state, as the installation guide has it made for a Pi."""

    def __init__(self, folder: Path) -> None:
        self.image, self.folder = folder / "partition.img", folder / "partition"
        self.folder.mkdir()
        with self.image.open("wb") as file:
            file.truncate(64 * 2**20)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-L", "maskgate", self.image], check=True)

    @property
    def is_free(self) -> bool:
        """Whether nobody has it mounted any more: only then does the next mount read from the disk."""
        command = ["losetup", "--associated", str(self.image)]
        return not subprocess.run(command, capture_output=True, check=True).stdout

    def cut_power(self, root: Path) -> None:
        """What the kernel has not yet written is lost, and nothing is written any more.

        Args:
            root: under which `folder` is where the partition is mounted.
        """
        handle = os.open(root / self.folder.relative_to("/"), os.O_RDONLY)
        try:
            fcntl.ioctl(handle, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(handle)
