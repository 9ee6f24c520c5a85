"""Does what is asked: one function for each operation of the API, whose docstring tells people what it does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from math import ceil
from typing import Any

from anyio import to_thread
from starlette.responses import FileResponse, Response, StreamingResponse

from edge.config.schema import Config
from edge.config.settings import CHANGEABLE
from edge.controls import Reloaded
from edge.errors import ConfigError, MaskgateError
from edge.events.history import (
    CSV_COLUMNS,
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
from edge.web.aim import look
from edge.web.answers import (
    ChangedAnswer,
    EventAnswer,
    EventsAnswer,
    PinAnswer,
    PinsAnswer,
    SettingsAnswer,
    SetupAnswer,
    SnapshotsAnswer,
    TalliesAnswer,
    TallyAnswer,
    TriedAnswer,
    UncertainAnswer,
)
from edge.web.guarding.visitor import may
from edge.web.operations import ApiError, Call
from edge.web.people.roles import Scope
from edge.web.status import Status
from edge.web.streams import BOUNDARY

APPLY_S = 3.0
"""A kiosk that sees takes over a setting between two frames; one that has lost its camera does within ten seconds."""

SHOWN: Mapping[Period, int] = {"hour": 24, "day": 30}
"""Hours or days that are told unless others are asked for; the present one is the last."""

MAX_TALLY_SPAN = timedelta(days=400)


async def status(call: Call) -> Status:
    """What the door shows, and who is there."""
    return await to_thread.run_sync(call.site.feed.status)


async def stream(call: Call) -> Response:
    """The same whenever it changes: server-sent events."""

    async def lines() -> AsyncIterator[str]:
        async for status in call.site.feed.listen():
            yield f"data: {status.model_dump_json()}\n\n"

    return StreamingResponse(lines(), media_type="text/event-stream")


async def picture(call: Call) -> Response:
    """The newest picture."""
    newest = await call.site.pictures.newest()
    if newest is None:
        raise ApiError(503, "there is no picture yet")
    return Response(newest, media_type="image/jpeg")


async def pictures(call: Call) -> Response:
    """Live pictures."""
    return StreamingResponse(
        call.site.pictures.stream(), media_type=f"multipart/x-mixed-replace; boundary={BOUNDARY.decode()}"
    )


def _history(call: Call) -> History:
    if call.site.history is None:
        raise ApiError(503, "events are not stored: name a file in events.database")
    return call.site.history


async def events(call: Call) -> EventsAnswer:
    """What happened."""
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


async def events_csv(call: Call) -> Response:
    """What happened, for a spreadsheet."""
    history, query, zone = _history(call), call.query, call.site.in_use().door.zone

    def page(after: int) -> list[StoredEvent]:
        limit = PAGE_ROWS
        return list(history.events(since=query.since, until=query.until, kinds=query.kind, after=after, limit=limit))

    first = await to_thread.run_sync(page, 0)

    async def lines() -> AsyncIterator[str]:
        stored = first
        yield "".join(csv_lines((event.as_csv_record(zone) for event in stored), CSV_COLUMNS))
        while len(stored) == PAGE_ROWS:
            stored = await to_thread.run_sync(page, stored[-1].id)
            _header, *rows = csv_lines((event.as_csv_record(zone) for event in stored), CSV_COLUMNS)
            yield "".join(rows)

    return _csv(StreamingResponse(lines(), media_type="text/csv"), "events.csv")


async def _counted(call: Call) -> tuple[Tally, ...]:
    history, by = _history(call), call.query.by
    until, zone = call.query.until or datetime.now(UTC), call.site.in_use().door.zone

    def count() -> tuple[Tally, ...]:
        since = call.query.since or begin_of(by, until - LENGTH[by] * (SHOWN[by] - 1), zone)
        if until - since > MAX_TALLY_SPAN:
            raise ApiError(422, f"since, until: expected at most {MAX_TALLY_SPAN.days} days")
        counted = history.tallies(by, since=since, until=until, zone=zone)
        return tuple(without_gaps(counted, by, since=since, until=until, zone=zone))

    try:
        return await to_thread.run_sync(count)
    except (OverflowError, ValueError) as error:  # a ValueError from Python 3.13 on
        raise ApiError(422, "since, until: the time is out of range") from error


async def tallies(call: Call) -> TalliesAnswer:
    """People and alerts by hour or day."""
    counted = await _counted(call)
    return TalliesAnswer(tallies=[TallyAnswer.model_validate(tally.as_record()) for tally in counted])


async def tallies_csv(call: Call) -> Response:
    """People and alerts, for a spreadsheet."""
    lines = csv_lines((tally.as_record() for tally in await _counted(call)), TALLY_COLUMNS)
    return _csv(Response("".join(lines), media_type="text/csv"), "tallies.csv")


def _csv(response: Response, name: str) -> Response:
    response.headers["Content-Disposition"] = f'attachment; filename="maskgate-{name}"'
    return response


async def mute(call: Call) -> None:
    """Silence the buzzer for a while."""
    call.site.controls.mute(call.body.seconds, call.visitor.name)


async def acknowledge(call: Call) -> None:
    """Silence the present alert."""
    call.site.controls.acknowledge(call.visitor.name)


async def lock_down(call: Call) -> None:
    """Begin or end a lock-down. Refused while the switch at the door keeps it on."""
    await _obeyed(call.site.controls.lock_down(call.body.on, call.visitor.name))


async def reset_fire(call: Call) -> None:
    """Lock the door again after a fire. Refused while the fire contact is open."""
    await _obeyed(call.site.controls.reset_fire(call.visitor.name))


async def test_sound(call: Call) -> None:
    """Have the voice ask people in. Refused while the door says anything else."""
    if call.site.test_sound is None:
        raise ApiError(409, "nothing is said here: see voice.enabled")
    if not call.site.test_sound():
        raise ApiError(
            409, "the door says something else now: try again when nobody is there and it is not locked down"
        )
    call.site.audit(f"{call.visitor.name}: sound test")


async def _obeyed(wish: Future[None]) -> None:
    """Wait for the kiosk's answer; a refusal is told, and a kiosk that has lost its camera obeys a little later."""
    with suppress(TimeoutError):
        async with asyncio.timeout(APPLY_S):
            await asyncio.shield(asyncio.wrap_future(wish))


