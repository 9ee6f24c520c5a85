"""Was a picture learnt from? A network is not judged on what it remembers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from edge.errors import InputError
from training.data.samples import Part, Split
from training.runs import RunFolder


@dataclass(frozen=True, slots=True)
class Learnt:
    """SHA-256 of the pictures a run learnt from, and of those it held out; one that has a copy may be in both."""

    trained: frozenset[str] = frozenset()
    held_out: frozenset[str] = frozenset()

    @classmethod
    def by(cls, model: str) -> Learnt:
        """What the split file in a run's folder tells; nothing is known of a converted model.

        Raises:
            InputError: if that file is damaged.
        """
        path = RunFolder(Path(model)).split
        if not path.is_file():
            return cls()
        split = Split.load(path)
        parts = {part: frozenset(one.sha256 for one in split.part(part) if one.sha256) for part in Part}
        return cls(parts[Part.TRAIN], parts[Part.VALIDATION] | parts[Part.TEST])

    def copies(self, pictures: Iterable[str], part: Part | None, data: Path) -> int:
        """How many of `pictures` (SHA-256), held out by the run, have a copy that it learnt from.

        Args:
            pictures: to be judged on.
            part: which part of `data` they are said to be; of the training part, or of all, anything is allowed.
            data: named in errors.

        Raises:
            InputError: if pictures were learnt from that the run did not hold out.
        """
        chosen = frozenset(pictures) - {""}
        learnt = chosen & self.trained
        plain = learnt - self.held_out
        if plain and part not in (None, Part.TRAIN):
            raise InputError(
                f"{data}: {len(plain)} of {len(chosen)} pictures were in this model's training part; "
                "judge it on others, or ask for them with --part all"
            )
        return len(learnt)
