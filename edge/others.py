"""What the other kiosks at the same broker say of themselves: bounded, and read only when somebody wants to see it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from edge.timing import utc_now
from edge.types import AlarmState

LEAVES = ("available", "state", "counters", "health")
"""Of what a kiosk tells, that which is listened to."""

MAX_DOORS = 500
"""More are not listed; each costs some kilobytes of memory."""

MAX_BYTES = 8 * 1024
"""Of one message; a kiosk's own are a tenth of it."""

SILENT_S = 100.0
"""A kiosk that lives reports every half minute."""

MAX_TEXT = 160
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def _short(text: object) -> object:
    return text[:MAX_TEXT] if isinstance(text, str) else text


def _leads_somewhere(address: object) -> object:
    """None for what is no address of a page: a browser would run `javascript:`."""
    if not isinstance(address, str) or len(address) > MAX_TEXT:
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return address if parts.scheme in ("http", "https") and parts.hostname and address.isprintable() else None


_Text = Annotated[str, BeforeValidator(_short)]
_Count = Annotated[int, Field(ge=0, le=10**9)]


class _Heard(BaseModel):
    """What is made use of; a newer kiosk may say more."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class _State(_Heard):
    state: AlarmState


class _Counters(_Heard):
    day: _Text
    with_mask: _Count
    without_mask: _Count
    incorrect_mask: _Count
    wrong_kind: _Count = 0
    uncertain: _Count
    alerts: _Count
    compliance: Annotated[float, Field(ge=0, le=1)] | None


class _Fault(_Heard):
    cause: _Text
    level: _Text


class _Health(_Heard):
    level: Literal["ok", "degraded", "fault"]
    faults: tuple[_Fault, ...]
    at: AwareDatetime | None = None
    name: _Text | None = None
    place: _Text | None = None
    page: Annotated[str | None, BeforeValidator(_leads_somewhere)] = None


_MODELS: Mapping[str, type[_Heard]] = {"state": _State, "counters": _Counters, "health": _Health}


@dataclass(frozen=True, slots=True)
class OtherDoor:
    """What is known of one kiosk.

    Attributes:
        kiosk: its name in topics.
        name, place, page: what people call the door, where it is, the address of its pages; None if it does not say.
        is_own: whether it is this kiosk.
        state: what the door shows; None if it has not said so in a way that is understood.
        level, problem: how it does, and what is wrong first; None if it has not said so.
        day: of the figures, 2026-03-01.
        people, alerts: of that day; None if it has not said so.
        compliance: share of those judged who wore a mask properly; None if nobody was.
        is_silent: whether it says nothing any more.
        heard_at: when it was last heard; None if that is not known.
        is_understood: False if it says what this version makes nothing of.
    """

    kiosk: str
    is_own: bool
    name: str | None = None
    place: str | None = None
    page: str | None = None
    state: AlarmState | None = None
    level: str | None = None
    problem: str | None = None
    day: str | None = None
    people: int | None = None
    alerts: int | None = None
    compliance: float | None = None
    is_silent: bool = False
    heard_at: datetime | None = None
    is_understood: bool = True


@dataclass(slots=True)
class _Voice:
    """What one kiosk said last, as it came: to read it costs nobody anything until somebody wants to see it.

    Attributes:
        since: when it was first heard, monotonic seconds.
        said: payloads, by leaf.
        read: those that have been read, by leaf; None for what is not understood.
        lived: when it spoke last, rather than the broker for it: monotonic seconds, wall time; None if it never did.
    """

    since: float
    said: dict[str, bytes] = field(default_factory=dict)
    read: dict[str, _Heard | None] = field(default_factory=dict)
    lived: tuple[float, datetime] | None = None

    def about(self, leaf: str) -> _Heard | None:
        if leaf not in self.read and leaf in self.said:
            try:
                self.read[leaf] = _MODELS[leaf].model_validate_json(self.said[leaf])
            except ValidationError:
                self.read[leaf] = None
        return self.read.get(leaf)


class Others:
    """Remembers what each kiosk at the broker said last, as long as the broker keeps it. Any thread may use it.

    Args:
        clock: monotonic seconds.
        now: wall time.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, now: Callable[[], datetime] = utc_now) -> None:
        self._clock = clock
        self._now = now
        self._lock = Lock()
        self._voices: dict[str, _Voice] = {}
        self._own: tuple[str, str] | None = None
        self._connected_at: float | None = None
        self.is_full = False

    def listen(self, prefix: str, kiosk: str) -> tuple[str, ...]:
        """Begin, as `kiosk` among those below `prefix`; returns the topics to subscribe to."""
        self._own = (prefix, kiosk)
        return tuple(f"{prefix}/+/{leaf}" for leaf in LEAVES)

    @property
    def is_connected(self) -> bool:
        """Whether the line stands; without it everything is old."""
        return self._connected_at is not None

    def connect(self, stands: bool) -> None:
        """The line to the broker stands now, or does not."""
        self._connected_at = self._clock() if stands else None

    def hear(self, topic: str, payload: bytes, retained: bool) -> bool:
        """Remember what was said; returns at once. False: it is of no concern here."""
        if self._own is None:
            return False
        prefix, _ = self._own
        kiosk, _, leaf = topic.removeprefix(f"{prefix}/").partition("/")
        if leaf not in LEAVES or not topic.startswith(f"{prefix}/"):
            return False
        if _NAME.fullmatch(kiosk) and len(payload) <= MAX_BYTES:
            with self._lock:
                self._remember(kiosk, leaf, payload, retained)
        return True

    def _remember(self, kiosk: str, leaf: str, payload: bytes, retained: bool) -> None:
        voice = self._voices.get(kiosk)
        if not payload:
            if voice is not None:
                voice.said.pop(leaf, None)
                voice.read.pop(leaf, None)
                if not voice.said:
                    del self._voices[kiosk]
            return
        if voice is None:
            self.is_full = len(self._voices) >= MAX_DOORS
            if self.is_full:
                return
            voice = self._voices[kiosk] = _Voice(self._clock())
        voice.said[leaf] = payload
        voice.read.pop(leaf, None)
        # The word that it is gone is the broker's.
        if not retained and payload != b"offline":
            voice.lived = (self._clock(), self._now())

    def doors(self) -> tuple[OtherDoor, ...]:
        """Everybody, by what people call them; takes some milliseconds for a hundred that have news."""
        with self._lock:
            found = [self._door(kiosk, voice) for kiosk, voice in self._voices.items()]
        return tuple(sorted(found, key=lambda door: ((door.name or door.kiosk).casefold(), door.kiosk)))

    def _door(self, kiosk: str, voice: _Voice) -> OtherDoor:
        state, counters, health = (voice.about(leaf) for leaf in ("state", "counters", "health"))
        lived_s, heard_at = voice.lived or (voice.since, None)
        # Who could not be heard is not silent.
        lived_s = max(lived_s, self._connected_at or 0.0)
        facts: dict[str, object] = {}
        if isinstance(health, _Health):
            worst = min(health.faults, key=lambda fault: fault.level != "fault", default=None)
            facts = {"name": health.name, "place": health.place, "page": health.page, "level": health.level}
            facts["problem"] = None if worst is None else worst.cause
            heard_at = heard_at or health.at
        if isinstance(counters, _Counters):
            judged = counters.with_mask + counters.without_mask + counters.incorrect_mask + counters.wrong_kind
            facts |= {"day": counters.day, "people": judged + counters.uncertain, "alerts": counters.alerts}
            facts["compliance"] = counters.compliance
        return OtherDoor(
            kiosk,
            self._own is not None and kiosk == self._own[1],
            state=state.state if isinstance(state, _State) else None,
            is_silent=voice.said.get("available") != b"online" or self._clock() - lived_s > SILENT_S,
            heard_at=heard_at,
            is_understood=None not in voice.read.values(),
            **facts,  # type: ignore[arg-type]
        )
