"""Lamps and buzzer on gpiozero's own mock pins, whose recorded states are compared."""

from __future__ import annotations

import pytest
from gpiozero.pins.mock import MockFactory

from edge.errors import SignalError
from edge.gpio import DoorSignals
from edge.types import AlarmState

PINS = {"green": 17, "red": 27, "buzzer": 22}


@pytest.fixture
def factory(monkeypatch: pytest.MonkeyPatch) -> MockFactory:
    """The mock pins that the signals under test will use."""
    mock = MockFactory()
    monkeypatch.setattr("gpiozero.pins.mock.MockFactory", lambda: mock)
    return mock


def history(factory: MockFactory, gpio: int) -> list[int]:
    return [int(entry.state) for entry in factory.pin(gpio).states]


@pytest.mark.parametrize(
    ("state", "on"),
    [
        (AlarmState.IDLE, set()),
        (AlarmState.CHECKING, set()),
        (AlarmState.PASS, {"green"}),
        (AlarmState.ALERT, {"red", "buzzer"}),
        (AlarmState.FAULT, {"red"}),
    ],
)
def test_each_state_has_its_lamps(factory: MockFactory, state: AlarmState, on: set[str]) -> None:
    """Green is lit on PASS and on nothing else."""
    with DoorSignals(pins=PINS, driver="mock") as signals:
        changes = signals.show(state, 0.0)
        assert {change.name for change in changes} == on
        assert {name for name, gpio in PINS.items() if factory.pin(gpio).state} == on


def test_buzzer_beeps_in_stream_time(factory: MockFactory) -> None:
    """Half a second on, half a second off, counted from the moment the alert began."""
    with DoorSignals(pins=PINS, driver="mock") as signals:
        for at in (10.0, 10.4, 10.5, 10.9, 11.0):
            signals.show(AlarmState.ALERT, at)
        assert history(factory, PINS["buzzer"]) == [0, 1, 0, 1]


def test_close_leaves_everything_off(factory: MockFactory) -> None:
    """Closing twice is allowed, and no lamp stays lit."""
    signals = DoorSignals(pins=PINS, driver="mock")
    signals.show(AlarmState.PASS, 0.0)
    lit = factory.pin(PINS["green"])
    signals.close()
    signals.close()
    assert lit.function == "input"


def test_active_low_inverts_the_lines(factory: MockFactory) -> None:
    """A lamp wired to the supply is lit by a low line, and dark from the start."""
    with DoorSignals(pins=PINS, driver="mock", active_high=False) as signals:
        assert factory.pin(PINS["green"]).state
        signals.show(AlarmState.PASS, 0.0)
        assert not factory.pin(PINS["green"]).state


@pytest.mark.parametrize("pins", [{"green": 17, "red": 17}, {"green": 99}])
def test_impossible_pins_are_refused(pins: dict[str, int]) -> None:
    """A pin used twice, or one that does not exist, is named in the error."""
    with pytest.raises(SignalError, match="choose a free BCM pin"):
        DoorSignals(pins=pins, driver="mock")
