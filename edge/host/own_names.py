"""What this machine is called on its network."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

AVAHI = Path("/run/avahi-daemon/pid")
"""Where it exists, this machine answers to its name with `.local` (mDNS)."""

NOWHERE = ("192.0.2.1", 9)
"""An address that nobody has (RFC 5737): which way would lead there is asked, and nothing sent."""


def own_hosts() -> Iterator[str]:
    """What this machine is called, surest first."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
            way.connect(NOWHERE)
            yield str(way.getsockname()[0])
    except OSError:
        yield "127.0.0.1"
    if AVAHI.exists():
        yield f"{socket.gethostname()}.local"
