"""The door's lines on gpiozero's own mock pins, whose whole histories are compared."""

from __future__ import annotations

import logging
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory, MockPin
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import SignalError
from edge.host.gpio_chips import GpioChip
from edge.signals.door import DoorSignals, PinChange
from edge.signals.inputs import InputLines
from edge.signals.pins import Driver
from edge.types import AlarmState
from tests.broker import wait_until

IDLE, CHECKING, PASS, ALERT, FAULT = AlarmState
PINS = {"green": 17, "red": 27, "buzzer": 22}
ALL = {**PINS, "amber": 23, "relay": 24}
BUTTON = 25
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def factory(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockFactory]:
    """The mock pins that the signals under test will use."""
    mock = MockFactory()

    def make(pin_class: type[MockPin]) -> MockFactory:
        mock.pin_class = pin_class
        return mock

    monkeypatch.setattr("gpiozero.pins.mock.MockFactory", make)
    yield mock
    mock.reset()


def watched(factory: MockFactory, pins: dict[str, int] = ALL) -> dict[str, MockPin]:
    """The pins by role, to be kept: a closed factory forgets them."""
    return {name: factory.pin(gpio) for name, gpio in pins.items()}


def histories(pins: dict[str, MockPin]) -> dict[str, list[float]]:
    return {name: [float(entry.state) for entry in pin.states] for name, pin in pins.items()}


def door(**arguments: Any) -> DoorSignals:
    """The signals as the configuration has them, but for `arguments`."""
    return DoorSignals(**{"driver": "mock", "chip": None, "active_high": True, "sound": "intermittent"} | arguments)


def test_a_day_at_the_door(factory: MockFactory) -> None:
    """Every line's whole history: approach, pass, alert, fault, end."""
    pins = watched(factory)
    signals = door(pins=ALL)
    for state, at in [(IDLE, 0), (CHECKING, 1), (PASS, 2), (CHECKING, 4), (ALERT, 5), (ALERT, 5.5), (FAULT, 6)]:
        signals.show(state, at)
    signals.close()
    assert histories(pins) == {
        "green": [0, 1, 0],
        "amber": [0, 1, 0, 1, 0, 1, 0],
        "red": [0, 1, 0],
        "buzzer": [0, 1, 0],
        "relay": [0, 1, 0],
    }


@pytest.mark.parametrize(
    ("state", "on"), [(IDLE, set()), (CHECKING, set()), (PASS, {"green"}), (ALERT, {"red", "buzzer"}), (FAULT, {"red"})]
)
def test_three_lines_are_enough(factory: MockFactory, state: AlarmState, on: set[str]) -> None:
    """With neither amber lamp nor relay the others do their part, and the changes name them."""
    with door(pins=PINS) as signals:
        changes = signals.show(state, 0.0)
        assert set(changes) == {PinChange(name, PINS[name], True, 0.0) for name in on}
        assert {name for name, gpio in PINS.items() if factory.pin(gpio).state} == on


def test_lines_go_off_before_others_go_on() -> None:
    """The relay lets go before the red lamp is lit, and nothing is reported twice."""
    with door(pins=ALL) as signals:
        signals.show(PASS, 0.0)
        changes = signals.show(ALERT, 1.0)
        assert [(c.name, c.value) for c in changes] == [
            ("green", False), ("relay", False), ("red", True), ("buzzer", True)
        ]  # fmt: skip
        assert signals.show(ALERT, 1.1) == ()


def test_buzzer_beeps_in_stream_time(factory: MockFactory) -> None:
    """Half a second on, half a second off, counted from the moment the alert began."""
    with door(pins=PINS) as signals:
        for at in (10.0, 10.4, 10.5, 10.9, 11.0):
            signals.show(ALERT, at)
        assert histories(watched(factory, PINS))["buzzer"] == [0, 1, 0, 1]


def test_muted_alert_is_red_and_silent(factory: MockFactory) -> None:
    """Muting ends the sound at once, unmuting resumes the pattern; the lamp does not care."""
    with door(pins=PINS) as signals:
        for at, audible in [(0.0, True), (0.1, False), (0.2, False), (0.3, True)]:
            signals.show(ALERT, at, audible=audible)
        seen = histories(watched(factory, PINS))
    assert seen["buzzer"] == [0, 1, 0, 1]
    assert seen["red"] == [0, 1]