async def settings(call: Call) -> SettingsAnswer:
    """What may be changed while the kiosk runs."""
    configured, changed = await to_thread.run_sync(call.site.settings.read)
    return SettingsAnswer(values=_changeable(call.site.in_use()), configured=_changeable(configured), changed=changed)


def _changeable(config: Config) -> dict[str, dict[str, Any]]:
    values = config.model_dump(mode="json")
    return {section: {key: values[section][key] for key in keys} for section, keys in CHANGEABLE.items()}


async def change_settings(call: Call) -> ChangedAnswer:
    """Change settings; null: as configured. A change that the kiosk refuses is taken back."""
    if "camera" in call.body.model_fields_set and not may(call.visitor, [Scope.ADMIN]):
        # A face that lies on its side is found less often, and blurred less often.
        raise ApiError(403, f"camera: this token lacks the scope {Scope.ADMIN.value!r}")
    settings = call.site.settings
    changed = await to_thread.run_sync(settings.change, call.body)
    changes = list(changed.lines)
    for change in changes:
        call.site.audit(f"{call.visitor.name}: {change}")
    if not changes:
        return ChangedAnswer(changes=[], in_use=True)
    wish = call.site.controls.reload()

    def take_back(answer: Future[Reloaded]) -> None:
        if answer.exception() is not None:
            settings.undo(changed)

    # Also if the answer comes long after the visitor has gone, because the camera is lost.
    wish.add_done_callback(take_back)
    try:
        async with asyncio.timeout(APPLY_S):
            reloaded = await asyncio.shield(asyncio.wrap_future(wish))
    except TimeoutError:
        return ChangedAnswer(changes=changes, in_use=False)
    except MaskgateError as error:
        raise ConfigError(str(error)) from error
    return ChangedAnswer(changes=changes, in_use=True, waiting=list(reloaded.waiting))


async def snapshots(call: Call) -> SnapshotsAnswer:
    """Pictures of alerts."""
    names = await to_thread.run_sync(call.site.snapshots.names)
    return SnapshotsAnswer(enabled=call.site.in_use().web.snapshots, names=list(names))


