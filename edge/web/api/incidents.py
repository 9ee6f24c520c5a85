"""Incidents: alerts to be looked at afterwards, each with what was seen and what a person made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from anyio import to_thread
from pydantic import AwareDatetime, BaseModel, Field
from starlette.responses import Response

from edge.collection.collector import keep_false_alarm
from edge.events.history import csv_lines
from edge.events.incidents import INCIDENT_COLUMNS, MAX_NOTE, Incident, Incidents, Status
from edge.timing import utc_now
from edge.types import Label
from edge.web.operations import ApiError, Call
from edge.web.queries import Asked
from edge.web.spreadsheet import MEDIA_TYPE, as_spreadsheet

MAX_ROWS = 200

MAX_CSV = 10_000
"""Incidents of one table for a spreadsheet: half a year of a busy door."""

SNAPSHOT_S = 2
"""A snapshot is made in the second in which its alert began, or in the next."""


class IncidentsQuery(Asked):
    """Which incidents, newest first."""

    since: AwareDatetime | None = Field(default=None, description="begun from this time on")
    until: AwareDatetime | None = Field(default=None, description="begun before this time")
    status: tuple[Status, ...] = Field(default=(), description="only of this status; may be given several times")
    before: int | None = Field(default=None, ge=1, lt=2**62, description="only incidents with a smaller id")
    limit: int = Field(default=50, ge=1, le=MAX_ROWS, description="at most this many")


class IncidentsExport(Asked):
    """Which incidents, at most 10,000."""

    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    status: tuple[Status, ...] = ()


class ReviewBody(Asked):
    """What a person makes of an incident; what is left out stays as it is."""

    status: Status | None = None
    note: str | None = Field(default=None, max_length=MAX_NOTE)


class SeenAnswer(BaseModel):
    """What one person wore, when the model was surest of it; `id` is unique until the kiosk restarts."""

    id: int
    label: Label
    probability: float


class IncidentAnswer(BaseModel):
    """One alert. Facts are null where none were kept, `lasted_s` also while it lasts.

    `people` is how many were in view at once, at most; `seen` is everybody who was not masked properly. `snapshot` is
    the name of its picture, where there is one.
    """

    id: int
    at: AwareDatetime
    lasted_s: float | None
    people: int | None
    seen: list[SeenAnswer]
    silenced_by: str
    snapshot: str | None
    status: Status
    note: str
    reviewed_by: str
    reviewed_at: AwareDatetime | None


class IncidentsAnswer(BaseModel):
    """Incidents, newest first; `new` counts all that nobody has looked at yet, whatever was asked for."""

    incidents: list[IncidentAnswer]
    new: int


async def incidents(call: Call) -> IncidentsAnswer:
    """Alerts, with what was seen and what people made of them."""
    kept, query = _incidents(call), call.query

    def read() -> IncidentsAnswer:
        found = kept.list(
            since=query.since, until=query.until, statuses=query.status, before=query.before, limit=query.limit
        )
        pictures = _by_second(call.site.snapshots.names())
        return IncidentsAnswer(incidents=[_answer(one, pictures) for one in found], new=kept.count(Status.NEW))

    return await to_thread.run_sync(read)


async def incidents_csv(call: Call) -> Response:
    """Alerts, for a spreadsheet."""
    kept, query, zone = _incidents(call), call.query, call.site.in_use().door.zone

    def read() -> str:
        found = kept.list(since=query.since, until=query.until, statuses=query.status, limit=MAX_CSV)
        return "".join(csv_lines((one.as_record(zone) for one in reversed(found)), INCIDENT_COLUMNS))

    response = Response(await to_thread.run_sync(read), media_type="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="maskgate-incidents.csv"'
    return response


async def incidents_xlsx(call: Call) -> Response:
    """Alerts, as a spreadsheet (.xlsx); `local_time` is a date by the kiosk's clock."""
    kept, query, zone = _incidents(call), call.query, call.site.in_use().door.zone

    def write() -> bytes:
        found = kept.list(since=query.since, until=query.until, statuses=query.status, limit=MAX_CSV)
        records = (
            {**one.as_record(zone), "local_time": one.at.astimezone(zone).replace(tzinfo=None, microsecond=0)}
            for one in reversed(found)
        )
        return as_spreadsheet("Incidents", records, INCIDENT_COLUMNS)

    response = Response(await to_thread.run_sync(write), media_type=MEDIA_TYPE)
    response.headers["Content-Disposition"] = 'attachment; filename="maskgate-incidents.xlsx"'
    return response


async def review(call: Call) -> IncidentAnswer:
    """Say what an incident was: seen, or a false alarm; and note something."""
    kept, by, body = _incidents(call), call.visitor.name, call.body
    number = call.request.path_params["id"]
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise ApiError(404, "there is no such incident")

    def keep() -> Incident | None:
        kept.review(int(number), status=body.status, note=body.note, by=by, at=utc_now())
        found = kept.find(int(number))
        if found is not None and body.status is Status.FALSE_ALARM:
            keep_false_alarm(call.site.uncertain, found.at)
        return found

    reviewed = await to_thread.run_sync(keep)
    if reviewed is None:
        raise ApiError(404, "there is no such incident")
    if body.status is not None:
        call.site.audit(f"{by}: incident {number} is {body.status.replace('_', ' ')}")
    if body.note is not None:
        call.site.audit(f"{by}: incident {number} has a note")
    return _answer(reviewed, _by_second(call.site.snapshots.names()))


def _incidents(call: Call) -> Incidents:
    if call.site.incidents is None:
        raise ApiError(503, "events are not stored: name a file in events.database")
    return call.site.incidents


def _by_second(names: Sequence[str]) -> Mapping[str, str]:
    """Snapshots by the second in which they were made."""
    return {name.partition(".")[0]: name for name in names}


def _answer(incident: Incident, pictures: Mapping[str, str]) -> IncidentAnswer:
    return IncidentAnswer(
        id=incident.id,
        at=incident.at,
        lasted_s=incident.lasted_s,
        people=incident.people,
        seen=[SeenAnswer(id=one.track_id, label=one.label, probability=one.probability) for one in incident.seen],
        silenced_by=incident.silenced_by,
        snapshot=next((pictures[name] for name in _seconds(incident.at) if name in pictures), None),
        status=incident.status,
        note=incident.note,
        reviewed_by=incident.reviewed_by,
        reviewed_at=incident.reviewed_at,
    )


def _seconds(at: datetime) -> list[str]:
    return [f"{at + timedelta(seconds=later):%Y%m%dT%H%M%SZ}" for later in range(SNAPSHOT_S)]
