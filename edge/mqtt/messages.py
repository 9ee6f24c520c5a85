"""What is said over MQTT, as JSON; docs/fleet/schemas holds the same as JSON Schema, made from here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from edge.events.history import StoredEvent, Tally
from edge.health import Health
from edge.networks.store import ModelStore
from edge.timing import utc_now
from edge.types import AlarmState, DoorWarning, Doorway, Label, Required, Ruling

ONLINE, OFFLINE = b"online", b"offline"
"""The two texts of the topic `available`: no JSON, as Home Assistant wants it."""

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]


class Message(BaseModel):
    """Unknown keys and values of another type are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def encode(self) -> bytes:
        """UTF-8 JSON."""
        return self.model_dump_json().encode()


class State(Message):
    """What the door shows; retained, sent on change."""

    state: AlarmState
    people: Count = Field(description="in view")
    muted: bool = Field(description="whether the buzzer is muted")
    reason: Label | None = Field(
        default=None, description="why there is an alert; in pass: of what somebody is reminded"
    )
    required: Required | None = Field(
        default=None, description="which mask is required, if the reason is the wrong kind"
    )

    @classmethod
    def of(cls, health: Health) -> State:
        """What health has of it."""
        return cls(
            state=health.state,
            people=health.people,
            muted=health.muted_s > 0,
            reason=health.reason,
            required=health.required,
        )


class DoorMessage(Message):
    """Lock and contacts of the door itself; retained, sent on change. Only where there are any."""

    ruling: Ruling = Field(description="what decides over the lock")
    unlocked: bool
    open: bool | None = Field(description="whether the door stands open; null: no contact tells")
    warning: DoorWarning | None = Field(description="what is wrong with a door that stands open")
    lockdown: bool
    fire: bool = Field(description="whether the fire contact opened, and was not reset since")

    @classmethod
    def of(cls, doorway: Doorway) -> DoorMessage:
        """What the door is like."""
        return cls(
            ruling=doorway.ruling,
            unlocked=doorway.unlocked,
            open=doorway.is_open,
            warning=doorway.warning,
            lockdown=doorway.lockdown,
            fire=doorway.fire,
        )


class Counters(Message):
    """People and alerts since local midnight; retained."""

    day: str = Field(description="local date, 2026-03-01")
    with_mask: Count
    without_mask: Count
    incorrect_mask: Count
    wrong_kind: Count = Field(description="people whose mask, properly worn, was not the kind that is required")
    uncertain: Count = Field(description="people who left before they could be judged")
    alerts: Count
    compliance: Share | None = Field(description="share of those judged who wore a mask properly; null: nobody was")
    events_waiting: Count = Field(description="events that the broker has not confirmed yet")
    events_dropped: Count = Field(description="events never sent because the queue was full, in total")

    @classmethod
    def of(cls, tally: Tally, *, waiting: int, dropped: int) -> Counters:
        """A day's counts, and the queue's."""
        return cls(
            day=f"{tally.begin:%Y-%m-%d}",
            with_mask=tally.with_mask,
            without_mask=tally.without_mask,
            incorrect_mask=tally.incorrect_mask,
            wrong_kind=tally.wrong_kind,
            uncertain=tally.uncertain,
            alerts=tally.alerts,
            compliance=None if tally.compliance is None else round(tally.compliance, 4),
            events_waiting=waiting,
            events_dropped=dropped,
        )


class FaultMessage(Message):
    """One thing that is wrong."""

    component: str
    level: Literal["degraded", "fault"] = Field(description="fault: nobody is checked at this door")
    cause: str
    remedy: str
    since: datetime


@dataclass(frozen=True, slots=True)
class About:
    """What people call the door, where it is, and the address of its pages; None for what is not known."""

    name: str | None = None
    place: str | None = None
    page: str | None = None


NOTHING = About()


