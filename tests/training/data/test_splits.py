"""Groups stay whole, parts keep their share, and known pictures keep their part."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import InputError
from edge.types import Label, MaskKind
from training.data.samples import Dropped, Part, Sample, Split
from training.data.splits import DEFAULT_PARTS, PartTable, check, divide, join_groups, random_split, table

LABELS = (Label.WITH_MASK, Label.WITHOUT_MASK, Label.INCORRECT_MASK)


def sample(number: int, group: str = "", part: Part = Part.TRAIN) -> Sample:
    return Sample(
        file=f"{number}.jpg",
        label=LABELS[number % 3],
        group=group or f"g{number}",
        source="set",
        sha256=f"{number:064x}"[::-1],
        part=part,
    )


def many(count: int = 600) -> list[Sample]:
    return [sample(number, f"g{number // 3}") for number in range(count)]


def test_divides_70_10_20_alike_for_each_label() -> None:
    """Every label gets about its share of each part."""
    counts = Counter((entry.label, entry.part) for entry in divide(many(), seed=1))
    for label in LABELS:
        assert counts[label, Part.TRAIN] == pytest.approx(140, abs=6)
        assert counts[label, Part.VALIDATION] == pytest.approx(20, abs=4)
        assert counts[label, Part.TEST] == pytest.approx(40, abs=4)


def test_the_seed_decides() -> None:
    """The same seed gives the same parts, another seed others."""
    assert divide(many(), seed=1) == divide(many(), seed=1)
    assert divide(many(), seed=1) != divide(many(), seed=2)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=120), st.integers(0, 5))
def test_groups_stay_whole(groups: list[int], seed: int) -> None:
    """However samples are grouped, no group is divided and no sample is lost."""
    samples = [sample(number, f"g{group}") for number, group in enumerate(groups)]
    divided = divide(samples, seed=seed)
    assert [entry.file for entry in divided] == [entry.file for entry in samples]
    assert len({(entry.group, entry.part) for entry in divided}) == len(set(groups))


def test_known_pictures_keep_their_part() -> None:
    """A table of parts decides for the groups it knows; where it disagrees with itself, test wins."""
    samples = [sample(0, "a"), sample(1, "a"), sample(2, "b"), *many(300)[3:]]
    known = {samples[0].sha256[:12]: Part.TRAIN, samples[1].sha256[:12]: Part.TEST, samples[2].sha256[:12]: Part.TEST}
    divided = divide(samples, seed=0, known=known)
    assert [entry.part for entry in divided[:3]] == [Part.TEST] * 3


def test_a_table_brings_back_its_own_split(tmp_path: Path) -> None:
    """Saved and loaded, a table repeats the split it was made of, whatever the seed."""
    divided = divide(many(), seed=1)
    PartTable.of(divided).save(tmp_path / "parts.json")
    known = PartTable.load(tmp_path / "parts.json").lookup()
    assert divide(many(), seed=7, known=known) == divided


def test_a_table_holds_no_names(tmp_path: Path) -> None:
    """Neither file nor group names are published with the parts."""
    PartTable.of([sample(1, "crops:anhu")]).save(tmp_path / "parts.json")
    text = (tmp_path / "parts.json").read_text()
    assert "anhu" not in text
    assert ".jpg" not in text


@pytest.mark.parametrize("content", [None, "[]", '{"parts": {"holiday": []}}'])
def test_refuses_a_bad_table(tmp_path: Path, content: str | None) -> None:
    """A missing or damaged table is an error that names it."""
    path = tmp_path / "parts.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=r"parts\.json"):
        PartTable.load(path)


@pytest.mark.parametrize(
    ("samples", "alike", "expected"),
    [
        ([sample(1, "b"), sample(2, "a"), sample(3, "c")], [("1.jpg", "2.jpg")], ["a", "a", "c"]),
        ([sample(1, "b"), sample(1, "a")], [], ["a", "a"]),
        ([sample(1, "a"), sample(2, "a"), sample(3, "b"), sample(4, "c")], [("2.jpg", "4.jpg")], ["a", "a", "b", "a"]),
    ],
    ids=["alike", "one picture", "chain"],
)
def test_joins_groups(samples: list[Sample], alike: list[tuple[str, str]], expected: list[str]) -> None:
    """Groups that share a picture, or have pictures alike, become one."""
    assert [entry.group for entry in join_groups(samples, alike)] == expected


@pytest.mark.parametrize(
    ("second", "key"),
    [
        (sample(2, "g1", Part.TEST), "group g1"),
        (sample(1, "g2", Part.TEST), "file 1.jpg"),
        (sample(2, "g2", Part.TEST).model_copy(update={"sha256": sample(1).sha256}), "sha256"),
    ],
)
def test_check_finds_leaks(tmp_path: Path, second: Sample, key: str) -> None:
    """A group, a file or the same bytes in two parts are found."""
    check(Split(root=tmp_path, seed=0, samples=(sample(1), sample(2, "g2", Part.TEST))))
    with pytest.raises(InputError, match=key):
        check(Split(root=tmp_path, seed=0, samples=(sample(1), second)))


def test_new_sets_leave_an_old_test_part_alone() -> None:
    """New pictures are divided alike for each kind of mask; known ones, and events that reach into both, stay."""
    old = [entry.model_copy(update={"part": part}) for part in Part for entry in [sample(900 + ord(part[1]), part)]]
    known = PartTable.of(old).lookup()
    kinds = (*MaskKind, None)
    new = [entry.model_copy(update={"kind": kinds[n % 5]}) for n, entry in enumerate(map(sample, range(300)))]
    event = sample(301, group="test")
    divided = divide([*old, *new, event], seed=0, known=known)
    assert [entry.part for entry in divided[:3]] == list(Part)
    assert divided[-1].part is Part.TEST
    counts = Counter((entry.kind, entry.part) for entry in divided[3:-1])
    assert {counts[kind, Part.TEST] for kind in kinds} <= set(range(8, 17))


def test_table_counts(tmp_path: Path) -> None:
    """The report counts faces per label and part, and dropped pictures per reason, without the names after it."""
    dropped = (Dropped(file="x", why="near-duplicate of a"), Dropped(file="y", why="near-duplicate of b"))
    text = table(Split(root=tmp_path, seed=0, samples=(sample(1), sample(4, part=Part.TEST)), dropped=dropped))
    assert "| set | without_mask | 1 | 0 | 1 |" in text
    assert "| near-duplicate | 2 |" in text


def test_the_published_table_covers_all_parts() -> None:
    """The table that the shipped models were judged by can be read, and no picture lies in two of its parts."""
    parts = PartTable.load(DEFAULT_PARTS).parts
    assert min(len(prefixes) for prefixes in parts.values()) > 500
    assert len({prefix for prefixes in parts.values() for prefix in prefixes}) == sum(map(len, parts.values()))


def write_pictures(folder: Path, *, each: int) -> Path:
    for label in (Label.WITH_MASK, Label.WITHOUT_MASK):
        (folder / label).mkdir(parents=True)
        for number in range(each):
            cv2.imwrite(str(folder / label / f"{number}.png"), np.full((40, 30 + number, 3), 99, np.uint8))
    return folder


def test_a_random_split_is_stratified_and_repeatable(tmp_path: Path) -> None:
    """A fifth of each class validates, and the same seed divides alike."""
    data = write_pictures(tmp_path, each=10)
    split = random_split(data, share=0.2, seed=42)
    counts = {(part, label): 0 for part in Part for label in (Label.WITH_MASK, Label.WITHOUT_MASK)}
    for sample in split.samples:
        assert sample.label is not None
        counts[sample.part, sample.label] += 1
    assert list(counts.values()) == [8, 8, 2, 2, 0, 0]
    assert random_split(data, share=0.2, seed=42) == split
    assert random_split(data, share=0.2, seed=1) != split
    assert all(len(sample.sha256) == 64 for sample in split.samples)


@pytest.mark.parametrize("labels", [[], [Label.WITH_MASK]])
def test_a_random_split_needs_two_classes(tmp_path: Path, labels: list[Label]) -> None:
    """A folder without two classes of pictures is no data set."""
    write_pictures(tmp_path / "whole", each=2)
    data = tmp_path / "data"
    data.mkdir()
    for label in labels:
        (tmp_path / "whole" / label).rename(data / label)
    with pytest.raises(InputError, match=r"expected (folders|a folder for each class)"):
        random_split(data, share=0.2, seed=42)
