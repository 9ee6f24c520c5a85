"""Several doors: how the other kiosks at the broker do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from anyio import to_thread
from pydantic import BaseModel

from edge.types import AlarmState
from edge.web.operations import Call


class DoorAnswer(BaseModel):
    """One kiosk, as it says itself; null is what it does not say, or what makes no sense.

    `kiosk` is its name at the broker, `day` that of the figures, `problem` the worst of what is wrong there. One that
    `is_silent` says nothing any more: what is told is from `heard_at`. `is_understood` is false where it says what
    this version makes nothing of.
    """

    kiosk: str
    is_own: bool
    name: str | None
    place: str | None
    page: str | None
    state: AlarmState | None
    level: str | None
    problem: str | None
    day: str | None
    people: int | None
    alerts: int | None
    compliance: float | None
    is_silent: bool
    heard_at: datetime | None
    is_understood: bool


class DoorsAnswer(BaseModel):
    """Every kiosk that the broker knows. `listens`: whether they are listened to at all (`web.doors`); `is_connected`:
    whether the broker can be heard now; `is_full`: there are more than are listed.
    """

    listens: bool
    is_connected: bool
    is_full: bool
    doors: Sequence[DoorAnswer]


async def doors(call: Call) -> DoorsAnswer:
    """All doors whose kiosks are at the same broker."""
    others, config = call.site.others, call.site.in_use()
    found = await to_thread.run_sync(others.doors)
    return DoorsAnswer(
        listens=config.web.doors and config.mqtt.host is not None,
        is_connected=others.is_connected,
        is_full=others.is_full,
        doors=[DoorAnswer(**asdict(door)) for door in found],
    )