def test_tonal_buzzer_gets_a_square_wave(factory: MockFactory) -> None:
    """Two pitches in turn are one change of the pin, driven at half duty."""
    with door(pins=PINS, sound="tonal") as signals:
        reported = []
        pitches = []
        for state, at in [(ALERT, 0.0), (ALERT, 0.25), (ALERT, 0.5), (IDLE, 0.6)]:
            reported += [(c.name, c.value) for c in signals.show(state, at) if c.name == "buzzer"]
            pitches.append(factory.pin(PINS["buzzer"]).frequency)
        assert histories(watched(factory, PINS))["buzzer"] == [0, 0.5, 0]
    assert pitches == [1760, 1320, 1760, 1760]
    assert reported == [("buzzer", True), ("buzzer", False)]


def test_close_leaves_everything_off(factory: MockFactory) -> None:
    """Closing switches off before it lets go, may be repeated, and what is shown later is ignored."""
    pins = watched(factory)
    signals = door(pins=ALL)
    signals.show(PASS, 0.0)
    signals.close()
    signals.close()
    assert signals.show(PASS, 1.0) == ()
    assert histories(pins)["relay"] == [0, 1, 0]
    assert {pin.function for pin in pins.values()} == {"input"}


CRASH = """
import atexit
from gpiozero.pins.mock import MockFactory
from edge.signals.door import DoorSignals
from edge.types import AlarmState
from tests.broker import wait_until
kept = {}
pin = MockFactory.pin
MockFactory.pin = lambda self, name, **more: kept.setdefault(name, pin(self, name, **more))
atexit.register(lambda: print([int(entry.state) for entry in kept[24].states]))
pins, high = {"green": 17, "relay": 24}, {"relay": False}
signals = DoorSignals(pins=pins, driver="mock", chip=None, active_high=high, sound="intermittent")
signals.show(AlarmState.PASS, 0.0)
raise RuntimeError("the loop broke")
"""


def test_a_crash_releases_the_door() -> None:
    """An exception that nobody catches leaves the relay's (active-low) line high."""
    crash = subprocess.run([sys.executable, "-c", CRASH], cwd=ROOT, capture_output=True, text=True, check=False)
    assert crash.returncode == 1
    assert "the loop broke" in crash.stderr
    assert crash.stdout.strip().splitlines()[-1:] == ["[0, 1, 0, 1]"], crash.stdout


@pytest.mark.parametrize(
    ("active_high", "low"),
    [(True, set()), (False, set(ALL)), ({"relay": False}, {"relay"}), ({"green": True, "red": False}, {"red"})],
)
def test_active_low_lines(factory: MockFactory, active_high: bool | dict[str, bool], low: set[str]) -> None:
    """A load wired to the supply is switched by a low line: off means high, from the start to the end."""
    pins = watched(factory)
    with door(pins=ALL, active_high=active_high) as signals:
        assert {name for name, pin in pins.items() if pin.state} == low
        signals.show(PASS, 0.0)
        for name in ("green", "relay"):
            assert bool(pins[name].state) == (name not in low)
    assert {name for name, pin in pins.items() if pin.state} == low


@pytest.mark.parametrize(
    ("pins", "message"),
    [
        ({"green": 17, "red": 17}, r"GPIO 17 \(red\): already used for green; choose a free BCM pin"),
        ({"relay": 24, "button": 24}, r"GPIO 24 \(button\): already used for relay"),
        ({"green": 99}, r"GPIO 99 \(green\): no line of the 40-pin header \(0 to 27\); choose a free BCM pin"),
        ({"relay": -1}, r"GPIO -1 \(relay\): no line"),
        ({"siren": 4}, r"GPIO 4 \(siren\): no such role; choose from green, amber, red, buzzer, relay, button"),
    ],
)
def test_impossible_pins_are_refused(pins: dict[str, int], message: str) -> None:
    """A wrong pin is named with its role and what is wrong, before any line is touched."""
    with pytest.raises(SignalError, match=message):
        door(pins=pins)


class BareError(Exception):
    """What lgpio raises: neither an OSError nor one of gpiozero's."""


