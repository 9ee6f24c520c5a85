"""What others call the labels, and which of ours they mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from edge.errors import InputError, UsageError
from edge.networks.label_names import LABEL_OF, plain
from edge.types import Label

_OF_AN_OUTPUT = {
    **dict.fromkeys(("yes", "good", "proper"), Label.WITH_MASK),
    **dict.fromkeys(("no", "none", "face"), Label.WITHOUT_MASK),
}
"""What is clear enough for the output of a mask classifier, and for nothing else."""

_INDEX = re.compile(r"^\d+\s+")
"""Stands before each name in Teachable Machine's labels.txt."""


def label_called(name: str) -> Label | None:
    """The label that somebody calls `name`, whatever its case, hyphens and underscores; None if nobody does."""
    name = plain(_INDEX.sub("", name.strip()))
    return LABEL_OF.get(name) or _OF_AN_OUTPUT.get(name)


def read_labels(given: str) -> tuple[Label, ...]:
    """The label of each output, in their order.

    Args:
        given: names separated by commas, or a text file with one on each line.

    Raises:
        InputError: if the file cannot be read.
        UsageError: if a name means none of our labels, or two mean the same.
    """
    path = Path(given)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines() if path.is_file() else given.split(",")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as text ({error}); write one label on each line") from error
    return understood([line for line in lines if line.strip()], given)


def understood(names: Sequence[str], where: str) -> tuple[Label, ...]:
    """Our labels for somebody's names.

    Raises:
        UsageError: if a name means none of them, or two mean the same; `where` says whose names they are.
    """
    labels = [label_called(name) for name in names]
    unknown = [name.strip() for name, label in zip(names, labels, strict=True) if label is None]
    if unknown:
        raise UsageError(
            f"{where}: {', '.join(map(repr, unknown))} means none of with_mask, without_mask, incorrect_mask; "
            "give --labels, these names in the order of the outputs"
        )
    found = tuple(label for label in labels if label is not None)
    if len(set(found)) != len(found):
        raise UsageError(f"{where}: two outputs have the same label ({', '.join(found)}); give --labels")
    return found
