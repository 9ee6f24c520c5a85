"""What every output does in each state of the door; pure.

| State    | green | amber | red | buzzer  | relay     |
|----------|-------|-------|-----|---------|-----------|
| IDLE     |       |       |     |         | released  |
| CHECKING |       | on    |     |         | released  |
| PASS     | on    |       |     |         | energised |
| ALERT    |       |       | on  | pattern | released  |
| FAULT    |       | on    | on  |         | released  |

Lock-down and fire are red in each of the others, and silent but for an alert: nobody is to come in.

The relay is so without a contract of the door's own (`edge.door.contract`), which decides over it otherwise. A door
that was forced or is held open sounds in every state, unless an alert does.

FAULT is amber and red together, steady: a blind kiosk has no frames, hence no stream time to blink by, and a lamp that
stops blinking would lie. Without an amber lamp it is red and silent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from edge.types import AlarmState, DoorWarning

OUTPUTS = ("green", "amber", "red", "buzzer", "relay")
"""The roles an output line may have."""

Sound = Literal["intermittent", "beep", "tonal"]

BEEP_S = 0.5
"""Seconds the buzzer sounds and rests in turn: a broken tone is told from the hum of a machine."""

BEEP_HZ = 2000.0
"""Stands for the pitch of a buzzer with an oscillator of its own, which knows only on and off."""

_LIT: Mapping[str, frozenset[AlarmState]] = {
    "green": frozenset({AlarmState.PASS}),
    "amber": frozenset({AlarmState.CHECKING, AlarmState.FAULT}),
    "red": frozenset({AlarmState.ALERT, AlarmState.FAULT}),
    "relay": frozenset({AlarmState.PASS}),
}


@dataclass(frozen=True, slots=True)
class Pattern:
    """A sound as (seconds, hertz) steps, 0 Hz being silence; played once, or over and over.

    Raises:
        ValueError: if a step has no length or a pitch below 0.
    """

    steps: tuple[tuple[float, float], ...]
    repeats: bool = True

    def __post_init__(self) -> None:
        if not self.steps or any(seconds <= 0 or hertz < 0 for seconds, hertz in self.steps):
            raise ValueError(f"expected steps of (seconds > 0, hertz >= 0), received {self.steps}")

    def pitch(self, elapsed_s: float) -> float:
        """Hertz `elapsed_s` seconds after the sound began; 0 is silence."""
        length = sum(seconds for seconds, _ in self.steps)
        left = elapsed_s % length if self.repeats else max(0.0, elapsed_s)
        for seconds, hertz in self.steps:
            if left < seconds:
                return hertz
            left -= seconds
        return 0.0


SOUNDS: Mapping[Sound, Pattern] = {
    "intermittent": Pattern(((BEEP_S, BEEP_HZ), (BEEP_S, 0.0))),
    "beep": Pattern(((0.3, BEEP_HZ),), repeats=False),
    # Two falling tones within the octaves where a small piezo is loud.
    "tonal": Pattern(((0.25, 1760.0), (0.25, 1320.0))),
}
"""`tonal` is for a passive piezo, which needs a square wave; the others switch a buzzer that has its own oscillator."""


WARNINGS: Mapping[DoorWarning, Pattern] = {
    DoorWarning.FORCED: Pattern(((0.1, BEEP_HZ), (0.1, 0.0))),
    # Two short beeps a second and a half apart: told from an alert with the eyes shut.
    DoorWarning.HELD_OPEN: Pattern(((0.1, BEEP_HZ), (0.1, 0.0), (0.1, BEEP_HZ), (1.2, 0.0))),
}
"""What a door sounds like that stands open and should not; with any buzzer."""


def levels(
    state: AlarmState, elapsed_s: float, *, sound: Sound, audible: bool, closed: bool = False
) -> dict[str, float]:
    """What each of OUTPUTS shows `elapsed_s` seconds after `state` began: 0 off, 1 on; the buzzer's pitch in hertz.

    Args:
        state: of the door.
        elapsed_s: how long it has lasted.
        sound, audible: what an alert sounds like, and whether it does.
        closed: nobody is to come in, whatever is worn; the relay has a contract of its own then.
    """
    lamps = {name: float(state in states) for name, states in _LIT.items()}
    if closed and state is not AlarmState.FAULT:
        lamps |= {"green": 0.0, "amber": 0.0, "red": 1.0}
    sounding = audible and state is AlarmState.ALERT
    return {**lamps, "buzzer": SOUNDS[sound].pitch(elapsed_s) if sounding else 0.0}
