"""Folders that the machine gives: the service's state, the user's cache."""

from __future__ import annotations

import os
from pathlib import Path

SERVICE_FOLDER = Path("/var/lib/maskgate")
"""What systemd gives the service (StateDirectory), for whoever is not the service."""


def state_folder() -> Path | None:
    """The folder that systemd keeps for the service (StateDirectory); None for whoever is no service."""
    folder = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    return Path(folder) if folder else None


def user_cache() -> tuple[Path, ...]:
    """`maskgate` in the user's cache (XDG Base Directory Specification); none for a service without a home."""
    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    except RuntimeError:
        return ()
    return (cache / "maskgate",)
