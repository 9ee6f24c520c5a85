"""`maskgate pins test`, with the service stopped and with it running."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Timer

import pytest
from click.testing import CliRunner, Result
from gpiozero.pins.mock import MockFactory, MockPin

from edge.commands.doctor import doctor
from edge.commands.pins import pins
from edge.errors import MaskgateError
from edge.signals.results import PinResults
from tests.broker import wait_until
from tests.edge.web.conftest import Site, make_site, password_hash  # noqa: F401 (fixtures)

LINES = {"green": 17, "red": 27, "buzzer": 22, "relay": 24, "button": 25}


@pytest.fixture
def factory(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockFactory]:
    """The mock pins of this process, and trials that are short."""
    mock = MockFactory()

    def make(pin_class: type[MockPin]) -> MockFactory:
        mock.pin_class = pin_class
        return mock

    monkeypatch.setattr("gpiozero.pins.mock.MockFactory", make)
    monkeypatch.setattr("edge.signals.trial.BLINK_S", 0.05)
    monkeypatch.setattr("edge.signals.trial.RELAY_S", 0.1)
    monkeypatch.setattr("edge.signals.trial.LONGEST_S", 0.2)
    monkeypatch.setattr("edge.commands.pins.PRESS_S", 0.2)
    yield mock
    mock.reset()


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kiosk with everything but an amber lamp; no service runs."""
    monkeypatch.setattr("edge.host.doors.RUN", tmp_path / "run")
    path = tmp_path / "maskgate.toml"
    path.write_text('[signals]\ndriver = "mock"\nrelay = 24\nbutton = 25\n')
    return path


def ask(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(pins, ["test", *arguments, "--config", str(config), "--state", str(config.parent)])


@pytest.fixture
def on_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Somebody sits there, and answers; the answers are kept for whoever asks."""

    def answer(answers: str) -> None:
        waiting = list(answers)
        monkeypatch.setattr("edge.commands.pins.is_terminal", lambda: True)
        monkeypatch.setattr("edge.commands.pins.click.confirm", lambda text, default=None: waiting.pop(0) == "y")

    return answer


def test_everything_is_tried_in_turn(config: Path, factory: MockFactory) -> None:
    """With the service stopped: it is said what to look for, and the relay is left alone without a confirmation."""
    lines = {role: factory.pin(gpio) for role, gpio in LINES.items()}
    result = ask(config)
    told = [line for line in result.output.splitlines() if "GPIO" in line]
    assert [line.split()[0] for line in told] == list(LINES), result.output
    assert "green (GPIO 17): the green lamp blinks for two seconds" in told[0]
    assert "not tried; --yes" in result.output
    for role in ("green", "red", "buzzer"):
        assert [float(entry.state) for entry in lines[role].states].count(1.0) >= 2
        assert not lines[role].state
    assert all(not entry.state for entry in lines["relay"].states)
    # Nobody pressed the button.
    assert isinstance(result.exception, MaskgateError)
    assert "button: not as it should be" in str(result.exception)


def test_the_relay_is_tried_with_a_confirmation(config: Path, factory: MockFactory) -> None:
    """On the command line, for scripts."""
    relay = factory.pin(LINES["relay"])
    assert ask(config, "relay", "--yes").exit_code == 0
    assert [float(entry.state) for entry in relay.states][-2:] == [1.0, 0.0]


def test_what_is_seen_is_kept_and_told_by_the_doctor(
    config: Path, factory: MockFactory, on_terminal: Callable[[str], None]
) -> None:
    """Yes or no, with its date; what was not seen ends with an error that names it."""
    on_terminal("yn")
    result = _asked_in_place(config, "green", "red")
    assert "red: not as it should be; check the wiring" in result
    kept = PinResults(config.parent).load(LINES)
    assert {role: one.seen for role, one in kept.items()} == {"green": True, "red": False}
    config.write_text(config.read_text().replace('"mock"', '"gpio"'))
    told = CliRunner().invoke(doctor, ["--config", str(config), "--state", str(config.parent)]).output
    assert f"trials      did not work: red on {kept['red'].at:%Y-%m-%d}" in told


def _asked_in_place(config: Path, *roles: str) -> str:
    """What the command says at its end, without click's own standard input, which is no terminal."""
    arguments = ["test", *roles, "--config", str(config), "--state", str(config.parent)]
    with pytest.raises(MaskgateError) as caught:
        pins.main(arguments, standalone_mode=False)
    return str(caught.value)


def test_what_is_not_configured_is_said(config: Path, factory: MockFactory) -> None:
    """A lamp that has no line is an error, and says which key gives it one."""
    result = ask(config, "amber")
    assert "amber: no line is configured; set signals.amber" in result.output
    assert result.exit_code != 0


def test_a_kiosk_that_only_reminds_has_no_relay(config: Path, factory: MockFactory) -> None:
    """Its relay is never driven, not even to try it."""
    config.write_text(config.read_text() + '[alarm]\nmode = "remind"\n')
    relay = factory.pin(LINES["relay"])
    assert ask(config, "relay", "--yes").exit_code != 0
    assert all(not entry.state for entry in relay.states)


def test_the_running_service_tries_them_and_goes_on_watching(
    tmp_path: Path,
    config: Path,
    factory: MockFactory,
    make_site: Callable[..., Site],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Over its socket: it has the lines. Each trial is in the journal, and the button is seen when it is pressed."""
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    site = make_site(settings={"signals": {"driver": "mock", "relay": 24, "button": 25}})
    lines = {role: factory.pin(gpio) for role, gpio in LINES.items()}
    result = ask(config, "green", "relay", "--yes")
    assert result.exit_code == 0, result.output
    assert "the running service tries them" in result.output
    for role in ("green", "relay"):
        assert [float(entry.state) for entry in lines[role].states][-2:] == [1.0, 0.0]
    frames = site.service.health.health().frames
    site.wait(lambda: site.service.health.health().frames > frames)
    assert site.service.health.health().faults == ()
    monkeypatch.setattr("edge.commands.pins.PRESS_S", 10.0)
    pressing = Timer(0.5, lines["button"].drive_low)
    pressing.start()
    assert "  pressed" in ask(config, "button").output
    pressing.join()
    assert site.service.trials.pins()[-1]["pressed_s"] < 10
    # As a context manager of its own a connection ends a transaction, and stays open.
    with closing(sqlite3.connect(tmp_path / "events.db")) as events:
        wait_until(
            lambda: (
                {"command line: green tried", "command line: relay tried"}
                <= {row[0] for row in events.execute("SELECT detail FROM events WHERE kind = 'audit'")}
            )
        )
