"""Tries one output after the other, whatever the door shows: whether it is wired, and whether it works."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from threading import Event as StopEvent
from threading import Lock

from edge.signals.pins import Output

LONGEST_S = 2.0
"""No output is tried for longer: a door that is opened to see whether it opens must not stay open."""

RELAY_S = 1.0
BLINK_S = 0.25
"""Half a period; nothing that the door shows blinks so fast."""

LOOK_S = 0.05

SEEN: Mapping[str, str] = {
    "green": "the green lamp blinks for two seconds",
    "amber": "the amber lamp blinks for two seconds",
    "red": "the red lamp blinks for two seconds",
    "buzzer": "the buzzer beeps four times",
    "relay": "the relay clicks and the door is unlocked, for one second",
    "button": "press the button",
}
"""What a person should see or hear of each."""

OPENS = frozenset({"relay"})
"""Tried with a confirmation only."""


def steps(role: str, pitch: float) -> tuple[tuple[float, float], ...]:
    """Levels and seconds by which an output is tried; `pitch` is the level at which it is on."""
    if role == "relay":
        return ((1.0, RELAY_S),)
    return ((pitch, BLINK_S), (0.0, BLINK_S)) * round(LONGEST_S / BLINK_S / 2)


class Tried:
    """An output that shows what it is told to, but for the moments in which it is tried.

    Args:
        output: driven by nobody else.
    """

    def __init__(self, output: Output) -> None:
        self._output = output
        self._lock = Lock()
        self._closing = StopEvent()
        self._told = 0.0
        self.is_tried = False

    def write(self, level: float) -> None:
        """What it shows from now on, or once the trial is over."""
        with self._lock:
            self._told = level
            if not self.is_tried:
                self._output.write(level)

    def try_out(self, levels: Iterable[tuple[float, float]], may_go_on: Callable[[], bool]) -> bool:
        """Show levels, each for so many seconds, and then again what it was told to.

        Args:
            levels: and seconds.
            may_go_on: asked twenty times a second.

        Returns:
            whether all were shown.

        Raises:
            OSError or gpiozero's errors: if the line cannot be driven.
        """
        with self._lock:
            if self.is_tried:
                return False
            self.is_tried = True
        try:
            return all(self._show(level, seconds, may_go_on) for level, seconds in levels)
        finally:
            with self._lock:
                self.is_tried = False
                if not self._closing.is_set():
                    self._output.write(self._told)

    def close(self) -> None:
        """End a trial, and give the line back, off."""
        self._closing.set()
        with self._lock:
            try:
                # Told to be off already, the line is left alone.
                if self.is_tried or self._told:
                    self._output.write(0.0)
            finally:
                self._output.close()

    def _show(self, level: float, seconds: float, may_go_on: Callable[[], bool]) -> bool:
        with self._lock:
            if self._closing.is_set():
                return False
            self._output.write(level)
        looks = range(round(seconds / LOOK_S))
        return all(not self._closing.wait(LOOK_S) and may_go_on() for _ in looks)