class HealthMessage(Message):
    """How the kiosk does; retained, sent every half minute and when a fault begins or ends. null: not known."""

    at: datetime = Field(description="when this was said, by the kiosk's clock")
    name: str | None = Field(description="what people call the door")
    place: str | None = Field(description="where it is")
    page: str | None = Field(description="address of the kiosk's pages; null: others do not reach them")
    level: Literal["ok", "degraded", "fault"]
    state: AlarmState
    uptime_s: float
    frames: Count
    fps: float
    frame_age_s: float | None
    people: Count
    model: str
    board: str | None
    temperature_c: float | None
    throttled: tuple[str, ...] | None
    faults: tuple[FaultMessage, ...]

    @classmethod
    def of(cls, health: Health, about: About = NOTHING) -> HealthMessage:
        """The account at this moment."""
        said = {"at": utc_now(), "name": about.name, "place": about.place, "page": about.page}
        return cls.model_validate(said | health.as_record())


class EventMessage(Message):
    """Something happened. Sent in order and at least once: `run` and `id` tell a repetition, a gap in `id` a loss."""

    id: int = Field(ge=1)
    at: datetime
    kind: str
    run: int = Field(description="changes when track ids start anew")
    track_id: int | None = Field(description="one person within a run")
    label: Label | None
    detail: str

    @classmethod
    def of(cls, stored: StoredEvent) -> EventMessage:
        """An event of the database."""
        return cls.model_validate(stored.as_record())


class Order(Message):
    """What others say to a kiosk: a text is no number, and neither is a truth value."""

    model_config = ConfigDict(strict=True)


class Command(Order):
    """What every command may carry."""

    id: str | None = Field(default=None, max_length=64, description="repeated in the answer")


class Mute(Command):
    """Silence the buzzer."""

    seconds: float = Field(ge=0, le=3600, description="0 ends the muting")


class Acknowledge(Command):
    """Silence the present alert."""


class Lockdown(Command):
    """Begin or end a lock-down: only fire opens the door."""

    on: bool


class ResetFire(Command):
    """Lock the door again after a fire; refused while the fire contact is open."""


class Reload(Command):
    """Read the configuration again; a bad one is refused and the old one stays."""


class Install(Command):
    """Fetch a signed bundle, test it, and switch to it; a bundle that is not newer than the live one is refused."""

    url: str = Field(pattern=r"^https?://\S+$", max_length=2048)


class RolloutMessage(Order):
    """A roll-out to a share of all kiosks; retained, empty to end it. A greater share includes the smaller one."""

    url: str = Field(pattern=r"^https?://\S+$", max_length=2048)
    model: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", description="name of the model that it replaces")
    version: int = Field(ge=1, lt=2**31, description="of the bundle")
    percent: float = Field(ge=0, le=100, description="of the kiosks")
    spread_s: float = Field(default=300.0, ge=0, le=86_400, description="each fetches it at some moment within this")


class ModelMessage(Message):
    """Which version of the mask classifier is live; retained, sent on change."""

    model: str
    version: int = Field(ge=0, description="0: the one that Maskgate ships")
    trial: bool = Field(description="whether it must still prove itself")
    failed: dict[str, str] = Field(description="versions that failed here, and why")

    @classmethod
    def of(cls, model: str, store: ModelStore) -> ModelMessage:
        """What the store says.

        Raises:
            ModelError: if it is damaged.
        """
        state = store.state(model)
        failed = {str(version): why[:500] for version, why in state.failed.items()}
        return cls(model=model, version=state.live, trial=state.trial is not None, failed=failed)


class Answer(Message):
    """What became of a command; not retained."""

    command: str
    id: str | None = Field(description="as in the command")
    ok: bool
    text: str = Field(description="what was done, or why not")


SENT: dict[str, type[Message]] = {
    "state": State,
    "door": DoorMessage,
    "counters": Counters,
    "health": HealthMessage,
    "event": EventMessage,
    "model": ModelMessage,
    "answer": Answer,
}
"""By topic."""

COMMANDS: dict[str, type[Command]] = {
    "mute": Mute,
    "acknowledge": Acknowledge,
    "lockdown": Lockdown,
    "reset-fire": ResetFire,
    "reload": Reload,
    "install": Install,
}
"""By name."""

ROLLOUT = "rollout"
"""Name of the schema of what is said to all."""
