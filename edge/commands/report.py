"""What a run prints: changes of state and of pins, for people or for programs."""

from __future__ import annotations

import json
from datetime import datetime

import click

from edge.kiosk import StateChange
from edge.signals.door import PinChange


def report_json(change: StateChange | PinChange) -> None:
    """One JSON object a line, every change of every pin among them; `t` in stream seconds."""
    t = round(change.at, 3)
    record: dict[str, object]
    if isinstance(change, StateChange):
        record = {"t": t, "event": "state", "from": change.before.value, "to": change.after.value}
        record |= {} if change.reason is None else {"reason": change.reason.value}
    else:
        record = {"t": t, "event": "pin", "pin": change.name, "gpio": change.gpio, "value": int(change.value)}
    click.echo(json.dumps(record))


class TextReport:
    """A line a change; of the buzzer's beats the first of each alert alone.

    Args:
        live: the time in front is that on the wall; of a recording it is the recording's own.
    """

    def __init__(self, *, live: bool) -> None:
        self._live = live
        self._has_sounded = False

    def __call__(self, change: StateChange | PinChange) -> None:
        if isinstance(change, StateChange):
            self._has_sounded = False
            self._print(change.at, f"  {change.before.upper()} -> {change.after.upper()}")
            return
        if change.name == "buzzer":
            if self._has_sounded or not change.value:
                return
            self._has_sounded = True
        self._print(change.at, f"    GPIO{change.gpio:<2} {change.name:<6} {'on' if change.value else 'off'}")

    def _print(self, at: float, text: str) -> None:
        stamp = f"{datetime.now().astimezone():%H:%M:%S}" if self._live else f"{at:8.2f} s"
        click.echo(stamp + text)
