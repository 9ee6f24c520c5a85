"""Whether a set gives its classes away without the faces."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import InputError
from edge.networks.manifest import InputSpec
from edge.types import Label
from training.data.samples import Part, Sample, Split
from training.faces.shortcuts import FEATURES, Cues, measure, prepared_cues, raw_cues, report
from training.faces.store import CropRecord, CropStore

RNG = np.random.default_rng(0)
SPEC = InputSpec(width=32, height=32)


def cues(values: object) -> Cues:
    labels = np.array(["with_mask", "without_mask"] * 100)
    return Cues("set", np.asarray(values, float), labels, np.array([f"g{n // 2}" for n in range(200)]))


def test_finds_a_cue() -> None:
    """A width that differs by class is found, alone and with the others; the other columns tell nothing."""
    values = RNG.normal(size=(200, 4))
    values[::2, 0] += 6
    found = measure(cues(values))
    assert found.chance == 0.5
    assert found.together > 0.95
    assert found.alone[0] > 0.95
    assert max(found.alone[1:]) < 0.65


def test_noise_is_no_cue() -> None:
    """Where no column depends on the class the score is near guessing."""
    assert measure(cues(RNG.normal(size=(200, 4)))).together == pytest.approx(0.5, abs=0.12)


def test_groups_do_not_help() -> None:
    """A value peculiar to a group, not to a class, tells nothing: groups are never in two folds."""
    values = np.repeat(RNG.normal(size=(100, 1)), 2, axis=0).repeat(4, axis=1)
    assert measure(cues(values)).together == pytest.approx(0.5, abs=0.12)


@pytest.mark.parametrize("labels", [["with_mask"] * 200, ["with_mask"] * 197 + ["without_mask"] * 3])
def test_refuses_too_few(labels: list[str]) -> None:
    """One class only, or one with fewer faces than folds, cannot be measured."""
    found = cues(RNG.normal(size=(200, 4)))
    with pytest.raises(InputError, match="too few"):
        measure(Cues("set", found.values, np.array(labels), found.groups))


def test_reads_raw_files(tmp_path: Path) -> None:
    """Raw cues are width, height, bytes and sharpness of the training part's files of one source."""
    cv2.imwrite(str(tmp_path / "a.jpg"), RNG.integers(0, 256, (20, 30, 3), np.uint8))
    samples = tuple(
        Sample(file="a.jpg", label=Label.WITH_MASK, group="a", source=source, part=part)
        for source, part in (("crops", Part.TRAIN), ("crops", Part.TEST), ("other", Part.TRAIN))
    )
    found = raw_cues(Split(root=tmp_path, seed=0, samples=samples), "crops", "files")
    assert found.values.shape == (1, len(FEATURES))
    size = np.log((tmp_path / "a.jpg").stat().st_size)
    assert found.values[0, :3] == pytest.approx([30, 20, size])


@pytest.mark.parametrize("seed", [None, 0])
def test_prepared_pictures_have_one_size(tmp_path: Path, seed: int | None) -> None:
    """What a network is fed has the same width and height whatever the crop."""
    records = []
    for side in (40, 90):
        records.append(
            CropRecord(
                file=f"{side}.jpg", label=Label.WITH_MASK, part=Part.TRAIN, source="s", group="g", box=(5, 5, 30, 35)
            )
        )
        CropStore(tmp_path, (), margin=0.5).add_picture(f"{side}.jpg", np.full((side, side, 3), 99, np.uint8))
    found = prepared_cues(CropStore(tmp_path, tuple(records), margin=0.5), "crops", spec=SPEC, seed=seed)
    assert found.values[:, :2].tolist() == [[32, 32], [32, 32]]


def test_reports_a_row_each() -> None:
    """The report is a Markdown table with one row per set, in percent."""
    lines = report([measure(cues(RNG.normal(size=(200, 4))))]).splitlines()
    assert len(lines) == 3
    assert lines[2].startswith("| set | 200 | 50.0% |")
