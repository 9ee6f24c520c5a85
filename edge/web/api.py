"""What the API does; the pages do nothing that is not here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from anyio import to_thread
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import FileResponse, Response, StreamingResponse

from edge.config.settings import CHANGEABLE, SettingsPatch
from edge.errors import ConfigError, MaskgateError
from edge.events.history import (
    EVENT_COLUMNS,
    LENGTH,
    PAGE_ROWS,
    TALLY_COLUMNS,
    History,
    Period,
    StoredEvent,
    Tally,
    begin_of,
    csv_lines,
    without_gaps,
)
from edge.types import EventKind, Label
from edge.web.access import MAX_PASSWORD, MIN_PASSWORD, Scope
from edge.web.operations import ApiError, Call, Operation
from edge.web.status import Status
from edge.web.streams import BOUNDARY

APPLY_S = 3.0
"""A kiosk that sees takes over a setting between two frames; one that has lost its camera does within ten seconds."""

SHOWN: Mapping[Period, int] = {"hour": 24, "day": 30}
"""Hours or days that are told unless others are asked for; the present one is the last."""

MAX_TALLY_SPAN = timedelta(days=400)


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


# --- what is asked ---


class EventsQuery(_Model):
    """Which events."""

    since: AwareDatetime | None = Field(default=None, description="from this time on")
    until: AwareDatetime | None = Field(default=None, description="before this time")
    kind: tuple[EventKind, ...] = Field(default=(), description="only these; may be given several times")
    after: int = Field(default=0, ge=0, lt=2**62, description="only events with a greater id")
    before: int | None = Field(default=None, ge=1, lt=2**62, description="only events with a smaller id")
    limit: int = Field(default=50, ge=1, le=PAGE_ROWS, description="not more than this many")
    newest_first: bool = Field(default=True, description="the newest first, or the oldest")


class ExportQuery(_Model):
    """Which events, without a limit."""

    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    kind: tuple[EventKind, ...] = ()


class TalliesQuery(_Model):
    """Which hours or days; by default the last 24 hours, or 30 days."""

    by: Period = "hour"
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class MuteBody(_Model):
    """How long the buzzer is to be silent; 0 ends it."""

    seconds: float = Field(ge=0, le=86400)


class PasswordBody(_Model):
    """The password of now, and the new one."""

    current: str = Field(max_length=MAX_PASSWORD)
    new: str = Field(min_length=MIN_PASSWORD, max_length=MAX_PASSWORD)


TokenName = Annotated[str, Field(pattern=r"^[A-Za-z0-9 ._-]{1,40}$")]


class TokenBody(_Model):
    """A token to be made."""

    name: TokenName
    scopes: tuple[Scope, ...] = Field(min_length=1, max_length=len(Scope))


# --- what is answered ---


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
    uncertain: int
    alerts: int
    compliance: float | None


class TalliesAnswer(BaseModel):
    """Every hour or day, oldest first, by the kiosk's own clock."""

    tallies: list[TallyAnswer]


class SettingsAnswer(BaseModel):
    """What may be changed: as it is, as the configuration has it, and what was changed."""

    values: dict[str, dict[str, Any]]
    configured: dict[str, dict[str, Any]]
    changed: dict[str, dict[str, Any]]


class ChangedAnswer(BaseModel):
    """What is different now, and whether the kiosk has taken it over yet (it has not while its camera is lost)."""

    changes: list[str]
    in_use: bool


class TokenAnswer(BaseModel):
    """A token, without its key."""

    name: str
    scopes: list[Scope]
    created: AwareDatetime


class TokensAnswer(BaseModel):
    """All tokens."""

    tokens: list[TokenAnswer]


class KeyAnswer(BaseModel):
    """The key of a new token: it is told this once."""

    name: str
    key: str


class SnapshotsAnswer(BaseModel):
    """Names of all snapshots, newest first; the time of the alert in UTC. `enabled` tells whether any are made."""

    enabled: bool
    names: list[str]


# --- the handlers ---


async def _status(call: Call) -> Status:
    return await to_thread.run_sync(call.site.feed.status)


async def _stream(call: Call) -> Response:
    async def lines() -> AsyncIterator[str]:
        async for status in call.site.feed.listen():
            yield f"data: {status.model_dump_json()}\n\n"

    return StreamingResponse(lines(), media_type="text/event-stream")


async def _picture(call: Call) -> Response:
    picture = await call.site.pictures.newest()
    if picture is None:
        raise ApiError(503, "there is no picture yet")
    return Response(picture, media_type="image/jpeg")


async def _pictures(call: Call) -> Response:
    return StreamingResponse(
        call.site.pictures.stream(), media_type=f"multipart/x-mixed-replace; boundary={BOUNDARY.decode()}"
    )


def _history(call: Call) -> History:
    if call.site.history is None:
        raise ApiError(503, "no events are kept: name a file in events.database")
    return call.site.history


