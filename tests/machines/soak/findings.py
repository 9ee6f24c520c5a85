"""What a soak's outcome says: how steady the process was, and whether the door did what it should have done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from tests.machines.soak.conductor import Outcome, Sample
from tests.machines.soak.film import Film
from tests.machines.soak.plan import CAMERA

Record = dict[str, Any]
Span = tuple[float, float]
"""Media seconds, the end excluded."""


def slope_kb_per_hour(samples: Sequence[Sample], value: Callable[[Sample], int]) -> float:
    """Least squares over media time."""
    hours = np.array([sample.at_s for sample in samples]) / 3600
    return float(np.polyfit(hours, [value(sample) for sample in samples], 1)[0])


def floors(samples: Sequence[Sample], value: Callable[[Sample], int]) -> tuple[int, int]:
    """The least in the first and in the last quarter of the samples at rest.

    What is in use for a moment, such as a reader's file, does not count; what is left behind does.
    """
    resting = [sample for sample in samples if sample.at_rest]
    quarter = len(resting) // 4
    return min(map(value, resting[:quarter])), min(map(value, resting[-quarter:]))


def longest_silence_s(beats: Sequence[float]) -> float:
    """Between two beats, seconds."""
    return max(later - sooner for sooner, later in pairwise(beats))


def fault_windows(outcome: Outcome, film: Film) -> list[Span]:
    """When the door may do something else than in a replay without faults.

    A lost camera sees nothing until it is back. It, and a configuration that was read again, has everybody in view
    voted on anew, and the buzzer's rhythm begin anew: that lasts until this visit is over and the door is empty. All
    other faults - disk, broker, viewers, a failing sink, a refused configuration, the clock - have no window: whatever
    they do must not change a single decision.
    """
    began = [(done.since_s, done.over_s) for done in outcome.faults if done.fault.kind in CAMERA]
    began += [(reload.since_s, reload.over_s) for reload in outcome.reloads]
    spans: list[Span] = []
    for begin_s, back_s in sorted(began):
        end_s = film.visit_end_s(back_s)
        if spans and begin_s <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end_s, spans[-1][1]))
        else:
            spans.append((begin_s, end_s))
    return spans


def differences(expected: Sequence[Record], found: Sequence[Record], windows: Sequence[Span]) -> list[str]:
    """Where the two differ outside the windows: a change that only one has, or another state or level after one."""
    lines = []
    wanted, done = _outside(expected, windows), _outside(found, windows)
    keys = [{_key(record) for record in records} for records in (wanted, done)]
    lines += [f"missing: {key}" for key in sorted(keys[0] - keys[1])]
    lines += [f"not expected: {key}" for key in sorted(keys[1] - keys[0])]
    for _, end_s in windows:
        ought, is_so = (_standing(records, end_s) for records in (expected, found))
        if ought != is_so:
            lines.append(f"at {end_s:.2f} s, after a fault: {is_so}, expected {ought}")
    return lines


def recovery_s(expected: Sequence[Record], found: Sequence[Record], back_s: float, end_s: float) -> float:
    """How long after `back_s` the door shows the same state as without faults, for good until `end_s`."""
    moments = sorted({record["at"] for record in (*expected, *found) if back_s < record["at"] < end_s} | {back_s})
    differing = [
        index
        for index, at_s in enumerate(moments)
        if _standing(expected, at_s).get("state") != _standing(found, at_s).get("state")
    ]
    if not differing:
        return 0.0
    return [*moments, end_s][differing[-1] + 1] - back_s


def _outside(records: Sequence[Record], windows: Sequence[Span]) -> list[Record]:
    return [record for record in records if not any(begin <= record["at"] < end for begin, end in windows)]


def _key(record: Record) -> tuple[float, str, str]:
    if record["event"] == "state":
        return record["at"], "state", f"{record['before']} -> {record['after']}"
    return record["at"], record["pin"], "on" if record["value"] else "off"


def _standing(records: Sequence[Record], at_s: float) -> dict[str, Any]:
    """State and lines at a moment."""
    standing: dict[str, Any] = {"state": "idle"}
    for record in records:
        if record["at"] <= at_s:
            if record["event"] == "state":
                standing["state"] = record["after"]
            else:
                standing[record["pin"]] = record["value"]
    return {name: value for name, value in standing.items() if value}
