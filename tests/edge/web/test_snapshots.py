"""One blurred picture of each alert, for a while."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from edge.types import AlarmState, Frame, Observation
from edge.web import snapshots as snapshots_module
from edge.web.live import Live
from edge.web.snapshots import MAX_PICTURES, Snapshots

START = datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)


class Clock:
    """Tells the time it is told."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def snapshots(tmp_path: Path, clock: Clock) -> Snapshots:
    live = Live()
    live(seen(AlarmState.IDLE))
    return Snapshots(tmp_path, live, wanted=lambda: True, max_age_days=lambda: 7, wall_clock=clock)


def seen(state: AlarmState) -> Observation:
    return Observation(Frame(np.zeros((48, 64, 3), np.uint8), 0.0, 0), (), state)


def test_each_alert_has_one(snapshots: Snapshots, clock: Clock) -> None:
    """When it begins, however long it lasts."""
    for state in (AlarmState.ALERT, AlarmState.ALERT, AlarmState.PASS, AlarmState.ALERT):
        snapshots(seen(state))
        clock.now += timedelta(seconds=10)
    snapshots.close()
    assert snapshots.names() == ("20260201T000029Z.jpg", "20260131T235959Z.jpg")


def test_they_expire(snapshots: Snapshots, clock: Clock) -> None:
    """After a week they are gone."""
    snapshots(seen(AlarmState.ALERT))
    snapshots.close()
    clock.now += timedelta(days=7, seconds=1)
    assert snapshots.names() == ()


def test_there_are_never_too_many(snapshots: Snapshots, tmp_path: Path) -> None:
    """The oldest go first."""
    for number in range(MAX_PICTURES + 5):
        (tmp_path / f"20260131T{number // 60:02}{number % 60:02}00Z.jpg").touch()
    names = snapshots.names()
    assert len(names) == MAX_PICTURES
    assert names[-1] == "20260131T000500Z.jpg"


def test_they_expire_though_nobody_looks(snapshots: Snapshots, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Old ones are deleted by the clock, not only when somebody lists them or the next alert comes."""
    monkeypatch.setattr(snapshots_module, "EXPIRE_S", 0.01)
    left = tmp_path / "20260101T000000Z.jpg"

    async def wait_until_gone() -> None:
        while left.exists():  # noqa: ASYNC110 (the disk has no event)
            await asyncio.sleep(0.01)

    async def run() -> None:
        running = asyncio.create_task(snapshots.run())
        for _ in range(2):
            left.touch()
            await asyncio.wait_for(wait_until_gone(), 10)
        running.cancel()

    asyncio.run(run())


@pytest.mark.parametrize(
    "name", ["../access.json", "access.json", "20260131T235959Z.jpg/..", "", "20260131T235958Z.jpg"]
)
def test_only_snapshots_are_shown_and_erased(name: str, snapshots: Snapshots, tmp_path: Path) -> None:
    """Whatever name is asked for."""
    (tmp_path / "access.json").touch()
    assert snapshots.path(name) is None
    assert not snapshots.erase(name)
    assert (tmp_path / "access.json").exists()