async def _events(call: Call) -> EventsAnswer:
    history, query = _history(call), call.query

    def read() -> list[StoredEvent]:
        return list(
            history.events(
                since=query.since,
                until=query.until,
                kinds=query.kind,
                after=query.after,
                before=query.before,
                limit=query.limit,
                newest_first=query.newest_first,
            )
        )

    stored = await to_thread.run_sync(read)
    return EventsAnswer(events=[EventAnswer.model_validate(event.as_record()) for event in stored])


async def _events_csv(call: Call) -> Response:
    history, query = _history(call), call.query

    def page(after: int) -> list[StoredEvent]:
        limit = PAGE_ROWS
        return list(history.events(since=query.since, until=query.until, kinds=query.kind, after=after, limit=limit))

    first = await to_thread.run_sync(page, 0)

    async def lines() -> AsyncIterator[str]:
        stored = first
        yield "".join(csv_lines((event.as_record() for event in stored), EVENT_COLUMNS))
        while len(stored) == PAGE_ROWS:
            stored = await to_thread.run_sync(page, stored[-1].id)
            _header, *rows = csv_lines((event.as_record() for event in stored), EVENT_COLUMNS)
            yield "".join(rows)

    return _csv(StreamingResponse(lines(), media_type="text/csv"), "events.csv")


async def _counted(call: Call) -> tuple[Tally, ...]:
    history, by = _history(call), call.query.by
    until = call.query.until or datetime.now(UTC)

    def count() -> tuple[Tally, ...]:
        since = call.query.since or begin_of(by, until - LENGTH[by] * (SHOWN[by] - 1))
        if until - since > MAX_TALLY_SPAN:
            raise ApiError(422, f"since, until: expected at most {MAX_TALLY_SPAN.days} days")
        counted = history.tallies(by, since=since, until=until)
        return tuple(without_gaps(counted, by, since=since, until=until))

    try:
        return await to_thread.run_sync(count)
    except OverflowError as error:
        raise ApiError(422, "since, until: no calendar goes that far") from error


async def _tallies(call: Call) -> TalliesAnswer:
    counted = await _counted(call)
    return TalliesAnswer(tallies=[TallyAnswer.model_validate(tally.as_record()) for tally in counted])


async def _tallies_csv(call: Call) -> Response:
    lines = csv_lines((tally.as_record() for tally in await _counted(call)), TALLY_COLUMNS)
    return _csv(Response("".join(lines), media_type="text/csv"), "tallies.csv")


def _csv(response: Response, name: str) -> Response:
    response.headers["Content-Disposition"] = f'attachment; filename="maskgate-{name}"'
    return response


async def _mute(call: Call) -> None:
    call.site.controls.mute(call.body.seconds, call.visitor.name)


async def _acknowledge(call: Call) -> None:
    call.site.controls.acknowledge(call.visitor.name)


async def _settings(call: Call) -> SettingsAnswer:
    def read() -> SettingsAnswer:
        settings = call.site.settings
        return SettingsAnswer(
            values=_changeable(settings.load().model_dump(mode="json")),
            configured=_changeable(settings.configured().model_dump(mode="json")),
            changed=settings.overrides(),
        )

    return await to_thread.run_sync(read)


