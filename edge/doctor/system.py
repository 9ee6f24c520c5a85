"""Disk and clock."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from edge.doctor.account import Account
from edge.doctor.finding import Finding, fail, ok, warn
from edge.host.board import ROOT
from edge.host.doors import Door

MEGABYTE = 10**6
LITTLE = 500 * MEGABYTE
NOTHING = 100 * MEGABYTE
"""Below this an upgrade fails, and the system's own log begins to suffer."""

ASK_S = 5.0

Ask = Callable[[Sequence[str]], str | None]
"""Runs a command; what it prints, or None if it is missing or fails."""


def ask_system(command: Sequence[str]) -> str | None:
    """Run one of the system's own commands."""
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=ASK_S, check=False)  # noqa: S603 - ours
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None


def service_is_running(door: Door, ask: Ask = ask_system) -> bool:
    """Whether systemd runs a door's kiosk at this moment."""
    return ask(["systemctl", "is-active", f"{door.unit}.service"]) == "active"


def look_at_disk(folder: Path, *, account: Account, free: Callable[[Path], int] | None = None) -> Finding:
    """Whether there is room for events and for an upgrade.

    Args:
        folder: the service's state folder.
        account: whose rights count.
        free: bytes left where a folder lies; default: what the file system says.
    """
    if not folder.is_dir():
        return warn("disk", f"{folder}: no such folder; no event will be kept", "install the service, or name --state")
    if not account.may_use(folder):
        return fail("disk", f"{account.name} may not write to {folder}", f"sudo chown -R {account.name} {folder}")
    left = free(folder) if free else shutil.disk_usage(folder).free
    found, remedy = f"{left // MEGABYTE} MB left in {folder}", "delete what is not needed, or use a larger card"
    if left < NOTHING:
        return fail("disk", found, remedy)
    return warn("disk", found, remedy) if left < LITTLE else ok("disk", found)


def look_at_clock(*, root: Path = ROOT, ask: Ask = ask_system) -> Finding:
    """Whether the clock on the wall is right: opening hours and the log go by it."""
    shown = time.strftime("%Y-%m-%d %H:%M %Z")
    synchronised = (root / "run/systemd/timesync/synchronized").exists()
    if synchronised or ask(["timedatectl", "show", "--property=NTPSynchronized", "--value"]) == "yes":
        return ok("clock", f"{shown}, synchronised")
    remedy = "give the board access to a time server, or fit a battery-backed clock"
    return warn("clock", f"{shown}, not synchronised", remedy)
