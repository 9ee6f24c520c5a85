"""An output is tried while the door shows what it shows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory, MockPin

from edge.errors import SignalError
from edge.signals.door import DoorSignals
from edge.signals.results import FILE_NAME, PinResults
from edge.signals.trial import LONGEST_S, SEEN, Tried, steps
from edge.types import AlarmState
from tests.broker import wait_until
from tests.edge.signals.test_door import ALL, door, histories, watched

SHORT_S = 0.05


@pytest.fixture
def factory(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockFactory]:
    """The mock pins that the signals under test will use; trials are short."""
    mock = MockFactory()

    def make(pin_class: type[MockPin]) -> MockFactory:
        mock.pin_class = pin_class
        return mock

    monkeypatch.setattr("gpiozero.pins.mock.MockFactory", make)
    monkeypatch.setattr("edge.signals.trial.BLINK_S", SHORT_S)
    monkeypatch.setattr("edge.signals.trial.RELAY_S", 4 * SHORT_S)
    monkeypatch.setattr("edge.signals.trial.LONGEST_S", 4 * SHORT_S)
    yield mock
    mock.reset()


class Line:
    """An output that remembers what it was told."""

    def __init__(self) -> None:
        self.levels: list[float] = []
        self.is_closed = False

    def write(self, level: float) -> None:
        assert not self.is_closed
        self.levels.append(level)

    def close(self) -> None:
        self.is_closed = True


@pytest.mark.parametrize("role", [role for role in SEEN if role != "button"])
def test_no_trial_is_long(role: str) -> None:
    """Two seconds at most, the relay's one, and it is clear what to look for."""
    assert 0 < sum(seconds for _, seconds in steps(role, 1.0)) <= LONGEST_S
    assert steps("relay", 1.0) == ((1.0, 1.0),)


@pytest.mark.parametrize("role", sorted(ALL))
def test_one_output_is_tried_and_the_others_stay_as_they_are(factory: MockFactory, role: str) -> None:
    """It blinks, or clicks, and then shows what it did; nobody is told of changes of the door."""
    signals = door(pins=ALL)
    signals.show(AlarmState.CHECKING, 0.0)
    pins = watched(factory)
    before = histories(pins)
    assert signals.try_out(role)
    after = histories(pins)
    assert {name for name in pins if after[name] != before[name]} == {role}
    tried = after[role][len(before[role]) :]
    was = before[role][-1]
    assert len(tried) >= (2 if role in ("relay", "buzzer", "green") else 1)
    assert tried[-1] == was
    assert (1.0 in after[role]) is True
    assert signals.show(AlarmState.CHECKING, 0.1) == ()
    signals.close()


def test_what_is_decided_meanwhile_is_shown_afterwards(factory: MockFactory) -> None:
    """The door goes on being watched; the trial only covers one lamp for its moment."""
    signals = door(pins=ALL)
    pins = watched(factory)
    trial = Thread(target=signals.try_out, args=("green",))
    trial.start()
    wait_until(lambda: pins["green"].state)
    assert [change.name for change in signals.show(AlarmState.PASS, 0.0)] == ["green", "relay"]
    assert pins["relay"].state
    trial.join()
    assert pins["green"].state
    signals.show(AlarmState.IDLE, 1.0)
    assert not pins["green"].state
    signals.close()


@pytest.mark.parametrize("state", [AlarmState.ALERT, AlarmState.FAULT])
def test_an_alert_and_a_fault_end_what_opens_the_door(state: AlarmState, factory: MockFactory) -> None:
    """Within a moment; and none begins while there is one. Lamps may be tried all the same."""
    signals = door(pins=ALL)
    pins = watched(factory)
    done: list[bool] = []
    trial = Thread(target=lambda: done.append(signals.try_out("relay")))
    trial.start()
    wait_until(lambda: pins["relay"].state)
    signals.show(state, 0.0)
    trial.join()
    assert done == [False]
    assert not pins["relay"].state
    assert not signals.try_out("relay")
    assert not pins["relay"].state
    assert signals.try_out("green")
    signals.close()


def test_a_loop_that_hangs_opens_no_door(factory: MockFactory) -> None:
    """Where nothing is shown for long nobody is watched: lamps may be tried, the relay may not."""
    signals = door(pins=ALL, relay_timeout_s=0.02)
    pins = watched(factory)
    signals.show(AlarmState.IDLE, 0.0)
    time.sleep(0.05)
    assert signals.try_out("green")
    assert not signals.try_out("relay")
    assert 1.0 not in histories(pins)["relay"]
    signals.close()


def test_closing_ends_a_trial(factory: MockFactory) -> None:
    """A kiosk that ends leaves every output off, whatever is being tried."""
    signals = door(pins=ALL)
    pins = watched(factory)
    trial = Thread(target=signals.try_out, args=("relay",))
    trial.start()
    wait_until(lambda: pins["relay"].state)
    signals.close()
    trial.join()
    assert histories(pins)["relay"][-1] == 0.0


def test_one_trial_at_a_time() -> None:
    """A second wish for the same output is refused, rather than mixed in."""
    line = Line()
    output = Tried(line)
    trial = Thread(target=output.try_out, args=([(1.0, 0.3)], lambda: True))
    trial.start()
    wait_until(lambda: output.is_tried)
    assert not output.try_out([(1.0, 0.3)], lambda: True)
    trial.join()
    assert line.levels == [1.0, 0.0]


def test_what_is_not_there_cannot_be_tried(factory: MockFactory) -> None:
    """The error names what there is."""
    signals: DoorSignals = door(pins={"green": 17})
    with pytest.raises(SignalError, match="amber: no such output; there are: green"):
        signals.try_out("amber")
    signals.close()


def test_results_are_kept_for_a_line(tmp_path: Any) -> None:
    """The newest of each; what was tried on another line counts no more, and neither does a damaged file."""
    results = PinResults(tmp_path)
    assert results.load({"green": 17}) == {}
    results.keep("green", 17, seen=False)
    results.keep("green", 17, seen=True)
    results.keep("red", 27, seen=False)
    kept = PinResults(tmp_path).load({"green": 17, "red": 22, "buzzer": 5})
    assert {role: result.seen for role, result in kept.items()} == {"green": True}
    assert kept["green"].at.tzinfo is not None
    for damage in ("[]", "{", '{"green": 3}', '{"green": {"gpio": 17, "seen": true, "at": "soon"}}'):
        (tmp_path / FILE_NAME).write_text(damage)
        assert results.load({"green": 17}) == {}
