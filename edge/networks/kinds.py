"""Whether a classifier tells kinds of masks apart, where a rule asks for one."""

from __future__ import annotations

from pathlib import Path

from edge.errors import ModelError
from edge.networks.manifest import read_kinds
from edge.types import Required

REMEDY = 'set classifier.model to one that does, or alarm.required = "any" and no alarm.required_hours'


def no_kinds(required: Required, model: str) -> str:
    """What is wrong where the rule cannot be kept."""
    return f"alarm.required asks for {required}, and the model {model} does not tell kinds of masks apart"


def check(required: Required, model: str, folder: Path) -> None:
    """Refuse the classifier in a folder, to be called `model`, where it does not tell what the rule asks for.

    Raises:
        ModelError: if it does not, or its manifest is missing or damaged.
    """
    if not can_tell(required, folder):
        raise ModelError(f"{no_kinds(required, model)}; {REMEDY}")


def can_tell(required: Required, folder: Path) -> bool:
    """Whether the classifier in a folder tells what the rule asks for; its file is not looked at.

    Raises:
        ModelError: if its manifest is missing or damaged.
    """
    kinds = read_kinds(folder)
    return required is Required.ANY or any(kind in required.kinds for kind in kinds)
