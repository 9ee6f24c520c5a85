"""Who connects, and what they call this machine: addresses and names as they are compared."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection, Iterable
from pathlib import Path

RESOLVER = Path("/etc/resolv.conf")
"""Names the domains of this network (resolv.conf(5))."""

LOCAL_DOMAINS = ("local", "localhost", "internal", "home.arpa")
"""No name below these is anybody's on the internet (RFC 6762, RFC 6761, ICANN's resolution 2024.07.29.06, RFC 8375)."""


def plain(address: str) -> str:
    """An IPv4 address as it is written, also where it came to a socket that speaks both: `::ffff:10.0.0.1`."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


def network_of(address: str) -> str:
    """What counts as one guest: an IPv4 address, or a whole IPv6 network (/64), since one guest owns all of it."""
    try:
        parsed = ipaddress.ip_address(plain(address))
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    return str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))


def is_among(address: str, known: Iterable[str]) -> bool:
    """Whether an address is one of `known`, or in one of its networks; `*` is every address."""
    try:
        parsed = ipaddress.ip_address(plain(address))
    except ValueError:
        return False
    return any(each == "*" or parsed in network for each in known for network in _networks(each))


def _networks(text: str) -> Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    try:
        return (ipaddress.ip_network(plain(text), strict=False),)
    except ValueError:
        return (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")) if text == "*" else ()


def is_ours(host: str, names: Collection[str]) -> bool:
    """Whether a `Host` header names this machine, rather than a name of somebody else's that was pointed at it.

    A page on evil.example may have that name resolved to this machine after it was loaded, and then speak to it as its
    own ("DNS rebinding", Jackson et al. 2007). An address cannot be stolen so, nor a name that the internet's name
    servers do not know; of the others, this machine's own in its network's domains, and `names`.
    """
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    name = name.strip("[]").rstrip(".").lower()
    try:
        ipaddress.ip_address(name)
    except ValueError:
        pass
    else:
        return True
    is_local = "." not in name or any(name.endswith(f".{domain}") for domain in LOCAL_DOMAINS)
    return is_local or name in {each.lower() for each in names} or name in _own_names()


def _own_names() -> set[str]:
    own = socket.gethostname().lower()
    short = own.partition(".")[0]
    return {own, *(f"{short}.{domain}" for domain in _domains())}


def _domains() -> Iterable[str]:
    try:
        lines = RESOLVER.read_text(encoding="utf-8", errors="replace").lower().splitlines()
    except OSError:
        return ()
    fields = (line.split() for line in lines)
    return [domain.strip(".") for field in fields if field[:1] in (["search"], ["domain"]) for domain in field[1:]]
