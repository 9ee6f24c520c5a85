"""What the API may be asked for: the parameters and bodies of requests."""

from __future__ import annotations

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from edge.events.history import PAGE_ROWS, Period
from edge.types import EventKind


class Asked(BaseModel):
    """What is asked for: nothing that is not known."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class EventsQuery(Asked):
    """Which events."""

    since: AwareDatetime | None = Field(default=None, description="from this time on")
    until: AwareDatetime | None = Field(default=None, description="before this time")
    kind: tuple[EventKind, ...] = Field(default=(), description="only events of this kind; may be given several times")
    after: int = Field(default=0, ge=0, lt=2**62, description="only events with a greater id")
    before: int | None = Field(default=None, ge=1, lt=2**62, description="only events with a smaller id")
    limit: int = Field(default=50, ge=1, le=PAGE_ROWS, description="at most this many")
    newest_first: bool = Field(default=True, description="the newest first, or the oldest")


class ExportQuery(Asked):
    """Which events, without a limit."""

    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    kind: tuple[EventKind, ...] = ()


class TalliesQuery(Asked):
    """Which hours or days; by default the last 24 hours, or 30 days."""

    by: Period = "hour"
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class MuteBody(Asked):
    """How long the buzzer is to be silent; 0 ends it."""

    seconds: float = Field(ge=0, le=86400)


class LockdownBody(Asked):
    """Whether the door is to be locked down: only fire opens it then."""

    on: bool


class SetupBody(Asked):
    """How long the set-up is to last from now on."""

    minutes: float = Field(default=30, gt=0, le=120)


class TryBody(Asked):
    """An output to be tried; the relay opens the door for a second, and wants to be confirmed."""

    confirmed: bool = False


class SeenBody(Asked):
    """Whether a person saw of an output what should be seen."""

    seen: bool
