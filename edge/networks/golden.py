"""A self-test for models: drawn pictures, and what the model answered to them where it was published.

A kiosk asks the same questions again: another answer means a damaged file, another preprocessing or an interpreter that
computes wrongly on this machine. The pictures are whole-number arithmetic, so that every machine draws the same ones.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from edge.errors import ModelError, cause_of
from edge.networks.classifier import Classifier
from edge.networks.manifest import Probability
from edge.types import Image, Label

FILE_NAME = "golden.json"

TOLERANCE = 0.05
"""How far a probability may differ: interpreters round 8-bit sums differently from one processor to the next."""

_Grid = NDArray[np.int64]


class Golden(BaseModel):
    """`golden.json`: each picture's name, and the probability of each label."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    answers: dict[str, dict[Label, Probability]]


def draw(name: str, *, width: int, height: int) -> Image:
    """The picture called `name`, one of PICTURES."""
    row, column = np.indices((height, width), dtype=np.int64)
    return np.stack(PICTURES[name](row * 256 // height, column * 256 // width), axis=2).clip(0, 255).astype(np.uint8)


def ask(classifier: Classifier) -> Golden:
    """Have a classifier judge every picture."""
    spec = classifier.manifest.input
    answers = {}
    for name in PICTURES:
        values = classifier.probabilities(draw(name, width=spec.width, height=spec.height)).clip(0, 1)
        answers[name] = {
            label: round(float(value), 4) for label, value in zip(classifier.manifest.labels, values, strict=True)
        }
    return Golden(answers=answers)


def check(classifier: Classifier, folder: Path) -> None:
    """Compare a classifier with `folder/golden.json`.

    Raises:
        ModelError: if the file is missing or damaged, or an answer is another one.
    """
    path = folder / FILE_NAME
    try:
        expected = Golden.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); install the model again") from error
    except ValidationError as error:
        raise ModelError(f"{path}: {cause_of(error.errors()[0])}; install the model again") from error
    received = ask(classifier).answers
    for name, answer in expected.answers.items():
        if received.get(name, {}).keys() != answer.keys():
            raise ModelError(f"{path}: `{name}` is another model's or another version's; install the model again")
        furthest = max(answer, key=lambda label: abs(answer[label] - received[name][label]))
        if abs(answer[furthest] - received[name][furthest]) > TOLERANCE:
            raise ModelError(
                f"{path}: on the drawn picture `{name}` the model gives {furthest} {received[name][furthest]:.3f}, "
                f"expected {answer[furthest]:.3f}; install model and interpreter again"
            )


def prove(folder: Path) -> str:
    """Check a classifier's hash, and its answers too unless it came without any; it is run in either case.

    Returns:
        what was found, in words.

    Raises:
        ModelError: if the model cannot be used.
    """
    classifier = Classifier.load(folder, threads=1)
    manifest = classifier.manifest
    found = f"{manifest.name}, {manifest.recipe}, sha256 {manifest.sha256[:12]}... as promised"
    if not (folder / FILE_NAME).exists():
        ask(classifier)
        return f"{found}; it runs"
    check(classifier, folder)
    return f"{found}; it answers as it did when it was published"


def _face(row: _Grid, column: _Grid, *, masked: bool) -> tuple[_Grid, _Grid, _Grid]:
    """A cartoon of skin, eyes and mouth, or of a light blue mask in place of the mouth; blue, green, red."""
    shade = (row + column) // 16
    picture = [90 + shade, 110 + shade, 120 + shade]
    shapes = [(_oval(row, column, 128, 128, 110, 84), (130, 160, 210))]
    shapes += [(_oval(row, column, 104, middle, 9, 14), (40, 35, 30)) for middle in (96, 160)]
    if masked:
        shapes.append((_oval(row, column, 176, 128, 56, 72) & (row > 132), (220, 200, 150)))
    else:
        shapes.append((_oval(row, column, 184, 128, 10, 30), (80, 70, 170)))
        shapes.append((_oval(row, column, 144, 128, 22, 10), (110, 140, 195)))
    for inside, colour in shapes:
        picture = [np.where(inside, value - shade, channel) for value, channel in zip(colour, picture, strict=True)]
    return picture[0], picture[1], picture[2]


def _oval(row: _Grid, column: _Grid, y: int, x: int, half_height: int, half_width: int) -> NDArray[np.bool_]:
    across, down = (column - x) * half_height, (row - y) * half_width
    return across * across + down * down <= (half_height * half_width) ** 2


PICTURES: dict[str, Callable[[_Grid, _Grid], tuple[_Grid, _Grid, _Grid]]] = {
    "bare": lambda row, column: _face(row, column, masked=False),
    "masked": lambda row, column: _face(row, column, masked=True),
    "ramps": lambda row, column: (row, column, 255 - (row + column) // 2),
    "checks": lambda row, column: ((row // 32 + column // 32) % 2 * 255, row // 64 * 80, column // 64 * 80),
}
"""Name -> (rows, columns), both scaled to 0..255 -> blue, green, red."""
