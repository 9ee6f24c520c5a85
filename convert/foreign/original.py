"""A network as somebody else wrote it, and what it can be asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from convert.foreign.heads import Floats, Head, head_of
from convert.foreign.scales import SCALES
from convert.recipes import Recipe
from convert.tflite import NetworkInputs
from edge.errors import ModelError
from edge.networks.golden import PICTURES, draw
from edge.types import Size


class Original(Protocol):
    """A classifier of pictures of one fixed size.

    Attributes:
        form: what wrote it, in words.
        size: width and height of its input.
        labels: how many it tells apart.
        span: smallest and largest input value it can be given, where the file tells; None where it does not.
    """

    form: str
    size: Size
    labels: int
    span: tuple[float, float] | None

    def answers(self, inputs: Floats) -> Floats:
        """Probabilities, shape (N, labels), for inputs of shape (N, height, width, 3), as the original computes."""

    def write(self, stem: Path, recipe: Recipe | None, inputs: NetworkInputs) -> tuple[Path, str]:
        """Write what the kiosk runs.

        Args:
            stem: the file's name without its ending.
            recipe: how; None for what changes nothing.
            inputs: pictures, for recipes that measure ranges.

        Returns:
            the file, and how it is written, in a word.

        Raises:
            UsageError: if the recipe cannot be applied to this form.
            ModelError: if the network cannot be converted.
        """


def fixed_size(shape: Sequence[int | None], path: Path) -> Size:
    """Width and height of an input of shape (batch, height, width, 3).

    Raises:
        ModelError: if it is another one, or not fixed.
    """
    if len(shape) != 4 or shape[3] != 3 or shape[1] is None or shape[2] is None or min(shape[1], shape[2]) < 1:
        raise ModelError(
            f"{path}: its input has the shape {tuple(shape)}; expected colour pictures of a fixed size, "
            "(batch, height, width, 3): export it again with a fixed size"
        )
    return shape[2], shape[1]


def find_head(ask: Callable[[Floats], Floats], size: Size, path: Path) -> tuple[Head, int]:
    """What a network's last layer gives, and for how many labels; asked of drawn pictures in every range.

    Raises:
        ModelError: if it is no classifier.
    """
    width, height = size
    pictures = [draw(name, width=width, height=height)[..., ::-1] for name in PICTURES]
    raw = [ask(np.stack([scaled(picture, name) for picture in pictures])) for name in ("-1..1", "0..1", "0..255")]
    shape = raw[0].shape
    if len(shape) != 2 or shape[1] not in (1, 2, 3):
        raise ModelError(
            f"{path}: its output has the shape {shape[1:]}; expected two labels (with_mask, without_mask), three "
            "(and incorrect_mask), or one probability of the second of two"
        )
    return head_of(np.concatenate(raw), path), max(2, shape[1])


def scaled(picture: np.ndarray, name: str) -> Floats:
    """An RGB picture in one of SCALES."""
    scale = SCALES[name]
    return np.asarray(picture * np.array(scale.scale) + np.array(scale.offset), np.float32)
