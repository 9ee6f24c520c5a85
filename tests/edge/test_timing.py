"""The stop watch around a stage."""

from __future__ import annotations

import time

import pytest

from edge.timing import pause_s, timed


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock finds it a quarter of a second later."""
    ticks = iter(range(99))
    monkeypatch.setattr(time, "perf_counter", lambda: next(ticks) * 0.25)


@pytest.mark.usefixtures("clock")
def test_each_call_is_timed() -> None:
    """The answer is passed on, the time told."""
    told: list[tuple[str, float]] = []
    double = timed("double", lambda value: 2 * value, lambda stage, seconds: told.append((stage, seconds)))
    assert [double(1), double(value=2)] == [2, 4]
    assert told == [("double", 0.25), ("double", 0.25)]


@pytest.mark.usefixtures("clock")
def test_a_call_that_fails_is_timed_too() -> None:
    """Its error comes through unchanged."""
    told: list[tuple[str, float]] = []
    with pytest.raises(ValueError, match="invalid literal"):
        timed("parse", int, lambda stage, seconds: told.append((stage, seconds)))("x")
    assert told == [("parse", 0.25)]


def test_pauses_grow_and_differ() -> None:
    """A thousand kiosks do not knock at the same moment, and not every second for a night."""
    assert [pause_s(failures, 0.5) for failures in (1, 2, 5, 6, 99)] == [1.2, 2.2, 16.2, 30.2, 30.2]
    assert pause_s(1, 0.0) == 0.2
