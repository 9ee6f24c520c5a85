"""Unreadable pictures, duplicates, and what must stay together."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data

from edge.networks.manifest import sha256_of
from edge.types import Image, Label
from training.data.cleaning import PREFIX, SAME_GROUP, SAME_SHOOT, Fingerprint, clean, clusters, near_pairs, phash
from training.data.samples import Sample


def astronaut() -> Image:
    return np.asarray(data.astronaut()[:256, 64:320, ::-1], np.uint8)


def sample(file: str, box: tuple[int, int, int, int] | None = None) -> Sample:
    return Sample(file=file, label=Label.WITHOUT_MASK, group=file, source=file.split("/", maxsplit=1)[0], box=box)


def write(path: Path, image: Image, quality: int = 95) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image, [cv2.IMWRITE_JPEG_QUALITY, quality])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda image: image, "exact duplicate of crops/a.jpg"),
        (
            lambda image: np.asarray(cv2.resize(image, (120, 120), interpolation=cv2.INTER_AREA), np.uint8),
            "near-duplicate of crops/a.jpg",
        ),
        (lambda image: image[:, ::-1], "near-duplicate of crops/a.jpg"),
        (lambda image: np.asarray(cv2.GaussianBlur(image, (0, 0), 2), np.uint8), "near-duplicate of crops/a.jpg"),
    ],
    ids=["same bytes", "smaller", "mirrored", "blurred"],
)
def test_drops_pictures_alike(tmp_path: Path, change: Callable[[Image], Image], why: str) -> None:
    """Of pictures alike the first with the most pixels stays, with the hash of its bytes."""
    write(tmp_path / "crops" / "a.jpg", astronaut())
    write(tmp_path / "crops" / "b.jpg", change(astronaut()))
    cleaned = clean(tmp_path, [sample("crops/a.jpg"), sample("crops/b.jpg")])
    assert [(drop.file, drop.why) for drop in cleaned.dropped] == [("crops/b.jpg", why)]
    assert [(kept.file, len(kept.sha256)) for kept in cleaned.samples] == [("crops/a.jpg", 64)]


def test_keeps_pictures_that_differ(tmp_path: Path) -> None:
    """Two photographs of different things are no duplicates, nor tied together."""
    write(tmp_path / "crops" / "a.jpg", astronaut())
    write(tmp_path / "crops" / "b.jpg", np.asarray(data.cat()[..., ::-1], np.uint8))
    cleaned = clean(tmp_path, [sample("crops/a.jpg"), sample("crops/b.jpg")])
    assert (len(cleaned.samples), cleaned.dropped, cleaned.alike) == (2, (), ())


def test_prefers_the_annotated_scene(tmp_path: Path) -> None:
    """A scene with boxes outlives a larger picture of the same that has none."""
    write(tmp_path / "scenes" / "a.jpg", np.asarray(cv2.resize(astronaut(), (128, 128)), np.uint8))
    write(tmp_path / "crops" / "b.jpg", astronaut())
    cleaned = clean(tmp_path, [sample("crops/b.jpg"), sample("scenes/a.jpg", (10, 10, 50, 50))])
    assert [drop.file for drop in cleaned.dropped] == ["crops/b.jpg"]


def test_a_known_picture_stays(tmp_path: Path) -> None:
    """A larger, annotated picture of the same does not push one out whose part is settled."""
    write(tmp_path / "crops" / "a.jpg", np.asarray(cv2.resize(astronaut(), (128, 128)), np.uint8))
    write(tmp_path / "scenes" / "b.jpg", astronaut())
    known = {sha256_of(tmp_path / "crops" / "a.jpg")[:PREFIX]}
    samples = [sample("crops/a.jpg"), sample("scenes/b.jpg", (10, 10, 50, 50))]
    assert [drop.file for drop in clean(tmp_path, samples).dropped] == ["crops/a.jpg"]
    assert [drop.file for drop in clean(tmp_path, samples, known=known).dropped] == ["scenes/b.jpg"]


def test_looks_further_for_shoots_among_new_scenes(tmp_path: Path) -> None:
    """Annotated pictures without a part stay together when they are less alike than tight crops need be."""
    first, second = astronaut(), astronaut()
    second[120:, :60] = 255
    bits = (phash(first) ^ phash(second)).bit_count()
    assert SAME_GROUP < bits <= SAME_SHOOT
    write(tmp_path / "scenes" / "a.png", first)
    write(tmp_path / "scenes" / "b.png", second)
    scenes = [sample("scenes/a.png", (1, 1, 9, 9)), sample("scenes/b.png", (1, 1, 9, 9))]
    known = {sha256_of(tmp_path / "scenes" / "b.png")[:PREFIX]}
    assert clean(tmp_path, scenes).alike == (("scenes/a.png", "scenes/b.png"),)
    assert clean(tmp_path, scenes, known=known).alike == ()
    assert clean(tmp_path, [sample("scenes/a.png"), sample("scenes/b.png")]).alike == ()


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("text.jpg", b"no picture", "unreadable"),
        ("empty.jpg", b"", "unreadable"),
        ("missing.jpg", None, "unreadable"),
        ("dot.jpg", cv2.imencode(".jpg", np.zeros((15, 40, 3), np.uint8))[1].tobytes(), "smaller than 16 pixels"),
        ("augmented_image_3.jpg", cv2.imencode(".jpg", astronaut())[1].tobytes(), "augmented copy, by its name"),
    ],
)
def test_drops_what_is_no_use(tmp_path: Path, name: str, content: bytes | None, why: str) -> None:
    """Unreadable, tiny and artificially multiplied pictures go, each with its reason."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    cleaned = clean(tmp_path, [sample(name)])
    assert not cleaned.samples
    assert cleaned.dropped[0].why.startswith(why)


def test_phash_is_of_colours_in_order() -> None:
    """The hash is that of imagehash on the same picture in RGB."""
    assert phash(astronaut()) == phash(np.ascontiguousarray(astronaut()))
    assert phash(astronaut()) != phash(astronaut()[:, ::-1])


def fingerprint(phash_: int, mirrored: int) -> Fingerprint:
    return Fingerprint("", "", phash_, mirrored, 1, 1)


CODES = st.lists(st.tuples(*[st.integers(0, 2**64 - 1)] * 2), max_size=8)


@settings(deadline=None)
@given(CODES, st.integers(0, 40))
def test_near_pairs_counts_bits(codes: list[tuple[int, int]], distance: int) -> None:
    """Pairs are those whose hash, or mirrored hash, differs in few bits: the same as counting one by one."""
    expected = [
        (a, b)
        for a, b in combinations(range(len(codes)), 2)
        if min((codes[a][0] ^ code).bit_count() for code in codes[b]) <= distance
    ]
    assert list(near_pairs([fingerprint(*code) for code in codes], distance)) == expected


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [([], [0, 1, 2, 3]), ([(2, 3), (1, 2)], [0, 1, 1, 1]), ([(0, 1), (2, 3), (3, 0)], [0, 0, 0, 0])],
)
def test_clusters_follow_chains(pairs: list[tuple[int, int]], expected: list[int]) -> None:
    """Things tied by a chain of pairs share the smallest index among them."""
    assert clusters(4, pairs) == expected
