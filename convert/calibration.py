"""Which training pictures show the quantiser what the network will meet."""

from __future__ import annotations

import random
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from convert.pictures import LabelledPicture
from edge.networks.manifest import InputSpec
from edge.networks.preprocess import input_table, resize, to_input


def choose(pictures: Sequence[LabelledPicture], count: int, *, seed: int = 0) -> tuple[LabelledPicture, ...]:
    """Pick `count` pictures: as many of each label as there are, and within a label from as many groups as possible.

    Labels take turns, and so do the groups of a label: neither a large class nor a person with many pictures decides
    the ranges. The same pictures and seed give the same choice. All pictures are returned if there are not more.
    """
    chance = random.Random(seed)  # noqa: S311 - a choice of pictures needs no cryptography
    labels: dict[str, dict[str, list[LabelledPicture]]] = defaultdict(lambda: defaultdict(list))
    for picture in pictures:
        labels[picture.label][picture.group].append(picture)
    queues = deque(_by_turns(labels[label], chance) for label in sorted(labels))
    chosen: list[LabelledPicture] = []
    while queues and len(chosen) < count:
        try:
            chosen.append(next(queues[0]))
            queues.rotate(-1)
        except StopIteration:
            queues.popleft()
    return tuple(chosen)


def network_inputs(pictures: Sequence[LabelledPicture], spec: InputSpec) -> Iterator[NDArray[np.float32]]:
    """Each picture as the kiosk would feed it to a float network: float32 (1, height, width, 3)."""
    table = input_table(spec)
    for picture in pictures:
        yield to_input(resize(picture.face(margin=spec.margin), spec), spec, table).astype(np.float32, copy=False)


def _by_turns(groups: dict[str, list[LabelledPicture]], chance: random.Random) -> Iterator[LabelledPicture]:
    """One picture of each group in a random order, then a second one of each, and so on."""
    shuffled = [chance.sample(members, len(members)) for _, members in sorted(groups.items())]
    chance.shuffle(shuffled)
    for turn in range(max(map(len, shuffled))):
        yield from (members[turn] for members in shuffled if turn < len(members))
