"""What this kiosk has brokers keep, remembered on disk: it can be taken back when name or broker have changed."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from edge.host.files import write_atomically
from edge.mqtt import ANNOUNCED
from edge.mqtt.connection import Broker
from edge.mqtt.home_assistant import discovery_topic
from edge.mqtt.topics import RETAINED, Topics

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Announcement:
    """One name at one broker.

    Attributes:
        broker: where, and by which login.
        topics: of the name.
        home_assistant: where Home Assistant listens; None if it was told nothing.
    """

    broker: Broker
    topics: Topics
    home_assistant: str | None

    @property
    def retained(self) -> tuple[str, ...]:
        """All topics on which the broker may keep something: the device first, its entities go before the states."""
        device = () if self.home_assistant is None else (discovery_topic(self.topics, self.home_assistant),)
        return (*device, *map(self.topics, RETAINED))

    def is_at(self, broker: Broker) -> bool:
        """Whether that is the same broker, by whatever login."""
        return (self.broker.host, self.broker.port) == (broker.host, broker.port)


_LIST = TypeAdapter(tuple[Announcement, ...])


class Announced:
    """The announcements of which something may be left at a broker.

    Args:
        folder: the service's state folder; None remembers nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._path = None if folder is None else folder / ANNOUNCED

    def all(self) -> tuple[Announcement, ...]:
        """Oldest first; none if the file cannot be read, which the log tells."""
        if self._path is None:
            return ()
        try:
            return _LIST.validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return ()
        except (OSError, ValidationError) as error:
            cause = error.strerror if isinstance(error, OSError) else "it is damaged"
            log.warning("announced=unknown file=%s cause=%r remedy=%r", self._path, cause, "delete it")
            return ()

    def add(self, announcement: Announcement) -> None:
        """Remember one; to be done before the broker is told anything."""
        kept = self.all()
        if announcement not in kept:
            self._write((*kept, announcement))

    def remove(self, announcement: Announcement) -> None:
        """Forget one of which nothing is left."""
        self._write(tuple(each for each in self.all() if each != announcement))

    def _write(self, announcements: tuple[Announcement, ...]) -> None:
        if self._path is None:
            return
        try:
            if not announcements:
                self._path.unlink(missing_ok=True)
                return
            write_atomically(self._path, _LIST.dump_json(announcements))
        except OSError as error:
            log.warning("announced=unwritten file=%s cause=%r", self._path, error.strerror)
