"""When a contact is believed: pure, over samples and time."""

from __future__ import annotations

from collections import deque

FLICKER_S = 10.0
FLICKERS = 6
"""A contact that changed more often than this within FLICKER_S is broken, and is not believed until it has rested as
long: three presses within ten seconds are a hurry, four are a loose wire."""


class Debounced:
    """A contact's level, once it has been steady.

    Remembers the level believed, the changes of the last FLICKER_S, and since when the present level lasts.

    Args:
        steady_s: how long a level must last before it is believed.
        distrusted: what counts while the contact flickers: whatever opens nothing; None: as if it were not there.
    """

    def __init__(self, *, steady_s: float, distrusted: bool | None) -> None:
        self.steady_s = steady_s
        self._distrusted = distrusted
        self._believed: bool | None = None
        self._raw: bool | None = None
        self._since = 0.0
        self._changes: deque[float] = deque()
        self._rests_at = float("-inf")

    @property
    def flickers(self) -> bool:
        """Whether the contact is not believed."""
        return self._rests_at > float("-inf")

    def __call__(self, raw: bool, at: float) -> bool | None:
        """What to believe of a contact that reads `raw` at `at` (seconds); None before it was steady once."""
        if raw is not self._raw:
            if self._raw is not None:
                self._note_change(at)
            self._raw, self._since = raw, at
        if self.flickers and at >= self._rests_at:
            self._rests_at = float("-inf")
            self._changes.clear()
        if at - self._since >= self.steady_s:
            self._believed = raw
        return self._distrusted if self.flickers else self._believed

    def _note_change(self, at: float) -> None:
        self._changes.append(at)
        while self._changes[0] <= at - FLICKER_S:
            self._changes.popleft()
        if len(self._changes) > FLICKERS or self.flickers:
            self._rests_at = at + FLICKER_S
