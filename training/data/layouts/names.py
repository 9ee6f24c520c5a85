"""What labelling tools and published sets call the classes."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from edge.errors import InputError, UsageError
from edge.types import Label
from training.data.samples import CLASSES

FACE = "face"
"""The name of a face of which only the place is known."""

IGNORE = "ignore"
"""What `--label NAME=ignore` makes of a class: its faces are neither learnt from nor judged."""

_NAMES: dict[Label, str] = {
    Label.WITH_MASK: "with_mask mask masked withmask mask_on face_mask facemask face_with_mask with_face_mask "
    "wearing_mask correct correct_mask mask_correct correctly_masked mask_worn_correctly mask_weared_correct "
    "proper_mask",
    Label.WITHOUT_MASK: "without_mask without withoutmask no_mask nomask non_mask not_masked unmasked mask_off "
    "face_no_mask no_face_mask without_face_mask face_without_mask not_wearing_mask bare bare_face",
    Label.INCORRECT_MASK: "incorrect_mask incorrect incorrectmask mask_incorrect incorrectly_masked wrong_mask wrong "
    "mask_weared_incorrect mask_worn_incorrect mask_worn_incorrectly mask_worn_wrong improper improper_mask "
    "improperly_worn_mask incorrectly_worn_mask",
}
"""Names that can mean one thing only, as `plain` writes them."""

KNOWN: dict[str, Label | None] = {
    **{name: label for label, names in _NAMES.items() for name in names.split()},
    FACE: None,
    "faces": None,
}

TARGETS = (*(label.value for label in CLASSES), FACE, IGNORE)
"""What a class may be made by `--label`."""


def plain(name: str) -> str:
    """Lower case, words parted by one underscore: `No-Mask`, `no mask` and `NO_MASK` are the same."""
    return re.sub(r"[\s_\-.]+", "_", name.strip().lower()).strip("_")


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
