"""Folders that the machine gives: the service's state, the user's cache."""

from __future__ import annotations

import os
from pathlib import Path

from edge.host.doors import the_door


def state_folder() -> Path | None:
    """The folder that systemd keeps for the service (StateDirectory); None for whoever is no service."""
    folder = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    return Path(folder) if folder else None


def service_folder() -> Path:
    """The same, also for whoever is not the service: that of the door this process works with."""
    return state_folder() or the_door().state


def user_cache() -> tuple[Path, ...]:
    """`maskgate` in the user's cache (XDG Base Directory Specification); none for a service without a home."""
    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    except RuntimeError:
        return ()
    return (cache / "maskgate",)
