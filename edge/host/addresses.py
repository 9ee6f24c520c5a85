"""Addresses fit to be shown."""

from __future__ import annotations

import re

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?")
_LOGIN = re.compile(r":.*@")
_SECRET = re.compile(r"[=&@;]")
"""What is in a part of a path that holds more than a name: some cameras take user and password there."""


def public_name(address: str) -> str:
    """An address as logs, pages, events and messages may name it: `scheme://host:port/path`.

    User, password, query and fragment are left out, and the path from where it holds more than names: cameras take
    passwords in each of them. A host that cannot be told from a password is left out, too. What is no URL, such as
    `usb:0` or a file, is named as it is.
    """
    scheme, separator, rest = address.partition("://")
    if not separator:
        # An address that lacks its beginning, or a slash.
        return f"...{address[address.rindex('@') :]}" if _LOGIN.search(address) else address
    head, mark, query = _cut(rest)
    if mark and "@" in query and "=" not in query.partition("@")[0]:
        # A ? or # that people left as it was in a password, rather than the beginning of a query.
        head = _cut(rest.rpartition("@")[2])[0]
    host, *parts = head.rpartition("@")[2].split("/")
    if not _HOST.fullmatch(host):
        return f"{scheme}://..."
    shown = [host]
    for part in parts:
        if _SECRET.search(part):
            shown.append("...")
            break
        shown.append(part)
    return f"{scheme}://{'/'.join(shown)}"


def _cut(text: str) -> tuple[str, str, str]:
    """What comes before a query or fragment, the mark, and what follows."""
    found = re.search(r"[?#]", text)
    return (text, "", "") if found is None else (text[: found.start()], found[0], text[found.end() :])
