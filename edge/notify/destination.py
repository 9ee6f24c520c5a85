"""What is sent, and to whom."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edge.notify.notice import Notice


class DeliveryError(Exception):
    """A message was not taken; the text says why, without a secret.

    Attributes:
        is_final: whether the same message will be refused again, whenever it is sent.
    """

    def __init__(self, cause: str, *, is_final: bool = False) -> None:
        super().__init__(cause)
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class Bulletin:
    """One message.

    Attributes:
        id: the same at every attempt, so that whoever gets it twice can tell.
        kiosk: who tells.
        title, text: for people; the text has several lines.
        notices: what it tells of; none in a test.
        html: the text as a page, for services that show one; None for none.
        picture: a JPEG file to go with it; None for none.
    """

    id: str
    kiosk: str
    title: str
    text: str
    notices: Sequence[Notice] = ()
    html: str | None = None
    picture: Path | None = None


class Destination(Protocol):
    """One who is told.

    Attributes:
        name: for people, without a secret, such as `mailto (1)`.
        key: tells it from all others, whatever their order.
    """

    @property
    def name(self) -> str: ...

    @property
    def key(self) -> str: ...

    def send(self, bulletin: Bulletin) -> None:
        """Hand it over; returns when it was taken.

        Raises:
            DeliveryError: if it was not.
        """


def key_of(address: str) -> str:
    """A short name for an address that does not give it away."""
    return hashlib.blake2s(address.encode(), digest_size=8, person=b"maskgate").hexdigest()


def bulletin_id(causes: Sequence[str], key: str) -> str:
    """An id that follows from what is told, and to whom."""
    return "msg_" + hashlib.blake2s("\n".join((key, *causes)).encode(), digest_size=12).hexdigest()
