"""Cleaning: unreadable pictures, exact duplicates and near-duplicates, found by perceptual hash across all sets."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import imagehash
import numpy as np
from PIL import Image as PillowImage
from tqdm import tqdm

from edge.errors import InputError
from edge.pictures import read_picture
from edge.types import Image
from training.data.readers import files_of
from training.data.samples import Dropped, Sample

SAME_PICTURE = 4
"""Largest Hamming distance of 64-bit pHashes at which two pictures count as one: one of them is dropped."""

SAME_GROUP = 6
"""Largest distance at which two pictures must lie in the same part; at 8 chance likenesses of tight face crops already
chain 99 people into one group of 577 pictures."""

SAME_SHOOT = 10
"""The same for two annotated pictures that have no part yet: stock photographs of one shoot are up to so far apart, and
whole pictures chain less than face crops (the largest group has fourteen). Most pairs at this distance are chance
likenesses, which cost nothing. Another pose of the same person is not found by it."""

PREFIX = 12
"""Hexadecimal digits of a SHA-256 by which a picture is known."""

SMALLEST_SIDE = 16
"""Pixels; below it no person could say what a face wears."""

Look = Callable[[str, Image], Image]
"""File and picture -> the part of it that is compared with others'."""

_AUGMENTED = re.compile(r"^augmented_", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is needed to recognise a picture: SHA-256 of its bytes, pHash of it and of its mirror image, its size."""

    file: str
    sha256: str
    phash: int
    mirrored: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The samples worth keeping with their hashes, the pictures dropped, and the pairs that must stay together."""

    samples: tuple[Sample, ...]
    dropped: tuple[Dropped, ...]
    alike: tuple[tuple[str, str], ...]


def clean(root: Path, samples: Sequence[Sample], *, known: Container[str] = (), look: Look | None = None) -> Cleaned:
    """Drop what cannot be used, and of pictures alike all but the best: scenes before crops, then the most pixels.

    Args:
        root: what the samples' files are relative to.
        samples: of all sets.
        known: pictures (the first digits of their SHA-256, as a PartTable lists them) that come before all others: a
            test part keeps the pictures it has, whatever is added to the data.
        look: what of a picture decides whether it is like another one; the whole of it if None. Pictures of one camera
            are all alike as wholes: there the face has to decide, and nobody looks for shoots. With it, names do not
            matter: the same pictures in another layout give the same result.
    """
    usable = [sample for sample in samples if not _AUGMENTED.match(Path(sample.file).name)]
    kept = {sample.file for sample in usable}
    dropped = [Dropped(file=file, why="augmented copy, by its name") for file in files_of(samples) if file not in kept]
    prints, unreadable = survey(root, files_of(usable), look=look)
    scenes = {sample.file for sample in usable if sample.box is not None and look is None}
    ranked = sorted(
        prints,
        key=lambda p: (
            p.sha256[:PREFIX] not in known,
            p.file not in scenes,
            -p.width * p.height,
            p.sha256 if look else p.file,
        ),
    )
    duplicates = {drop.file: drop for drop in _duplicates(ranked)}
    remaining = [print_ for print_ in ranked if print_.file not in duplicates]
    fresh = [print_ for print_ in remaining if print_.file in scenes and print_.sha256[:PREFIX] not in known]
    alike = (*_alike(remaining, SAME_GROUP), *_alike(fresh, SAME_SHOOT))
    hashes = {print_.file: print_.sha256 for print_ in remaining}
    kept_samples = tuple(
        sample.model_copy(update={"sha256": hashes[sample.file]}) for sample in usable if sample.file in hashes
    )
    return Cleaned(kept_samples, (*dropped, *unreadable, *duplicates.values()), alike)


def survey(root: Path, files: Iterable[str], *, look: Look | None = None) -> tuple[list[Fingerprint], list[Dropped]]:
    """Read every picture once; those that cannot be used come back as dropped."""
    prints: list[Fingerprint] = []
    dropped: list[Dropped] = []
    for file in tqdm(list(files), desc="hashing", unit="picture", leave=False, disable=None):
        try:
            image = read_picture(root / file)
        except InputError as error:
            dropped.append(Dropped(file=file, why=f"unreadable: {str(error).split(': ', 1)[-1]}"))
            continue
        if min(image.shape[:2]) < SMALLEST_SIDE:
            dropped.append(Dropped(file=file, why=f"smaller than {SMALLEST_SIDE} pixels"))
            continue
        height, width = image.shape[:2]
        sha256 = hashlib.sha256((root / file).read_bytes()).hexdigest()
        seen = look(file, image) if look else image
        prints.append(Fingerprint(file, sha256, phash(seen), phash(seen[:, ::-1]), width, height))
    return prints, dropped


def phash(image: Image) -> int:
    """64-bit perceptual hash of a BGR picture (imagehash.phash: signs of the lowest 8 x 8 DCT coefficients)."""
    return int(str(imagehash.phash(PillowImage.fromarray(image[:, :, ::-1]))), 16)


def near_pairs(prints: Sequence[Fingerprint], distance: int) -> Iterator[tuple[int, int]]:
    """Index pairs (smaller first) of pictures at most `distance` bits apart, as they are or one of them mirrored."""
    straight = np.array([print_.phash for print_ in prints], np.uint64)
    mirrored = np.array([print_.mirrored for print_ in prints], np.uint64)
    for first in range(len(prints) - 1):
        rest = slice(first + 1, None)
        bits = np.minimum(
            np.bitwise_count(straight[rest] ^ straight[first]), np.bitwise_count(mirrored[rest] ^ straight[first])
        )
        yield from ((first, first + 1 + int(offset)) for offset in np.flatnonzero(bits <= distance))


def clusters(count: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """For each of `count` things the smallest index in its cluster, when pairs belong together (union-find)."""
    parent = list(range(count))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for first, second in pairs:
        low, high = sorted((root(first), root(second)))
        parent[high] = low
    return [root(index) for index in range(count)]


def _alike(prints: Sequence[Fingerprint], distance: int) -> Iterator[tuple[str, str]]:
    return ((prints[a].file, prints[b].file) for a, b in near_pairs(prints, distance))


def _duplicates(ranked: Sequence[Fingerprint]) -> Iterator[Dropped]:
    """All but the first of every set of pictures alike."""
    for print_, best in zip(ranked, clusters(len(ranked), near_pairs(ranked, SAME_PICTURE)), strict=True):
        original = ranked[best]
        if original is not print_:
            kind = "exact duplicate" if original.sha256 == print_.sha256 else "near-duplicate"
            yield Dropped(file=print_.file, why=f"{kind} of {original.file}")
