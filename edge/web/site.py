"""Everything the pages and the API work with, in one value."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from edge.config.schema import Config, WebConfig
from edge.config.settings import Settings
from edge.events.history import History
from edge.health import HealthMonitor
from edge.web.access import Access
from edge.web.attempts import Attempts
from edge.web.live import Live
from edge.web.snapshots import Snapshots
from edge.web.status import StatusFeed
from edge.web.streams import Pictures


class Controls(Protocol):
    """What the pages ask of the kiosk; every call returns at once and may come from any thread."""

    @property
    def health(self) -> HealthMonitor: ...

    @property
    def config(self) -> Config: ...

    @property
    def muted_s(self) -> float: ...

    def acknowledge(self, by: str) -> None: ...

    def mute(self, seconds: float, by: str) -> None: ...

    def reload(self) -> Future[None]: ...

    def audit(self, detail: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Site:
    """What a handler may need.

    Attributes:
        config: its own section, as it was when the kiosk started.
        controls: the kiosk.
        settings: what may be changed.
        live, feed, pictures: what is seen now, as values, as news and as JPEG.
        history: the events; None if none are kept.
        access, attempts: who may come in.
        snapshots: pictures of alerts; those that are left, if no more are wanted.
    """

    config: WebConfig
    controls: Controls
    settings: Settings
    live: Live
    feed: StatusFeed
    pictures: Pictures
    history: History | None
    access: Access
    attempts: Attempts
    snapshots: Snapshots
