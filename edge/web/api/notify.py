"""Messages to people: do they arrive?"""

from __future__ import annotations

from anyio import to_thread
from pydantic import BaseModel

from edge.web.operations import ApiError, Call


class DeliveryAnswer(BaseModel):
    """What came of a test message to one who is told; `cause` says why it was not taken."""

    destination: str
    sent: bool
    cause: str | None


class DeliveriesAnswer(BaseModel):
    """What came of a test message to everybody who is told."""

    deliveries: list[DeliveryAnswer]


async def test_notify(call: Call) -> DeliveriesAnswer:
    """Send a test message to everybody who is told. Refused where nobody is."""
    if not call.site.in_use().notify.is_on:
        raise ApiError(409, "nobody is told here: see [notify]")
    tested = await to_thread.run_sync(call.site.test_notify)
    call.site.audit(f"{call.visitor.name}: test message")
    return DeliveriesAnswer(
        deliveries=[DeliveryAnswer(destination=name, sent=cause is None, cause=cause) for name, cause in tested.items()]
    )