PI_4 = GpioChip(0, "pinctrl-bcm2711")
PI_5 = GpioChip(11, "pinctrl-rp1")
LAPTOP = GpioChip(0, "INTC1055:00")


def there_are(monkeypatch: pytest.MonkeyPatch, *chips: GpioChip) -> None:
    """Let the machine have these GPIO chips."""
    monkeypatch.setattr("edge.signals.pins.gpio_chips", lambda: chips)


@pytest.fixture
def lgpio(monkeypatch: pytest.MonkeyPatch) -> None:
    """A board library whose errors are bare exceptions, as lgpio's are."""
    module = types.ModuleType("lgpio")
    module.error = BareError  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "lgpio", module)
    there_are(monkeypatch, PI_4)


@pytest.mark.usefixtures("lgpio")
def test_a_board_that_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    """A group that is missing, as the board's own error tells it, is one clear line."""
    module = types.ModuleType("gpiozero.pins.lgpio")

    def refuse(chip: int) -> None:
        raise BareError("can not open gpiochip")

    module.LGPIOFactory = refuse  # type: ignore[attr-defined]
    module.LGPIOPin = object  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "gpiozero.pins.lgpio", module)
    with pytest.raises(SignalError, match=r"can not open gpiochip.*group gpio"):
        door(pins=PINS, driver="gpio")


def test_a_board_library_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without lgpio the error says what to install."""
    there_are(monkeypatch, PI_4)
    monkeypatch.setitem(sys.modules, "lgpio", None)
    monkeypatch.delitem(sys.modules, "gpiozero.pins.lgpio", raising=False)
    with pytest.raises(SignalError, match="install python3-lgpio"):
        door(pins=PINS, driver="gpio")


class Levels(types.ModuleType):
    """Stands in for lgpio: keeps every level that each line is driven to, and has numbers for all names it is asked."""

    error = BareError

    def __init__(self) -> None:
        super().__init__("lgpio")
        self.driven: dict[int, list[int]] = {}
        self.opened: list[int] = []

    def gpiochip_open(self, chip: int) -> int:
        self.opened.append(chip)
        return 0

    def gpio_claim_output(self, _handle: int, gpio: int, level: int = 0) -> None:
        self.driven.setdefault(gpio, []).append(level)

    def gpio_write(self, _handle: int, gpio: int, level: bool) -> None:
        self.driven[gpio].append(int(level))

    def gpio_get_mode(self, _handle: int, gpio: int) -> int:
        # GPIO_IS_OUT
        return 2 if gpio in self.driven else 0

    def __getattr__(self, name: str) -> object:
        if name.isupper():
            return 0
        return lambda *_arguments: 0


@pytest.fixture
def levels(monkeypatch: pytest.MonkeyPatch) -> Levels:
    """The board of a Raspberry Pi 4, whose lines tell what they are driven to."""
    board = Levels()
    there_are(monkeypatch, PI_4)
    monkeypatch.setitem(sys.modules, "lgpio", board)
    monkeypatch.delitem(sys.modules, "gpiozero.pins.lgpio", raising=False)
    monkeypatch.setattr("gpiozero.pins.local.LocalPiFactory._get_revision", lambda _self: 0xC03115)
    return board


def test_no_line_is_on_for_an_instant_when_it_is_opened(levels: Levels) -> None:
    """A relay that is energised by going low is high from the first instant that it is driven, until it is to open."""
    with door(pins=ALL, driver="gpio", active_high={"relay": False}) as signals:
        assert (levels.driven[ALL["relay"]], levels.driven[ALL["green"]]) == ([1], [0])
        signals.show(PASS, 0)
    assert (levels.driven[ALL["relay"]], levels.driven[ALL["green"]]) == ([1, 0, 1], [0, 1, 0])


@pytest.mark.parametrize(
    ("chips", "named", "opened"),
    [
        ((PI_4,), None, 0),
        ((GpioChip(0, "gpio-brcmstb@107d508500"), PI_5), None, 11),
        ((GpioChip(0, None), PI_5), None, 11),
        ((LAPTOP, GpioChip(2, "relay board")), "relay board", 2),
        ((PI_4, GpioChip(2, "relay board")), "relay board", 2),
    ],
)
@pytest.mark.parametrize("driver", ["gpio", "auto"])
def test_the_header_is_found_by_its_label(
    driver: Driver,
    chips: tuple[GpioChip, ...],
    named: str | None,
    opened: int,
    levels: Levels,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever number the kernel gave it, unless the configuration names another."""
    there_are(monkeypatch, *chips)
    door(pins=PINS, driver=driver, chip=named).close()
    assert levels.opened == [opened]


