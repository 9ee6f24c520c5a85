"""Where the pages are, as far as the configuration tells: behind a proxy they have another address."""

from __future__ import annotations

import ipaddress

from edge.config.schema import WebConfig, split_address
from edge.host.own_names import own_hosts

_EVERYWHERE = ("[::]", "0.0.0.0")  # noqa: S104 (compared, not listened on)


def page_address(web: WebConfig) -> str:
    """The address of the pages for whoever is on this machine or its network; as if on port 8080 while they are off."""
    host, _, port = (web.listen or "127.0.0.1:8080").rpartition(":")
    if web.host_names:
        host = web.host_names[0]
    elif host in _EVERYWHERE:
        host = next(own_hosts())
    return f"{'https' if web.certificate else 'http'}://{host}:{port}"


def address_for_others(web: WebConfig) -> str | None:
    """The address of the pages for other machines; None if the pages are off, or for this machine alone."""
    if web.listen is None or _is_loopback(split_address(web.listen)[0]):
        return None
    address = page_address(web)
    # A machine without a network has no other address.
    return None if _is_loopback(split_address(address.partition("://")[2])[0]) else address


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
