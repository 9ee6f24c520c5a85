"""The soak's own judgement: a plan that can be had again, and checks that find what they are for."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edge.chain.darkness import is_dark
from tests.machines.soak.conductor import Done, Outcome, Reload, Sample
from tests.machines.soak.film import EMPTY_FPS, Film, prepare
from tests.machines.soak.findings import (
    differences,
    fault_windows,
    floors,
    longest_silence_s,
    recovery_s,
    slope_kb_per_hour,
)
from tests.machines.soak.plan import CAMERA, MARGIN_S, Fault, Kind, plan
from tests.machines.soak.week import DAY_S, DAYS, INCIDENTS, View, faults, week
from tests.machines.soak.week import Kind as Life

CALM = Sample(0.0, 0.0, 0, 100_000, 0, 20, 10, 0, at_rest=True)


def state(at: float, before: str, after: str) -> dict[str, Any]:
    return {"event": "state", "at": at, "before": before, "after": after}


def pin(at: float, name: str, value: bool) -> dict[str, Any]:
    return {"event": "pin", "at": at, "pin": name, "value": value}


EXPECTED = [
    state(10.0, "idle", "alert"),
    pin(10.0, "red", True),
    state(15.0, "alert", "idle"),
    pin(15.0, "red", False),
    state(30.0, "idle", "pass"),
    pin(30.0, "green", True),
    state(40.0, "pass", "idle"),
    pin(40.0, "green", False),
]
LATE = [state(12.0, "fault", "alert"), pin(12.0, "red", True), *EXPECTED[2:]]
"""The camera was lost from 9 to 12 s."""

STUCK = [*LATE[:2], *EXPECTED[4:]]
"""And after that the alert stayed on."""


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    folder = tmp_path_factory.mktemp("film")
    prepare(folder, None)
    return Film(folder, seed=3)


def test_a_plan_is_the_same_for_the_same_seed() -> None:
    """Every kind comes in every round, nothing fails at the ends, and another seed fails otherwise."""
    faults = plan(5, 3600)
    assert faults == plan(5, 3600) != plan(6, 3600)
    assert {fault.kind for fault in faults[: len(Kind)]} == set(Kind)
    assert MARGIN_S <= faults[0].at_s < faults[-1].at_s < 3600 - MARGIN_S
    assert {fault.kind for fault in plan(5, 3600, without=CAMERA)} == set(Kind) - CAMERA
    assert [Fault.from_record(fault.as_record()) for fault in faults] == list(faults)


def test_six_minutes_are_enough_for_every_kind() -> None:
    """The short soak leaves none out, whatever the seed."""
    assert all({fault.kind for fault in plan(seed, 360)} == set(Kind) for seed in range(50))


@pytest.mark.parametrize("seed", range(20))
def test_a_week_has_everything_once(seed: int) -> None:
    """Seven nights, six restarts, each incident once, one after the other; the same for the same seed."""
    spells = week(seed)
    assert spells == week(seed) != week(seed + 1)
    wanted = Counter(dict.fromkeys(INCIDENTS, 1) | {Life.NIGHT: DAYS, Life.RESTART: DAYS - 1})
    assert Counter(spell.kind for spell in spells) == wanted
    assert all(before.end_s < after.begin_s for before, after in itertools.pairwise(spells))


def test_faults_are_timed() -> None:
    """From the change to FAULT until the next one."""
    changes = [
        state(3.0, "idle", "fault"),
        pin(3.0, "red", True),
        state(5.0, "fault", "idle"),
        state(9.0, "idle", "fault"),
    ]
    assert faults(changes) == [(3.0, 5.0), (9.0, float("inf"))]


def test_a_view_at_night_is_dark_and_stuck_it_stands_still() -> None:
    """What the kiosk should notice is there to be noticed; stamps jump and go on."""
    spells = week(1)
    view, picture = View(spells), np.full((480, 640, 3), 120, np.uint8)
    by_kind = {spell.kind: spell for spell in spells}
    night, stuck = by_kind[Life.NIGHT], by_kind[Life.STUCK]
    assert is_dark(view(picture, night.begin_s)[0])
    assert not is_dark(view(picture, night.end_s)[0])
    shown, _ = view(picture, stuck.begin_s)
    assert np.array_equal(view(picture + 9, stuck.begin_s + 30)[0], shown)
    ahead = by_kind[Life.AHEAD]
    assert view.stamp_s(ahead.begin_s) - view.stamp_s(ahead.begin_s - 0.1) > 0.9 * DAY_S


def test_a_film_goes_on_where_it_is_entered(film: Film) -> None:
    """Times only increase, the same pictures come at the same times, and never twice the same one in a row."""
    whole = [picture for picture, _ in zip(film.pictures(), range(400), strict=False)]
    times = [at for _, at in whole]
    assert all(later > sooner for sooner, later in itertools.pairwise(times))
    assert all(np.any(later != sooner) for (sooner, _), (later, _) in itertools.pairwise(whole))
    entered = next(film.pictures(times[150]))
    assert entered[1] == times[150]
    assert np.array_equal(entered[0], whole[150][0])
    assert film.visit_end_s(0.0) == pytest.approx(179 / EMPTY_FPS + 4)


@pytest.mark.parametrize(
    ("found", "windows", "told"),
    [
        (EXPECTED, [], 0),
        (LATE, [(9.0, 20.0)], 0),
        (LATE, [], 4),
        (STUCK, [(9.0, 20.0)], 1),
        (EXPECTED[:-1], [], 1),
        ([*EXPECTED[:-1], pin(40.01, "green", False)], [], 2),
        ([*EXPECTED, pin(50.0, "relay", True)], [], 1),
    ],
)
def test_differences_are_found(found: list[dict[str, Any]], windows: list[tuple[float, float]], told: int) -> None:
    """A change missing, added, or one frame late; and a state that a fault left behind."""
    assert len(differences(EXPECTED, found, windows)) == told


def test_a_recovery_is_timed() -> None:
    """From when the camera was back until the right state was shown for good."""
    assert recovery_s(EXPECTED, EXPECTED, 11.0, 20.0) == 0.0
    assert recovery_s(EXPECTED, LATE, 11.0, 20.0) == pytest.approx(1.0)
    assert recovery_s(EXPECTED, STUCK, 11.0, 20.0) == pytest.approx(9.0)


def test_windows_are_those_of_cameras_and_reloads(film: Film) -> None:
    """They last until the visit is over, and grow together; a disk has none."""
    end_s = film.visit_end_s(0.0)
    lost, full = Fault(Kind.STALL, 3.0, 2.0, 0.0), Fault(Kind.DISK_FULL, 1.0, 2.0, 0.0)
    reloads = [Reload(7.9, 8.0), Reload(end_s + 1, end_s + 1.1)]
    outcome = Outcome(faults=[Done(full, 1.0, 3.0), Done(lost, 2.9, 5.0)], reloads=reloads)
    assert fault_windows(outcome, film) == [(2.9, end_s), (end_s + 1, film.visit_end_s(end_s + 1.1))]


def test_what_grows_is_seen() -> None:
    """A slope in kB an hour; a floor that rises, whatever a fault holds for a moment."""
    samples = [replace(CALM, at_s=at, rss_kb=100_000 + at, descriptors=20 + at % 3) for at in range(0, 3600, 10)]
    assert slope_kb_per_hour(samples, lambda sample: sample.rss_kb) == pytest.approx(3600)
    assert floors(samples, lambda sample: sample.descriptors) == (20, 20)
    leaking = [replace(sample, descriptors=sample.descriptors + int(sample.at_s) // 900) for sample in samples]
    assert floors(leaking, lambda sample: sample.descriptors) == (20, 23)
    broken = [replace(sample, at_rest=False, descriptors=3) for sample in samples]
    assert floors(broken + leaking, lambda sample: sample.descriptors) == (20, 23)
    assert longest_silence_s([1.0, 2.0, 9.5, 10.0]) == pytest.approx(7.5)
