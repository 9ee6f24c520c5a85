"""What the API answers, beside `edge.web.status`."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel

from edge.types import Label
from edge.web.aim import Aim


class EventAnswer(BaseModel):
    """One event; `track_id` is one person within one `run`."""

    id: int
    at: str
    kind: str
    run: int
    track_id: int | None
    label: Label | None
    detail: str


class EventsAnswer(BaseModel):
    """Events, in the order asked for."""

    events: list[EventAnswer]


class TallyAnswer(BaseModel):
    """People and alerts of one hour or day; compliance is the share with a mask of those who could be judged."""

    begin: str
    with_mask: int
    without_mask: int
    incorrect_mask: int
    wrong_kind: int
    uncertain: int
    alerts: int
    compliance: float | None


class TalliesAnswer(BaseModel):
    """Every hour or day, oldest first, by the kiosk's own clock."""

    tallies: list[TallyAnswer]


class SettingsAnswer(BaseModel):
    """What may be changed: as it is in use now, as the configuration has it, and what was changed."""

    values: dict[str, dict[str, Any]]
    configured: dict[str, dict[str, Any]]
    changed: dict[str, dict[str, Any]]


class ChangedAnswer(BaseModel):
    """What is different now, and whether the kiosk has taken it over yet (it has not while its camera is lost).

    `waiting` names keys of the configuration file whose new value waits for a restart of the service.
    """

    changes: list[str]
    in_use: bool
    waiting: list[str] = []


class UncertainAnswer(BaseModel):
    """Names of all faces kept for labelling, newest first: the time in UTC, margin in thousandths, the model's guess
    and its probability. `until` is the last day on which more are kept; null: none are.
    """

    until: date | None
    names: list[str]


class SnapshotsAnswer(BaseModel):
    """Names of all snapshots, newest first; the time of the alert in UTC. `enabled` tells whether any are made."""

    enabled: bool
    names: list[str]


class SetupAnswer(BaseModel):
    """The set-up: how long it still lasts (0: it is over), and what the camera sees; null while it is over."""

    left_s: int
    fps: float
    temperature_c: float | None
    min_face: float
    turn_deg: int
    mirrored: bool
    aim: Aim | None


class PinAnswer(BaseModel):
    """One line: what to look for when it is tried, what was seen last and when (null: never tried).

    `pressed_s` is how long ago a button was pressed; null for outputs, and before it ever was.
    """

    role: str
    gpio: int
    look_for: str
    seen: bool | None
    at: str | None
    pressed_s: float | None


class PinsAnswer(BaseModel):
    """Every line that is configured."""

    pins: list[PinAnswer]


class TriedAnswer(BaseModel):
    """Whether an output was shown to the end: an alert ends what opens the door."""

    done: bool
