"""What an unknown network takes and what its outputs mean, by what it says of pictures whose labels are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import numpy as np

from convert.calibration import choose, network_inputs
from convert.foreign.heads import Floats
from convert.foreign.names import understood
from convert.foreign.original import Original
from convert.foreign.scales import BGR_RARITY, SCALES, Order, Scale
from convert.pictures import LabelledPicture
from edge.errors import InputError, ModelError
from edge.pictures import pictures_below
from edge.types import MODEL_LABELS, Label

PROBED = 120
"""Pictures that every way to read them is tried on."""

MIN_RIGHT = 0.7
"""Mean share of each label's pictures that must be right in the best way: below it the network was not understood, or
cannot do what the door needs."""

Labels = tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Guess:
    """One way to read a network.

    Attributes:
        scale: by name.
        order: of the channels.
        labels: of the outputs.
        right: mean over the labels of the share of pictures that are right, in [0, 1].
        loss: mean over the labels of -log of the probability given to the truth; tells ways apart that are as right.
    """

    scale: str
    order: Order
    labels: Labels
    right: float
    loss: float

    @property
    def rarity(self) -> float:
        """How much surer pictures must be of this way than of a common one, in nats."""
        return SCALES[self.scale].rarity + (BGR_RARITY if self.order == "BGR" else 0)

    def in_words(self) -> str:
        return f"{self.order} {self.scale}, outputs {', '.join(self.labels)}"


def pictures_in(folder: Path) -> tuple[LabelledPicture, ...]:
    """The pictures of a folder that holds one folder for each label, by any common name.

    Raises:
        InputError: if there are none.
        UsageError: if a folder's name means no label.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: does not exist; name a folder that holds one folder of pictures for each label")
    folders = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    labels = understood([path.name for path in folders], str(folder))
    found = tuple(
        LabelledPicture(path, label, group=path.stem, source=folder.name)
        for place, label in zip(folders, labels, strict=True)
        for path in pictures_below(place)
    )
    if len({picture.label for picture in found}) < 2:
        raise InputError(f"{folder}: expected pictures of two labels at least, each in a folder of its own")
    return found


def probe(
    original: Original,
    pictures: Sequence[LabelledPicture],
    *,
    labels: Labels | None = None,
    scale: str | None = None,
    order: Order | None = None,
) -> list[Guess]:
    """Every way to read the network, the best first; what is given is not guessed.

    Raises:
        InputError: if a picture cannot be read.
        ModelError: if no way is right often enough, or another order of the labels is far better than the given one.
    """
    told = labels or MODEL_LABELS[: original.labels]
    chosen = choose([picture for picture in pictures if picture.label in told], PROBED)
    truth = [picture.label for picture in chosen]
    guesses = []
    ways = [(kind, one) for kind in _scales(original, scale) for one in ((order,) if order else kind.orders)]
    for kind, channels in ways:
        spec = kind.spec(original.size, channels, margin=0.0)
        answers = original.answers(np.concatenate(list(network_inputs(chosen, spec))))
        for named in permutations(told):
            right, loss = _score(answers, [named.index(label) for label in truth])
            guesses.append(Guess(kind.name, channels, named, right, loss))
    # A stronger contrast alone makes some networks surer: what is rare must be better by more than that.
    ranked = sorted(guesses, key=lambda guess: guess.loss + guess.rarity / len(chosen))
    fitting = [guess for guess in ranked if labels in (None, guess.labels)]
    best = fitting[0]
    if best.right < MIN_RIGHT:
        other = f"; read as {ranked[0].in_words()} it is right on {ranked[0].right:.0%}" if best != ranked[0] else ""
        raise ModelError(
            f"at best {best.right:.0%} of your pictures are right ({best.in_words()}), at least {MIN_RIGHT:.0%} "
            f"wanted{other}; check --labels, --scale and the folders' names"
        )
    return fitting


def _scales(original: Original, name: str | None) -> list[Scale]:
    """The one that is named, those that a quantised input was made for, or all."""
    if name is not None:
        return [SCALES[name]]
    if original.span is None:
        return list(SCALES.values())
    low, high = original.span
    room = 0.02 * (high - low)
    fitting = [
        scale for scale in SCALES.values() if abs(scale.span()[0] - low) <= room and abs(scale.span()[1] - high) <= room
    ]
    return fitting or list(SCALES.values())


def _score(answers: Floats, truth: Sequence[int]) -> tuple[float, float]:
    """Share of right answers and mean loss, each label counting alike."""
    wanted = np.array(truth)
    given = answers[np.arange(len(wanted)), wanted].clip(1e-6, 1)
    hits = answers.argmax(axis=1) == wanted
    members = [wanted == label for label in np.unique(wanted)]
    return (
        float(np.mean([hits[member].mean() for member in members])),
        float(np.mean([-np.log(given[member]).mean() for member in members])),
    )