async def uncertain_faces(call: Call) -> UncertainAnswer:
    """Faces the model was least sure of, kept for labelling."""
    names = await to_thread.run_sync(call.site.uncertain.names)
    return UncertainAnswer(until=call.site.in_use().collect.until, names=list(names))


async def uncertain_face(call: Call) -> Response:
    """One face kept for labelling."""
    path = call.site.uncertain.path(call.request.path_params["name"])
    if path is None:
        raise ApiError(404, "there is no such face")
    return FileResponse(path, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


async def erase_uncertain_face(call: Call) -> None:
    """Erase one face kept for labelling."""
    name = call.request.path_params["name"]
    if not call.site.uncertain.erase(name):
        raise ApiError(404, "there is no such face")
    call.site.audit(f"{call.visitor.name}: uncertain face {name} erased")


async def erase_uncertain_faces(call: Call) -> None:
    """Erase all faces kept for labelling."""
    count = await to_thread.run_sync(call.site.uncertain.erase_all)
    call.site.audit(f"{call.visitor.name}: {count} uncertain faces erased")


async def snapshot(call: Call) -> Response:
    """One picture of an alert."""
    path = call.site.snapshots.path(call.request.path_params["name"])
    if path is None:
        raise ApiError(404, "there is no such snapshot")
    return FileResponse(path, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


async def erase_snapshot(call: Call) -> None:
    """Erase one picture of an alert."""
    name = call.request.path_params["name"]
    if not call.site.snapshots.erase(name):
        raise ApiError(404, "there is no such snapshot")
    call.site.audit(f"{call.visitor.name}: snapshot {name} erased")


async def erase_snapshots(call: Call) -> None:
    """Erase all pictures of alerts."""
    count = await to_thread.run_sync(call.site.snapshots.erase_all)
    call.site.audit(f"{call.visitor.name}: {count} snapshots erased")


async def setup(call: Call) -> SetupAnswer:
    """How the camera is aimed: sharpness, light, and every face with its size; only while the set-up lasts."""
    site, config = call.site, call.site.in_use()
    left_s = site.setup.left_s
    glance = site.live.glance() if left_s else None
    aim = None if glance is None else await to_thread.run_sync(look, glance.observation)
    status = await to_thread.run_sync(site.feed.status)
    return SetupAnswer(
        left_s=ceil(left_s),
        fps=status.fps,
        temperature_c=status.temperature_c,
        min_face=config.detector.min_face,
        turn_deg=config.camera.turn_deg,
        mirrored=config.camera.mirrored,
        aim=aim,
    )


async def begin_setup(call: Call) -> None:
    """Begin the set-up, or let it last longer: staff see a sharp picture, and the door screen says so."""
    call.site.setup.begin(call.visitor.name, call.body.minutes * 60)


async def end_setup(call: Call) -> None:
    """End the set-up."""
    call.site.setup.end(call.visitor.name)


async def sharp_pictures(call: Call) -> Response:
    """Live pictures, sharp and with everything that was found, while the set-up lasts."""
    setup = call.site.setup
    if not setup.left_s:
        raise ApiError(409, "the set-up is over; begin it on the page Set-up, or with: sudo maskgate setup")

    async def parts() -> AsyncIterator[bytes]:
        async for part in call.site.sharp.stream():
            if not setup.left_s:
                return
            yield part

    return StreamingResponse(parts(), media_type=f"multipart/x-mixed-replace; boundary={BOUNDARY.decode()}")


async def pins(call: Call) -> PinsAnswer:
    """Lamps, buzzer, relay and button, and what was seen when they were tried."""
    return PinsAnswer(pins=[PinAnswer.model_validate(one) for one in await to_thread.run_sync(call.site.trials().pins)])


async def try_pin(call: Call) -> TriedAnswer:
    """Blink a lamp, sound the buzzer or click the relay, for two seconds at most."""
    try_out = partial(
        call.site.trials().try_out,
        call.request.path_params["name"],
        confirmed=call.body.confirmed,
        by=call.visitor.name,
    )
    return TriedAnswer(done=await to_thread.run_sync(try_out))


async def keep_pin(call: Call) -> None:
    """Note what was seen of an output."""
    keep = partial(call.site.trials().keep, call.request.path_params["name"], seen=call.body.seen, by=call.visitor.name)
    await to_thread.run_sync(keep)
