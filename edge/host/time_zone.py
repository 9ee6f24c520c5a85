"""Which time zone this machine goes by."""

from __future__ import annotations

import os
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

LOCALTIME = Path("/etc/localtime")
"""A link into the zones' folder (localtime(5))."""


def machine_zone() -> str | None:
    """Its name, such as Europe/Berlin; None if it has none."""
    name = os.environ.get("TZ", "").removeprefix(":")
    if not name:
        try:
            name = str(LOCALTIME.readlink()).partition("zoneinfo/")[2]
        except OSError:
            return None
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return None