def _changeable(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {section: {key: config[section][key] for key in keys} for section, keys in CHANGEABLE.items()}


async def _change_settings(call: Call) -> ChangedAnswer:
    changes = await to_thread.run_sync(call.site.settings.change, call.body)
    for change in changes:
        call.site.controls.audit(f"{call.visitor.name}: {change}")
    if not changes:
        return ChangedAnswer(changes=[], in_use=True)
    applied = asyncio.wrap_future(call.site.controls.reload())
    try:
        async with asyncio.timeout(APPLY_S):
            await asyncio.shield(applied)
    except TimeoutError:
        return ChangedAnswer(changes=list(changes), in_use=False)
    except MaskgateError as error:
        raise ConfigError(str(error)) from error
    return ChangedAnswer(changes=list(changes), in_use=True)


async def _snapshots(call: Call) -> SnapshotsAnswer:
    names = await to_thread.run_sync(call.site.snapshots.names)
    return SnapshotsAnswer(enabled=call.site.config.snapshots, names=list(names))


async def _snapshot(call: Call) -> Response:
    path = call.site.snapshots.path(call.request.path_params["name"])
    if path is None:
        raise ApiError(404, "there is no such snapshot")
    return FileResponse(path, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


async def _erase_snapshot(call: Call) -> None:
    name = call.request.path_params["name"]
    if not call.site.snapshots.erase(name):
        raise ApiError(404, "there is no such snapshot")
    call.site.controls.audit(f"{call.visitor.name}: snapshot {name} erased")


async def _erase_snapshots(call: Call) -> None:
    count = await to_thread.run_sync(call.site.snapshots.erase_all)
    call.site.controls.audit(f"{call.visitor.name}: {count} snapshots erased")


async def _tokens(call: Call) -> TokensAnswer:
    tokens = call.site.access.tokens
    return TokensAnswer(tokens=[TokenAnswer(name=t.name, scopes=list(t.scopes), created=t.created) for t in tokens])


async def _add_token(call: Call) -> KeyAnswer:
    name, scopes = call.body.name, tuple(dict.fromkeys(call.body.scopes))
    try:
        key = await to_thread.run_sync(call.site.access.add_token, name, scopes)
    except ValueError as error:
        raise ApiError(409, str(error)) from error
    call.site.controls.audit(f"{call.visitor.name}: token {name!r} made for {', '.join(scopes)}")
    return KeyAnswer(name=name, key=key)


async def _remove_token(call: Call) -> None:
    name = call.request.path_params["name"]
    if not await to_thread.run_sync(call.site.access.remove_token, name):
        raise ApiError(404, "there is no such token")
    call.site.controls.audit(f"{call.visitor.name}: token {name!r} deleted")


async def _set_password(call: Call) -> None:
    access, attempts = call.site.access, call.site.attempts
    address = call.request.client.host if call.request.client else ""
    if attempts.wait_s(address):
        raise ApiError(409, "too many wrong passwords; wait a quarter of an hour")
    attempts.fail(address)
    if not await to_thread.run_sync(access.is_password, call.body.current):
        raise ApiError(409, "the present password is another one")
    attempts.succeed(address)
    await to_thread.run_sync(access.set_password, call.body.new)
    call.site.controls.audit(f"{call.visitor.name}: password changed")


OPERATIONS: Sequence[Operation] = (
    Operation("GET", "/status", Scope.READ, "What the door shows, and who is there", _status, answer=Status),
    Operation(
        "GET", "/stream", Scope.READ, "The same whenever it changes: server-sent events", _stream,
        answer="text/event-stream",
    ),
    Operation(
        "GET", "/picture.jpg", Scope.PICTURE, "The newest picture", _picture, answer="image/jpeg", refusals=(503,)
    ),
    Operation(
        "GET", "/picture.mjpeg", Scope.PICTURE, "Live pictures", _pictures, answer="multipart/x-mixed-replace"
    ),
    Operation(
        "GET", "/events", Scope.READ, "What happened", _events, query=EventsQuery, answer=EventsAnswer, refusals=(503,)
    ),
    Operation(
        "GET", "/events.csv", Scope.READ, "What happened, for a spreadsheet", _events_csv, query=ExportQuery,
        answer="text/csv", refusals=(503,),
    ),
    Operation(
        "GET", "/tallies", Scope.READ, "People and alerts by hour or day", _tallies, query=TalliesQuery,
        answer=TalliesAnswer, refusals=(503,),
    ),
    Operation(
        "GET", "/tallies.csv", Scope.READ, "People and alerts, for a spreadsheet", _tallies_csv, query=TalliesQuery,
        answer="text/csv", refusals=(503,),
    ),
    Operation("POST", "/mute", Scope.CONTROL, "Silence the buzzer for a while", _mute, body=MuteBody),
    Operation("POST", "/acknowledge", Scope.CONTROL, "Silence the present alert", _acknowledge),
    Operation(
        "GET", "/settings", Scope.READ, "What may be changed while the kiosk runs", _settings, answer=SettingsAnswer,
        refusals=(409,),
    ),
    Operation(
        "PATCH", "/settings", Scope.SETTINGS, "Change settings; null: as configured", _change_settings,
        body=SettingsPatch, answer=ChangedAnswer, refusals=(409,),
    ),
    Operation("GET", "/snapshots", Scope.PICTURE, "Pictures of alerts", _snapshots, answer=SnapshotsAnswer),
    Operation("DELETE", "/snapshots", Scope.SETTINGS, "Erase all pictures of alerts", _erase_snapshots),
    Operation(
        "GET", "/snapshots/{name}", Scope.PICTURE, "One picture of an alert", _snapshot, answer="image/jpeg",
        refusals=(404,),
    ),
    Operation(
        "DELETE", "/snapshots/{name}", Scope.SETTINGS, "Erase one picture of an alert", _erase_snapshot,
        refusals=(404,),
    ),
    Operation("GET", "/tokens", Scope.ADMIN, "All tokens", _tokens, answer=TokensAnswer),
    Operation(
        "POST", "/tokens", Scope.ADMIN, "Make a token", _add_token, body=TokenBody, answer=KeyAnswer, status=201,
        refusals=(409,),
    ),
    Operation("DELETE", "/tokens/{name}", Scope.ADMIN, "Delete a token", _remove_token, refusals=(404,)),
    Operation(
        "POST", "/password", Scope.ADMIN, "Set another password; ends every session", _set_password,
        body=PasswordBody, refusals=(409,),
    ),
)  # fmt: skip
"""The whole API."""
