"""The steps of a fit: each is done once, says how long the whole still takes, and is passed over when resumed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click

from training.progress import time_left

BEGIN = 1.0
"""How much slower than the guesses this machine is taken to be before anything was measured."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is done, the file or folder that is there when it is done, and a guess of its time on two cores, seconds."""

    title: str
    made: Path
    guess_s: float


class Steps:
    """Goes through steps in their order.

    Remembers, for as long as the command runs, how long the finished ones took against their guesses.
    """

    def __init__(self, steps: list[Step]) -> None:
        self._steps = steps
        self._spent_s = self._guessed_s = 0.0

    def guess(self, title: str, seconds: float) -> None:
        """Know better how long a step takes, seconds, now that there is more to go by."""
        number = [step.title for step in self._steps].index(title)
        self._steps[number] = replace(self._steps[number], guess_s=seconds)

    @contextmanager
    def take(self, title: str) -> Iterator[bool]:
        """Begin a step; gives False where it was done before. Its time counts when it ends without an error."""
        number = [step.title for step in self._steps].index(title)
        step = self._steps[number]
        if step.made.exists():
            click.echo(f"[{number + 1}/{len(self._steps)}] {title}: done before")
            yield False
            return
        click.echo(f"[{number + 1}/{len(self._steps)}] {title} ({time_left(self.left_s(number)) or 'nearly done'})")
        began = time.monotonic()
        yield True
        self._spent_s += time.monotonic() - began
        self._guessed_s += step.guess_s

    def left_s(self, number: int) -> float:
        """What the steps from `number` on will take, seconds, as this machine has been so far."""
        pace = self._spent_s / self._guessed_s if self._guessed_s else BEGIN
        return pace * sum(step.guess_s for step in self._steps[number:] if not step.made.exists())

    def after_s(self, title: str) -> float:
        """What follows after a step, seconds."""
        return self.left_s([step.title for step in self._steps].index(title) + 1)
