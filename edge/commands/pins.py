"""The command `maskgate pins test`: does everything at the door light, sound and click?"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Event
from typing import Protocol

import click

from edge.commands.options import config_option, state_option
from edge.config.accepted import AcceptedConfig
from edge.config.schema import Config, load_config
from edge.errors import MaskgateError
from edge.host.folders import service_folder
from edge.host.owner import hand_to_owner
from edge.local.client import ask_service
from edge.signals.door import BUTTON, ROLES, DoorSignals
from edge.signals.results import PinResults
from edge.signals.trial import OPENS, SEEN

PRESS_S = 10.0
BY = "command line"


@click.group()
def pins() -> None:
    """Lamps, buzzer, relay and button at the door."""


class Tester(Protocol):
    """Who drives the lines: the running service, or this command."""

    def try_out(self, role: str) -> bool: ...

    def wait_for_press(self) -> bool: ...

    def close(self) -> None: ...


@pins.command("test")
@click.argument("roles", nargs=-1, type=click.Choice([*ROLES, "all"]))
@click.option("--yes", is_flag=True, help="try the relay without asking: it opens the door for a second")
@config_option
@state_option
def test(roles: tuple[str, ...], yes: bool, config_path: Path | None, state: Path | None) -> None:
    """Try one output after the other, and the button; without a name: all.

    The service, if it runs, goes on watching. On a terminal you are asked what you saw, and the doctor tells it later.
    """
    folder = state or service_folder()
    if hand_to_owner(folder):
        return
    config = AcceptedConfig(folder).load() or load_config(config_path)
    wired = {role: gpio for role, gpio in config.signals.pins.items() if role not in OPENS or _drives_door(config)}
    wanted = [role for role in wired if role in roles or not roles or "all" in roles]
    missing = [role for role in roles if role not in (*wired, "all")]
    results = PinResults(folder if folder.is_dir() else None)
    failed = [*missing]
    for role in missing:
        click.echo(f"{role}: no line is configured; set signals.{role}")
    tester = _tester(config)
    try:
        for role in wanted:
            seen = _test(tester, role, wired[role], yes=yes)
            if seen is not None:
                results.keep(role, wired[role], seen)
            if seen is False:
                failed.append(role)
    finally:
        tester.close()
    if failed:
        raise MaskgateError(f"{', '.join(failed)}: not as it should be; check the wiring (docs/hardware.md, Wiring)")


def _drives_door(config: Config) -> bool:
    return config.drives_door


def is_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty()


def _test(tester: Tester, role: str, gpio: int, *, yes: bool) -> bool | None:
    """Try one; whether it was seen, None if nobody can say."""
    click.echo(f"{role} (GPIO {gpio}): {SEEN[role]}")
    asks = is_terminal()
    if role == BUTTON:
        pressed = tester.wait_for_press()
        click.echo("  pressed" if pressed else f"  not pressed within {PRESS_S:.0f} s")
        return pressed
    if role in OPENS and not yes and not (asks and click.confirm("  this opens the door; go on?")):
        click.echo("  not tried; --yes tries it without asking")
        return None
    if not tester.try_out(role):
        opens = "an alert, a fault or a lock-down keeps the door shut (stop the service to try it), or "
        click.echo(f"  not tried: {opens if role in OPENS else ''}somebody else tries it just now")
        return None
    return click.confirm("  was it so?", default=None) if asks else None


def _tester(config: Config) -> Tester:
    if ask_service("pins") is not None:
        click.echo("the running service tries them, and goes on watching")
        return _Service()
    return _Own(config)


class _Service:
    """The running service drives its lines."""

    def try_out(self, role: str) -> bool:
        answer = ask_service("try", role=role, confirmed=True, by=BY)
        if answer is None:
            raise MaskgateError("the service has ended; try again")
        return bool(answer["done"])

    def wait_for_press(self) -> bool:
        answer = ask_service("press", seconds=PRESS_S)
        return answer is not None and bool(answer["pressed"])

    def close(self) -> None:
        """Nothing is held open."""


class _Own:
    """No service runs: this command takes the lines for as long as it runs."""

    def __init__(self, config: Config) -> None:
        self._pressed = Event()
        signals = config.signals
        active_high: Mapping[str, bool] = dict.fromkeys(signals.active_low, False)
        self._signals = DoorSignals(
            pins={r: gpio for r, gpio in signals.pins.items() if r not in OPENS or _drives_door(config)},
            driver=signals.driver,
            chip=signals.chip,
            active_high=active_high,
            sound=signals.sound,
            relay_pulse_hz=signals.relay_pulse_hz,
            on_press=self._pressed.set,
        )

    def try_out(self, role: str) -> bool:
        return self._signals.try_out(role)

    def wait_for_press(self) -> bool:
        self._pressed.clear()
        return self._pressed.wait(PRESS_S)

    def close(self) -> None:
        self._signals.close()
