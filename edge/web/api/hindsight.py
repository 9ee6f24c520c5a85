"""What would have changed: alerts of before under other settings, before anybody changes one."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from anyio import to_thread
from pydantic import AwareDatetime, BaseModel, Field

from edge.config.hours import parse_span
from edge.events.incidents import Status
from edge.timing import utc_now
from edge.web.hindsight import Fate, Judged, Rules, count, replayed
from edge.web.operations import ApiError, Call
from edge.web.queries import Asked

MOST = 20_000
"""Incidents that are looked at, the newest."""

TOLD = 100
"""Of those that would have been something else so many are told one by one, the newest first."""

_Seconds = Annotated[float, Field(ge=0, le=3600)]


class HindsightQuery(Asked):
    """Other settings; what is left out stays as it is now."""

    days: int = Field(default=30, ge=1, le=400, description="how far back")
    surest: float = Field(default=0.0, ge=0, le=1, description="count alerts in which somebody was judged this surely")
    hours: tuple[str, ...] = Field(default=(), max_length=32, description="alarm.hours; may be given several times")
    always: bool = Field(default=False, description="on duty at every hour")
    hold_s: Annotated[float, Field(ge=0, le=60)] | None = Field(default=None, description="alarm.hold_s")
    cool_down_s: _Seconds | None = Field(default=None, description="alarm.cool_down_s")
    reminds_of_kind: bool | None = Field(default=None, description="whether alarm.wrong_kind is remind")


class FateAnswer(BaseModel):
    """How many alerts would have come to this, and how many of them people called false alarms."""

    fate: Fate
    count: int
    false_alarms: int


class ChangedIncident(BaseModel):
    """An alert that would have been something else."""

    id: int
    at: AwareDatetime
    fate: Fate
    why: str
    status: Status


class HindsightAnswer(BaseModel):
    """What would have become of the alerts since then. `not` is certain; `perhaps_not` is left open by what is kept.

    `cannot_tell` says in words what nobody can know, since nothing of it is kept.
    """

    since: AwareDatetime
    alerts: int
    fates: list[FateAnswer]
    changed: list[ChangedIncident]
    cannot_tell: list[str]


async def hindsight(call: Call) -> HindsightAnswer:
    """What alerts of before would have come to under other settings."""
    kept = call.site.incidents
    if kept is None:
        raise ApiError(503, "events are not stored: name a file in events.database")
    rules, since = _rules(call), utc_now() - timedelta(days=call.query.days)

    def look() -> HindsightAnswer:
        found = kept.list(since=since, limit=MOST)
        judged = list(replayed(reversed(found), rules))
        return HindsightAnswer(
            since=since,
            alerts=len(judged),
            fates=[_sum_up(judged, fate) for fate in Fate],
            changed=[
                ChangedIncident(
                    id=one.incident.id, at=one.incident.at, fate=one.fate, why=one.why, status=one.incident.status
                )
                for one in reversed(judged)
                if one.fate not in (Fate.SAME, Fate.UNKNOWN)
            ][:TOLD],
            cannot_tell=list(_cannot_tell(call, truncated=len(found) == MOST)),
        )

    return await to_thread.run_sync(look)


def _rules(call: Call) -> Rules:
    query, config = call.query, call.site.in_use()
    try:
        hours = () if query.always else tuple(parse_span(text) for text in query.hours or config.alarm.hours)
    except ValueError as error:
        raise ApiError(422, f"hours: {error}") from error
    hold_s = config.alarm.hold_s if query.hold_s is None else query.hold_s
    reminds = query.reminds_of_kind
    return Rules(
        hours=hours,
        reminds_of_kind=config.alarm.wrong_kind == "remind" if reminds is None else reminds,
        cool_down_s=config.alarm.cool_down_s if query.cool_down_s is None else query.cool_down_s,
        longer_hold_s=hold_s - config.alarm.hold_s,
        surest=query.surest,
        zone=config.door.zone,
    )


def _sum_up(judged: list[Judged], fate: Fate) -> FateAnswer:
    false = [one for one in judged if one.incident.status is Status.FALSE_ALARM]
    return FateAnswer(fate=fate, count=count(judged, fate), false_alarms=count(false, fate))


def _cannot_tell(call: Call, *, truncated: bool) -> list[str]:
    query, config = call.query, call.site.in_use()
    told = ["alerts that there would have been beside these: of people who raised none nothing is kept"]
    if query.surest:
        told.append("which single readings lay below: the surest verdict on each person is kept, the mean of several")
    if (query.always and config.alarm.hours) or query.hours:
        told.append("what happened outside the hours of then")
    if query.hold_s is not None:
        told.append(
            "whether everybody was masked in between, which ends an alert; the hold of then is taken to be now's"
        )
    if truncated:
        told.append(f"what was before the newest {MOST} alerts")
    return told
