"""What alerts of before would have come to under other settings, as far as what is kept of them can tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from edge.config.hours import Span, is_open
from edge.events.incidents import Incident
from edge.types import Label


class Fate(StrEnum):
    """What would have become of an alert."""

    SAME = "same"
    """An alert, as far as its numbers tell."""
    SILENT = "silent"
    """Seen and not heard."""
    PERHAPS_NOT = "perhaps_not"
    """Its numbers leave that open."""
    NOT = "not"
    """For certain no alert."""
    UNKNOWN = "unknown"
    """Nothing was kept that could tell."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides on an alert, of the settings that can be judged by what is kept.

    Attributes:
        hours: when the kiosk is on duty; always, if empty.
        reminds_of_kind: whether a mask of the wrong kind is let in.
        hold_s, cool_down_s: as in the section `alarm`.
        longer_hold_s: how much longer an alert is held than it was.
        surest: an alert counts in which somebody was judged this surely.
        zone: whose hours are meant; None: this machine's.
    """

    hours: tuple[Span, ...]
    reminds_of_kind: bool
    cool_down_s: float
    longer_hold_s: float
    surest: float
    zone: tzinfo | None


@dataclass(frozen=True, slots=True)
class Judged:
    """An incident, what would have become of it, and why."""

    incident: Incident
    fate: Fate
    why: str


def replayed(incidents: Iterable[Incident], rules: Rules) -> Iterator[Judged]:
    """Judge incidents by other rules.

    Nobody's readings are kept, only the surest verdict on each person in an alert: so what lies below `surest` might
    all the same have been one, by a few sure readings among doubtful ones, and whoever raised no alert is not known.

    Args:
        incidents: the oldest first.
        rules: those that are tried.
    """
    before: datetime | None = None
    for incident in incidents:
        fate, why = _fate(incident, rules, before)
        yield Judged(incident, fate, why)
        if fate not in (Fate.NOT, Fate.PERHAPS_NOT):
            # Without its length nobody knows when it ended.
            before = None if incident.lasted_s is None else incident.at + timedelta(seconds=incident.lasted_s)


def _fate(incident: Incident, rules: Rules, before: datetime | None) -> tuple[Fate, str]:
    if not is_open(rules.hours, incident.at.astimezone(rules.zone)):
        return _outside(incident, rules)
    if incident.people is None:
        return Fate.UNKNOWN, "nothing more was kept of it"
    counted = [one for one in incident.seen if one.label is not Label.WRONG_KIND or not rules.reminds_of_kind]
    if incident.seen and not counted:
        return Fate.NOT, "a mask of the wrong kind alone, which is let in"
    surest = max((one.probability for one in counted), default=1.0)
    if surest < rules.surest:
        return Fate.PERHAPS_NOT, f"nobody was judged more surely than {surest:.0%}"
    return (Fate.SAME, "") if before is None else _after_another(rules, (incident.at - before).total_seconds())


def _after_another(rules: Rules, pause_s: float) -> tuple[Fate, str]:
    if pause_s <= rules.longer_hold_s:
        return Fate.PERHAPS_NOT, f"the one before, {pause_s:.0f} s ago, might have gone on"
    if pause_s < rules.cool_down_s:
        return Fate.SILENT, f"{pause_s:.0f} s after the one before"
    return Fate.SAME, ""


def _outside(incident: Incident, rules: Rules) -> tuple[Fate, str]:
    """One that began before the hours might have begun with them."""
    lasted = timedelta(seconds=incident.lasted_s or 0)
    if is_open(rules.hours, (incident.at + lasted).astimezone(rules.zone)):
        return Fate.PERHAPS_NOT, "it would have begun later, with the hours"
    return Fate.NOT, "outside the hours"


def count(judged: Sequence[Judged], fate: Fate) -> int:
    """How many have that fate."""
    return sum(one.fate is fate for one in judged)
