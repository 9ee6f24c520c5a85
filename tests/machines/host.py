"""What this machine must have before another can be made on it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping

import pytest

from tests.machines.debian import KEYRING

PACKAGES: Mapping[str, str] = {
    "aarch64-linux-gnu-gcc": "gcc-aarch64-linux-gnu",
    "cpio": "cpio",
    "debootstrap": "debootstrap",
    "depmod": "kmod",
    "dpkg-deb": "dpkg",
    "fdtput": "device-tree-compiler",
    "gcc": "gcc",
    "losetup": "mount",
    "mkfs.ext4": "e2fsprogs",
    "nsenter": "util-linux",
    "qemu-aarch64-static": "qemu-user-static",
    "qemu-system-aarch64": "qemu-system-arm",
    "qemu-system-x86_64": "qemu-system-x86",
    "swig": "swig",
    "systemd-nspawn": "systemd-container",
    "unshare": "util-linux",
}
"""Programs, and the Debian package that brings each."""


def needs(*programs: str) -> pytest.MarkDecorator:
    """Skips tests, saying why, where one is not root, or the archive's keys or programs are missing."""
    missing = [PACKAGES[program] for program in programs if shutil.which(program) is None]
    missing += [] if KEYRING.exists() else ["debian-archive-keyring"]
    reasons = ["it needs root"] if os.geteuid() else []
    reasons += [f"apt install {' '.join(dict.fromkeys(missing))}"] if missing else []
    return pytest.mark.skipif(bool(reasons), reason=f"NOT TESTED: {'; '.join(reasons)}")
