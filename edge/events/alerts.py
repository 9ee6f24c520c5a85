"""An alert while it lasts: who was there, and what they wore."""

from __future__ import annotations

from collections.abc import Iterable

from edge.events.incidents import MAX_SEEN, AlertFacts, Seen
from edge.types import Label, Verdict

_BAD = frozenset({Label.WITHOUT_MASK, Label.INCORRECT_MASK, Label.WRONG_KIND})


def describe_to_nobody(_: AlertFacts) -> None:
    """For a journal that is kept nowhere."""


class OpenAlert:
    """Remembers, until the alert ends, how many were in view at once, and the surest verdict on each who wore no proper
    mask, or one of the wrong kind.

    Args:
        began: monotonic seconds.
    """

    def __init__(self, began: float) -> None:
        self.began = began
        self.silenced_by = ""
        self._people = 0
        self._seen: dict[int, Seen] = {}

    def see(self, verdicts: Iterable[Verdict]) -> bool:
        """Whether there is somebody new, or more people than before: worth keeping before the alert has ended."""
        known, people = set(self._seen), self._people
        in_view = tuple(verdicts)
        self._people = max(people, len(in_view))
        for verdict in in_view:
            if verdict.label not in _BAD:
                continue
            before = self._seen.get(verdict.track_id)
            if before is None and len(self._seen) >= MAX_SEEN:
                continue
            if before is None or verdict.probability > before.probability:
                self._seen[verdict.track_id] = Seen(verdict.track_id, verdict.label, verdict.probability)
        return self._people > people or set(self._seen) != known

    def facts(self, *, lasted_s: float | None = None) -> AlertFacts:
        """What is known so far; how long it was is, once it has ended."""
        return AlertFacts(lasted_s, self._people, tuple(self._seen.values()), self.silenced_by)