@pytest.mark.parametrize(
    ("chips", "named", "message"),
    [
        ((), None, r"no /dev/gpiochip\*"),
        ((GpioChip(0, None),), None, "may not open any GPIO chip.*group gpio"),
        ((LAPTOP,), None, r"no GPIO chip is called pinctrl-rp1 or .*gpiochip0 \(INTC1055:00\).*signals.chip"),
        ((PI_4,), "relay board", "no GPIO chip is called relay board"),
        ((PI_4, PI_5), None, "2 GPIO chips may be the header"),
    ],
)
def test_no_other_chip_is_driven(
    chips: tuple[GpioChip, ...],
    named: str | None,
    message: str,
    levels: Levels,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its lines may do anything; what is there is told."""
    there_are(monkeypatch, *chips)
    with pytest.raises(SignalError, match=message):
        door(pins=PINS, driver="gpio", chip=named)
    assert (levels.opened, levels.driven) == ([], {})


@pytest.mark.parametrize("chips", [(), (LAPTOP,)])
def test_a_machine_without_a_header_has_no_lamps(
    chips: tuple[GpioChip, ...], levels: Levels, factory: MockFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A laptop's own GPIO chip is left alone: `auto` takes mock pins."""
    there_are(monkeypatch, *chips)
    with door(pins=PINS, driver="auto") as signals:
        signals.show(PASS, 0.0)
        assert factory.pin(PINS["green"]).state
    assert (levels.opened, levels.driven) == ([], {})


@pytest.mark.usefixtures("factory", "levels")
def test_that_no_lamp_will_light_is_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Outputs and inputs look for a header each, and one line says that there is none."""
    there_are(monkeypatch)
    with (
        door(pins=PINS, driver="auto"),
        closing(InputLines({"contact": 4}, driver="auto", chip=None, active_low=(), pull="up")),
    ):
        assert [record.message for record in caplog.records if "gpio=mock" in record.message] == [
            "gpio=mock reason='this machine has no 40-pin header' effect='no lamp will light'"
        ]


@pytest.mark.usefixtures("lgpio")
def test_a_line_that_another_program_holds(factory: MockFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The board's own errors are told with role and number; lines opened before are given back."""

    def busy(self: MockPin, value: str) -> None:
        if value == "output" and self.info.name == "GPIO27":
            raise BareError("GPIO busy")
        set_function(self, value)

    set_function: Callable[[MockPin, str], None] = MockPin._set_function
    pins = watched(factory)
    monkeypatch.setattr(MockPin, "_set_function", busy)
    with pytest.raises(SignalError, match=r"GPIO 27 \(red\): cannot be opened \(.*GPIO busy"):
        door(pins=ALL)
    assert pins["green"].function == "input"


@pytest.mark.usefixtures("lgpio")
@pytest.mark.parametrize("broken", [BareError("wrong handle"), OSError(5, "Input/output error")])
def test_one_broken_line_does_not_hold_the_door_open(
    factory: MockFactory, monkeypatch: pytest.MonkeyPatch, broken: Exception
) -> None:
    """The relay is released although the green lamp cannot be driven; it is an error, tried again next time."""
    pins = watched(factory)

    def fail(self: MockPin, value: float) -> None:
        if self is pins["green"] and failing:
            raise broken
        write(self, value)

    write, failing = MockPin._set_state, False
    monkeypatch.setattr(MockPin, "_set_state", fail)
    signals = door(pins=ALL)
    signals.show(PASS, 0.0)
    failing = True
    with pytest.raises(SignalError, match=r"GPIO 17 \(green\): cannot be driven"):
        signals.show(FAULT, 1.0)
    assert {name for name, pin in pins.items() if pin.state} == {"green", "red", "amber"}
    failing = False
    later = signals.show(FAULT, 1.1)
    assert {(c.name, c.value) for c in later} == {("relay", False), ("amber", True), ("red", True), ("green", False)}
    signals.close()
    assert {name for name, pin in pins.items() if pin.state} == set()


def test_no_door_opens_while_a_lamp_cannot_be_lit(factory: MockFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kiosk that cannot show PASS does not act upon it, however often it tries; afterwards it does."""
    pins = watched(factory)
    write, broken = MockPin._set_state, True

    def fail(self: MockPin, value: bool) -> None:
        if broken and value and self is pins["green"]:
            raise OSError(5, "Input/output error")
        write(self, value)

    monkeypatch.setattr(MockPin, "_set_state", fail)
    with door(pins=ALL) as signals:
        for at in (1.0, 1.1):
            with pytest.raises(SignalError, match="GPIO 17"):
                signals.show(PASS, at)
            assert not pins["relay"].state
        broken = False
        signals.show(PASS, 1.2)
        assert pins["relay"].state


def test_a_hanging_loop_does_not_hold_the_door_open(factory: MockFactory) -> None:
    """Relay and green lamp go off when nothing was shown for a second; the next look reports that and what follows."""
    now = 100.0
    pins = watched(factory)
    told: list[str] = []
    parts = {"on_release": lambda: told.append("released")}
    with door(pins=ALL, relay_timeout_s=1.0, clock=lambda: now, **parts) as signals:
        signals.show(PASS, 5.0)
        now = 101.0
        signals.release_if_silent()
        assert pins["relay"].state
        now = 101.1
        assert told == []
        signals.release_if_silent()
        signals.release_if_silent()
        assert told == ["released"]
        assert not pins["relay"].state
        assert not pins["green"].state
        assert signals.was_released
        assert signals.show(PASS, 6.5) == (PinChange("relay", 24, False, 5.0), PinChange("green", 17, False, 5.0))


def test_what_the_guard_took_off_comes_on_by_a_new_decision(factory: MockFactory) -> None:
    """A loop that wakes up and still says PASS opens nothing: another state must have been shown before."""
    now = 100.0
    pins = watched(factory)
    with door(pins=ALL, relay_timeout_s=1.0, clock=lambda: now) as signals:
        signals.show(PASS, 5.0)
        now = 103.0
        signals.release_if_silent()
        for at in (8.0, 8.1, 9.0):
            signals.show(PASS, at)
            assert not pins["relay"].state
            assert not pins["green"].state
        signals.show(CHECKING, 9.1)
        assert not signals.was_released
        signals.show(PASS, 9.2)
        assert pins["relay"].state
        assert pins["green"].state


def test_the_guard_watches_by_itself(factory: MockFactory, caplog: pytest.LogCaptureFixture) -> None:
    """A thread of its own releases the relay, and says so."""
    released = Event()

    def wait(self: MockPin, value: float) -> None:
        write(self, value)
        if self is relay and not value:
            released.set()

    write, relay = MockPin._set_state, factory.pin(24)
    with pytest.MonkeyPatch.context() as patch, caplog.at_level(logging.ERROR):
        signals = door(pins=ALL, relay_timeout_s=0.02)
        patch.setattr(MockPin, "_set_state", wait)
        signals.show(PASS, 0.0)
        assert released.wait(10)
        signals.close()
    assert "relay,green=released" in caplog.text


@pytest.mark.parametrize(
    ("active_high", "press", "release"), [(False, "drive_low", "drive_high"), (True, "drive_high", "drive_low")]
)
def test_button(factory: MockFactory, active_high: bool, press: str, release: str) -> None:
    """A press calls once, by whichever level the wiring gives; the contact may bounce for 50 ms; a hold calls too."""
    presses: list[str] = []
    held = Event()
    with door(
        pins={**PINS, "button": BUTTON},
        driver="mock",
        active_high={"button": active_high},
        on_press=lambda: presses.append("press"),
        on_hold=held.set,
        hold_s=0.01,
    ):
        pin = factory.pin(BUTTON)
        assert (pin.pull, pin.bounce) == ("down" if active_high else "up", 0.05)
        getattr(pin, press)()
        assert presses == ["press"]
        assert held.wait(10)
        getattr(pin, release)()
        getattr(pin, press)()
        assert presses == ["press", "press"]


def test_a_button_whose_listener_fails(factory: MockFactory, caplog: pytest.LogCaptureFixture) -> None:
    """What the listener raises is logged, and neither reaches gpiozero nor ends the listening."""
    presses = 0

    def fail() -> None:
        nonlocal presses
        presses += 1
        raise KeyError("no such thing")

    with door(pins={"button": BUTTON}, on_press=fail):
        pin = factory.pin(BUTTON)
        pin.drive_low()
        assert "button=pressed gpio=25" in caplog.text
        pin.drive_high()
        pin.drive_low()
    assert presses == 2


def test_a_pull_that_a_line_cannot_have() -> None:
    """GPIO 2 and 3 have a resistor to the supply on the board: a button to the supply is refused there."""
    with pytest.raises(SignalError, match=r"GPIO 2 \(button\): cannot be opened \(.*pull"):
        door(pins={"button": 2}, active_high={"button": True})


@given(st.lists(st.tuples(st.sampled_from(AlarmState), st.floats(0, 3), st.booleans()), max_size=20))
def test_changes_tell_the_whole_truth(steps: list[tuple[AlarmState, float, bool]]) -> None:
    """Whatever is shown, replaying the reported changes gives the state of every line; the relay means PASS."""
    told = dict.fromkeys(ALL, False)
    at = 0.0
    with door(pins=ALL) as signals:
        for state, wait_s, audible in steps:
            at += wait_s
            for change in signals.show(state, at, audible=audible):
                assert told[change.name] is not change.value
                told[change.name] = change.value
            assert told == {name: bool(signals._factory.pin(gpio).state) for name, gpio in ALL.items()}
            assert told["relay"] == told["green"] == (state is PASS)


def test_a_relay_that_is_held_by_pulses(factory: MockFactory) -> None:
    """On PASS its line changes again and again, whatever its rest level; in every other state it rests."""
    for high in (True, False):
        pin = factory.pin(ALL["relay"])
        with door(pins=ALL, active_high={"relay": high}, relay_pulse_hz=50.0) as signals:
            rest = pin.state
            assert rest is not high
            changes = signals.show(PASS, 0.0)
            assert PinChange("relay", ALL["relay"], True, 0.0) in changes
            begun = len(pin.states)
            wait_until(lambda begun=begun, pin=pin: len(pin.states) >= begun + 10)  # type: ignore[misc]
            signals.show(ALERT, 1.0)
            seen = len(pin.states)
            assert pin.state is rest
            assert not Event().wait(0.1)
            assert (len(pin.states), pin.state) == (seen, rest)
        factory.reset()


def test_pulses_end_with_the_decisions(factory: MockFactory) -> None:
    """Nothing was shown for too long, as after a process was stopped: no further pulse, before any guard looks."""
    now, pin = [0.0], factory.pin(ALL["relay"])
    with door(pins=ALL, relay_timeout_s=3600.0, relay_pulse_hz=50.0, clock=lambda: now[0]) as signals:
        signals.show(PASS, 0.0)
        wait_until(lambda: len(pin.states) >= 10)
        now[0] = 3601.0
        wait_until(lambda: not pin.state)
        assert not Event().wait(0.1)
        seen = len(pin.states)
        assert not Event().wait(0.1)
        assert (len(pin.states), pin.state) == (seen, False)
        signals.show(PASS, 1.0)
        wait_until(lambda: len(pin.states) >= seen + 5)


def test_a_pulse_that_cannot_be_driven(factory: MockFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pulses end, and the next change tells."""
    with door(pins=ALL, relay_pulse_hz=50.0) as signals:
        pin = factory.pin(ALL["relay"])
        signals.show(PASS, 0.0)
        wait_until(lambda: len(pin.states) >= 5)
        with monkeypatch.context() as broken:
            broken.setattr(type(pin), "_set_state", refuse_to_drive)
            output = signals._outputs["relay"]._output
            wait_until(lambda: getattr(output, "_error", None) is not None)
        with pytest.raises(SignalError, match="cannot be driven"):
            signals.show(ALERT, 1.0)
        assert not pin.state


def refuse_to_drive(self: MockPin, value: float) -> None:
    raise OSError("Input/output error")
