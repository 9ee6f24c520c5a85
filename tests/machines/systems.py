"""Releases of Raspberry Pi OS that a kiosk is installed on, as the Debian below each."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

PACKAGES = ("ca-certificates", "cloud-init", "dbus", "iproute2", "python3", "sudo", "systemd-sysv", "udev")
"""What Raspberry Pi OS Lite brings, as far as it concerns the kiosk."""


@dataclass(frozen=True)
class System:
    """One release.

    Attributes:
        suite: Debian's name for it.
        python: what pip calls its Python.
        packages: there before the kiosk is installed.
    """

    suite: str
    python: str
    packages: tuple[str, ...] = PACKAGES

    @property
    def wheels(self) -> str:
        """Name of the folder with its wheels."""
        return f"wheels-{self.suite}"


TRIXIE = System("trixie", "313")
# Its NumPy 1 comes with picamera2, which only Raspberry Pi OS has.
BOOKWORM = System("bookworm", "311", packages=(*PACKAGES, "python3-numpy"))

on_both = pytest.mark.parametrize("system", [TRIXIE, BOOKWORM], ids=lambda system: system.suite, indirect=True)
"""For a test of `installed`, `machine` or `kiosk`, which otherwise are trixie's."""
