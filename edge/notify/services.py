"""A hundred services, each by one address, by way of Apprise; needs the extra `notify`."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from pathlib import Path
from threading import local
from typing import Any
from urllib.parse import unquote

import apprise

from edge.config.secrets import SecretUrl
from edge.errors import ConfigError
from edge.notify.destination import Bulletin, DeliveryError, key_of

MIN_HIDDEN = 4
"""Characters of a part of an address that is taken out of what a service says; shorter ones are words."""


class _Said(logging.Handler):
    """Keeps what Apprise said last in each thread; nothing of it reaches the log, as it may hold an address."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._last = local()

    def emit(self, record: logging.LogRecord) -> None:
        self._last.text = record.getMessage()

    def take(self) -> str:
        """What was said since the last time."""
        text = str(getattr(self._last, "text", ""))
        self._last.text = ""
        return text


_SAID = _Said()


def _listen() -> None:
    logger = logging.getLogger("apprise")
    logger.handlers = [_SAID]
    logger.setLevel(logging.WARNING)
    logger.propagate = False


class Service:
    """One address of Apprise's.

    Args:
        url: see https://github.com/caronc/apprise.
        number: which of the addresses it is, from 1.

    Raises:
        ConfigError: if Apprise knows no such address.
    """

    def __init__(self, url: SecretUrl, number: int) -> None:
        _listen()
        self.name = f"{url.scheme} ({number})"
        self.key = key_of(url.address)
        self._secrets = _parts(url.address)
        asset = apprise.AppriseAsset(
            app_id="Maskgate", app_desc="Maskgate", async_mode=False, storage_mode="memory", secure_logging=True
        )
        self._service: Any = apprise.Apprise.instantiate(url.address, asset=asset, suppress_exceptions=True)
        if self._service is None:
            cause = self._scrubbed(_SAID.take()) or "no such service, or not all that it needs"
            raise ConfigError(f"notify: address {number}, {url}: is not understood ({cause})")
        self._sender = apprise.Apprise(asset=asset)
        self._sender.add(self._service)

    def send(self, bulletin: Bulletin) -> None:
        """Hand it over.

        Raises:
            DeliveryError: if the service did not take it, in Apprise's words.
        """
        html = bulletin.html if self._shows_pages else None
        try:
            result: Any = self._sender.notify(
                title=bulletin.title,
                body=bulletin.text if html is None else html,
                body_format=apprise.NotifyFormat.TEXT if html is None else apprise.NotifyFormat.HTML,
                attach=None if bulletin.picture is None else [str(bulletin.picture)],
            )
        except Exception as error:  # the border to a hundred plug-ins, each with errors of its own
            raise DeliveryError(self._scrubbed(f"{type(error).__name__}: {error}")) from error
        if not result:
            raise DeliveryError(self._scrubbed(_reason(result)) or "it did not take the message")

    @property
    def _shows_pages(self) -> bool:
        formats = self._service.notify_format
        return apprise.NotifyFormat.HTML in (formats if isinstance(formats, tuple | list) else (formats,))

    def _scrubbed(self, text: str) -> str:
        """The first line of a text, without any part of the address."""
        line = " ".join(text.split())[:200]
        for part in self._secrets:
            line = re.sub(re.escape(part), "...", line, flags=re.IGNORECASE)
        return line


def _reason(result: Any) -> str:
    """What Apprise says of a failure."""
    return next((str(entry.message) for entry in result.logs() if entry.level in ("WARNING", "ERROR")), "")


def _parts(address: str) -> list[str]:
    """What an address is made of behind its scheme, longest first: any of it may be a token."""
    rest = address.partition("://")[2]
    parts = {part for piece in (rest, unquote(rest)) for part in re.split(r"[/:@?&=#,;]", piece)}
    return sorted((part for part in parts if len(part) >= MIN_HIDDEN), key=len, reverse=True)


def read_urls(path: Path) -> Sequence[SecretUrl]:
    """The addresses of a file, one a line; empty lines and those that begin with `#` do not count.

    Raises:
        ConfigError: if it cannot be read, or a line is no address.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: the addresses cannot be read ({error}); correct notify.urls_file") from error
    urls = []
    for number, line in enumerate(lines, 1):
        url = SecretUrl(line.strip())
        if not url.address or url.address.startswith("#"):
            continue
        if not url.scheme:
            raise ConfigError(f'{path}, line {number}: expected an address, such as "mailto://..."')
        urls.append(url)
    return urls
