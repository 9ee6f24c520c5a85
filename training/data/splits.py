"""Dividing samples so that no person, scene or near-duplicate lies in two parts."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError
from sklearn.model_selection import StratifiedGroupKFold, train_test_split
from tqdm import tqdm

from edge.errors import InputError, cause_of
from edge.networks.manifest import sha256_of
from edge.types import Label
from training.data.cleaning import PREFIX, clusters
from training.data.layouts.names import Names
from training.data.readers import read_data
from training.data.samples import Part, Sample, Split


@dataclass(frozen=True, slots=True)
class Shares:
    """How a set is divided: of `folds` equal ones so many are the test part, and so many the validation part."""

    folds: int = 10
    test: int = 2
    validation: int = 1

    def part(self, fold: int) -> Part:
        if fold < self.test:
            return Part.TEST
        return Part.VALIDATION if fold < self.test + self.validation else Part.TRAIN


DEFAULT_PARTS = Path(__file__).with_name("default_split.json")
"""The parts of the pictures that the shipped models were trained and tested on."""


class PartTable(BaseModel):
    """Which picture lies in which part, by the first 12 hexadecimal digits of its SHA-256.

    Holds no name and no pixel, so that it can be published where the pictures cannot.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int = 1
    parts: dict[Part, tuple[str, ...]]

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> PartTable:
        parts = {part: {sample.sha256[:PREFIX] for sample in samples if sample.part is part} for part in Part}
        return cls(parts={part: tuple(sorted(hashes)) for part, hashes in parts.items()})

    @classmethod
    def load(cls, path: Path) -> PartTable:
        """Read a table.

        Raises:
            InputError: naming the file and the cause.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror})") from error
        except ValidationError as error:
            raise InputError(f"{path}: is not a table of parts ({cause_of(error.errors()[0])})") from error

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.model_dump_json() + "\n")

    def lookup(self) -> dict[str, Part]:
        return {prefix: part for part, prefixes in self.parts.items() for prefix in prefixes}


def join_groups(samples: Sequence[Sample], alike: Sequence[tuple[str, str]]) -> list[Sample]:
    """Give samples one group where they share a picture, a group, or lie in pictures `alike`.

    A joined group takes the first of its old names in the alphabet.
    """
    names = sorted({sample.group for sample in samples} | {sample.file for sample in samples})
    index = {name: number for number, name in enumerate(names)}
    pairs = [(index[sample.group], index[sample.file]) for sample in samples]
    pairs += [(index[first], index[second]) for first, second in alike]
    cluster = clusters(len(names), pairs)
    shown = {sample.group for sample in samples}
    title: dict[int, str] = {}
    for name in names:
        if name in shown:
            title.setdefault(cluster[index[name]], name)
    return [sample.model_copy(update={"group": title[cluster[index[sample.group]]]}) for sample in samples]


def divide(
    samples: Sequence[Sample], *, seed: int, known: Mapping[str, Part] | None = None, shares: Shares | None = None
) -> list[Sample]:
    """Give every sample its part: about 70 % train, 10 % validation, 20 % test unless `shares` say otherwise, alike for
    each label of each source.

    Groups stay whole. A group with a picture in `known` (PartTable.lookup) follows it; where its pictures disagree,
    test wins over validation and validation over train, because a model may have been judged on them.
    """
    fixed = _known_groups(samples, known or {})
    new = [sample for sample in samples if sample.group not in fixed]
    part_of = fixed | _fresh_groups(new, seed, shares or Shares())
    return [sample.model_copy(update={"part": part_of[sample.group]}) for sample in samples]


def known_parts(samples: Sequence[Sample], parts: Mapping[str, Part]) -> dict[str, Part]:
    """What `divide` is told of pictures that their set itself puts into a part, given by file."""
    return {sample.sha256[:PREFIX]: parts[sample.file] for sample in samples if sample.file in parts}


def random_split(data: Path, *, share: float, seed: int, names: Names | None = None) -> Split:
    """Divide a folder for each class by chance alone: the same `share` of each class to validate, the rest to train.

    This is how published accuracies on the classic set are measured; one person lies in both parts, and so do
    near-duplicates. `divide` is for figures that are to hold elsewhere.

    Raises:
        InputError: if there are no two folders of different classes, or one whose class nobody knows.
    """
    read = read_data(data, names, source=data.name)
    pictures = [sample for label in Label for sample in read.samples if sample.label is label and sample.box is None]
    labels = [sample.label for sample in pictures]
    if len(set(labels)) < 2:
        raise InputError(f"{data}: expected folders of pictures named with_mask, without_mask, ...")
    _, validation = train_test_split(range(len(pictures)), test_size=share, stratify=labels, random_state=seed)
    chosen = set(validation)
    samples = tuple(
        sample.model_copy(
            update={
                "group": Path(sample.file).stem,
                "sha256": sha256_of(read.root / sample.file),
                "part": Part.VALIDATION if index in chosen else Part.TRAIN,
            }
        )
        for index, sample in enumerate(tqdm(pictures, desc="reading", unit="picture", leave=False, disable=None))
    )
    return Split(root=data.resolve(), seed=seed, samples=samples)


def check(split: Split) -> None:
    """Prove that no group and no picture lies in two parts.

    Raises:
        InputError: naming the first that does.
    """
    for key in ("group", "file", "sha256"):
        seen: dict[str, Part] = {}
        for sample in split.samples:
            value = getattr(sample, key)
            if value and seen.setdefault(value, sample.part) is not sample.part:
                raise InputError(f"{key} {value} lies in {seen[value]} and {sample.part}; make the split again")


def table(split: Split) -> str:
    """The split as Markdown: faces per source, label and part, and how many pictures were dropped for which reason."""
    counts = Counter((sample.source, _class_of(sample), sample.part) for sample in split.samples)
    lines = ["| source | label | " + " | ".join(Part) + " |", "|---|---|" + "---:|" * len(Part)]
    for source, label in sorted({key[:2] for key in counts}):
        lines.append(f"| {source} | {label} | " + " | ".join(str(counts[source, label, part]) for part in Part) + " |")
    pictures = Counter(part for _, part in {(sample.file, sample.part) for sample in split.samples})
    lines.append("| pictures | | " + " | ".join(str(pictures[part]) for part in Part) + " |")
    lines += ["", "| dropped because | pictures |", "|---|---:|"]
    reasons = Counter(drop.why.split(" of ")[0].split(":")[0] for drop in split.dropped)
    lines += [f"| {reason} | {count} |" for reason, count in reasons.most_common()]
    return "\n".join(lines)


def _class_of(sample: Sample) -> str:
    return "ignored" if sample.ignore else sample.label or "face"


def _known_groups(samples: Sequence[Sample], known: Mapping[str, Part]) -> dict[str, Part]:
    rank = {part: number for number, part in enumerate(Part)}
    fixed: dict[str, Part] = {}
    for sample in samples:
        part = known.get(sample.sha256[:PREFIX])
        if part is not None:
            fixed[sample.group] = max(fixed.get(sample.group, part), part, key=rank.__getitem__)
    return fixed


def _fresh_groups(samples: Sequence[Sample], seed: int, shares: Shares) -> dict[str, Part]:
    groups = sorted({sample.group for sample in samples})
    if len(groups) < shares.folds:
        return dict.fromkeys(groups, Part.TRAIN)
    strata = _strata(samples, fewest=shares.folds)
    folds = StratifiedGroupKFold(n_splits=shares.folds, shuffle=True, random_state=seed)
    part_of: dict[str, Part] = {}
    with warnings.catch_warnings():
        # A stratum with fewer faces than folds cannot be spread evenly; its faces still land somewhere.
        warnings.simplefilter("ignore", UserWarning)
        parts = folds.split(np.zeros(len(samples)), strata, [sample.group for sample in samples])
        for fold, (_, chosen) in enumerate(parts):
            for index in chosen:
                part_of[samples[int(index)].group] = shares.part(fold)
    return part_of


def _strata(samples: Sequence[Sample], *, fewest: int) -> list[str]:
    """Source, label and kind of mask of each; those with fewer faces than folds are taken together."""
    strata = [f"{sample.source}:{sample.label}:{sample.kind}" for sample in samples]
    counts = Counter(strata)
    return [stratum if counts[stratum] >= fewest else "rare" for stratum in strata]
