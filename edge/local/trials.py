"""Tries the outputs of the running kiosk, for whoever asks: a command on this machine, or the page."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from edge.errors import UsageError
from edge.signals.results import PinResults
from edge.signals.trial import OPENS, SEEN

LOOK_S = 0.05
LONGEST_WAIT_S = 20.0


class Outputs(Protocol):
    """What a kiosk lets be tried, from any thread.

    Attributes:
        pins: BCM number of each line in use, by role, the button included.
        pressed_at: when the button was pressed last, monotonic seconds; None if it never was.
    """

    @property
    def pins(self) -> Mapping[str, int]: ...

    @property
    def pressed_at(self) -> float | None: ...

    def try_out(self, role: str) -> bool: ...


class Trials:
    """One after the other, audited; what is seen is kept.

    Args:
        outputs: the kiosk's.
        results: where it is kept.
        audit: told who tried what.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        outputs: Outputs,
        results: PinResults,
        *,
        audit: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outputs, self._results, self._audit, self._clock = outputs, results, audit, clock

    def pins(self) -> list[dict[str, Any]]:
        """Each line: role, number, what should be seen, what was seen last and when (None: never tried), and for a
        button how long ago it was pressed, seconds.
        """
        pins = self._outputs.pins
        results = self._results.load(pins)
        pressed = self._outputs.pressed_at
        return [
            {
                "role": role,
                "gpio": gpio,
                "look_for": SEEN[role],
                "seen": results[role].seen if role in results else None,
                "at": results[role].at.isoformat(timespec="seconds") if role in results else None,
                "pressed_s": None if role != "button" or pressed is None else round(self._clock() - pressed, 1),
            }
            for role, gpio in pins.items()
        ]

    def try_out(self, role: str, *, confirmed: bool, by: str) -> bool:
        """Blink an output, or click the relay; returns when it is over, whether it was shown to the end.

        Raises:
            UsageError: if it would open the door, and that was not confirmed.
            SignalError: if there is no such output, or it cannot be driven.
        """
        if role in OPENS and not confirmed:
            raise UsageError(f"{role}: trying it opens the door; confirm it")
        done = self._outputs.try_out(role)
        self._audit(f"{by}: {role} tried" if done else f"{by}: {role} not tried, the door has to stay shut")
        return done

    def wait_for_press(self, seconds: float) -> bool:
        """Whether the button is pressed within so many seconds."""
        began = self._clock()
        while self._clock() - began < min(seconds, LONGEST_WAIT_S):
            pressed = self._outputs.pressed_at
            if pressed is not None and pressed >= began:
                return True
            time.sleep(LOOK_S)
        return False

    def keep(self, role: str, *, seen: bool, by: str) -> None:
        """Remember what was seen.

        Raises:
            UsageError: if there is no such line.
            ConfigError: if it cannot be written.
        """
        gpio = self._outputs.pins.get(role)
        if gpio is None:
            raise UsageError(f"{role}: no such line is configured")
        self._results.keep(role, gpio, seen)
        self._audit(f"{by}: {role} {'works' if seen else 'does not work'}")
