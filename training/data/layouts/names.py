"""What labelling tools and published sets call the classes."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from edge.errors import InputError, UsageError
from edge.networks.label_names import LABEL_OF, plain
from edge.types import Label
from training.data.samples import CLASSES

FACE = "face"
"""The name of a face of which only the place is known."""

IGNORE = "ignore"
"""What `--label NAME=ignore` makes of a class: its faces are neither learnt from nor judged."""

KNOWN: dict[str, Label | None] = {**LABEL_OF, FACE: None, "faces": None}

TARGETS = (*(label.value for label in CLASSES), FACE, IGNORE)
"""What a class may be made by `--label`."""


@dataclass(frozen=True, slots=True)
class Names:
    """Class names, and what they mean.

    Attributes:
        chosen: plain name -> one of TARGETS, as the user said; goes before what is known.
    """

    chosen: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, options: Sequence[str]) -> Names:
        """Read `no-mask=without_mask` and the like.

        Raises:
            UsageError: if one has no `=`, or leads to no class.
        """
        chosen = {}
        for option in options:
            name, found, target = option.rpartition("=")
            if not found or not name or plain(target) not in TARGETS:
                raise UsageError(f'--label "{option}": expected "NAME=CLASS" with a class out of {", ".join(TARGETS)}')
            chosen[plain(name)] = plain(target)
        return cls(chosen)

    def knows(self, name: str) -> bool:
        return plain(name) in self.chosen or plain(name) in KNOWN

    def meaning(self, name: str) -> str:
        """One of TARGETS.

        Raises:
            InputError: if nobody knows the name.
        """
        key = plain(name)
        if key in self.chosen:
            return self.chosen[key]
        if key not in KNOWN:
            raise InputError(unknown_names({name: 1}))
        label = KNOWN[key]
        return label.value if label else FACE


def unknown_names(counts: Mapping[str, int]) -> str:
    """What to say of class names that nobody knows, with a proposal for each."""
    found = ", ".join(f"{json.dumps(name)} ({count})" for name, count in sorted(counts.items()))
    options = " ".join(f'--label "{name}={_likeliest(name)}"' for name in sorted(counts))
    return f"what is meant by {found}? Say it with {options} (or another of {', '.join(TARGETS)})"


def _likeliest(name: str) -> str:
    near = difflib.get_close_matches(plain(name), KNOWN, n=1, cutoff=0.6)
    label = KNOWN[near[0]] if near else None
    return label.value if label else Label.WITHOUT_MASK.value
