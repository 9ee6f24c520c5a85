"""A newer version from a file: uploaded, verified, installed by the system, and how far it is."""

from __future__ import annotations

from functools import partial
from typing import Literal

from anyio import to_thread
from pydantic import AwareDatetime, BaseModel, Field

from edge import __version__
from edge.web.operations import ApiError, Call
from edge.web.queries import Asked
from edge.web.updates.spool import MAX_UPLOAD


class UpdateBody(Asked):
    """Which of the uploaded files is to be installed."""

    file: str = Field(max_length=100)


class UpdateAnswer(BaseModel):
    """What runs now, whether a release may be uploaded (null: yes; otherwise why not), and how far the last update is.

    `text` tells what came of it; `largest` is what an uploaded file may have, in bytes.
    """

    version: str
    why_not: str | None
    largest: int
    files: list[str]
    state: Literal["none", "waiting", "working", "done", "failed"]
    file: str
    text: str
    at: AwareDatetime | None


async def update(call: Call) -> UpdateAnswer:
    """Whether a release may be uploaded, and how far the last update is."""
    return await to_thread.run_sync(partial(_answer, call))


def _answer(call: Call) -> UpdateAnswer:
    spool = call.site.spool
    outcome = spool.outcome()
    return UpdateAnswer(
        version=__version__,
        why_not=spool.why_not(),
        largest=MAX_UPLOAD,
        files=list(spool.files),
        state=outcome.state,
        file=outcome.file,
        text=outcome.text,
        at=outcome.at,
    )


async def receive(call: Call) -> None:
    """Upload a file of a signed release, as it is."""
    name = call.request.path_params["name"]
    length = call.request.headers.get("Content-Length", "0")
    await call.site.spool.receive(name, int(length), call.request.stream())
    call.site.audit(f"{call.visitor.name}: {name} uploaded")


async def begin(call: Call) -> None:
    """Verify an uploaded release, and have it installed. The version before comes back if the new one does not work."""
    await to_thread.run_sync(call.site.spool.ask, call.body.file)
    call.site.audit(f"{call.visitor.name}: update by {call.body.file} asked for")


async def discard(call: Call) -> None:
    """Erase what was uploaded. Refused while it is being installed."""
    if call.site.spool.outcome().state in ("waiting", "working"):
        raise ApiError(409, "an update is under way already")
    await to_thread.run_sync(call.site.spool.clear)
