"""What is drawn into a crop store, and on whom."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from edge.types import MODEL_LABELS, Face, Image, Label
from tests.training.drawn_faces import BOX, detect_standard_face, find_standard_face, skin_picture
from training.data.samples import Part
from training.faces.store import CropRecord, CropStore
from training.synthetic.landmarks import LandmarkFinder
from training.synthetic.masks import Wear
from training.synthetic.synthesis import DRAWN_SHARE, SHARES, add_drawn, collect_swatches, weighed

FINDER = cast(LandmarkFinder, find_standard_face)


def record(file: str, **changes: object) -> CropRecord:
    fields = {"file": file, "label": Label.WITHOUT_MASK, "part": Part.TRAIN, "source": "s", "group": f"g-{file}"}
    return CropRecord.model_validate(fields | {"box": BOX.xyxy, "face_px": 171} | changes)


def store(path: Path, *records: CropRecord) -> CropStore:
    filled = CropStore(path, records, margin=0.5)
    for entry in records:
        filled.add_picture(entry.file, skin_picture())
    return filled


def test_draws_on_bare_training_faces_only(tmp_path: Path) -> None:
    """Test faces, masked, small, undetected, half hidden and already drawn ones stay as they are; the group is kept."""
    plain = store(
        tmp_path,
        record("bare.jpg", tags=("beard",)),
        record("test.jpg", part=Part.TEST),
        record("masked.jpg", label=Label.WITH_MASK),
        record("small.jpg", face_px=40),
        record("annotated.jpg", detected=False),
        record("drawn.jpg", synthetic="hand"),
        record("drinking.jpg", tags=("cup",)),
    )
    grown = add_drawn(plain, FINDER, detect_standard_face, seed=0)
    added = grown.records[len(plain.records) :]
    assert grown.records[: len(plain.records)] == plain.records
    assert len(added) == 3
    assert {(entry.group, entry.part) for entry in added} == {("g-bare.jpg", Part.TRAIN)}
    assert all(entry.synthetic and not entry.tags for entry in added)
    assert CropStore.load(tmp_path).records == grown.records


def test_every_class_is_drawn_with_its_label(tmp_path: Path) -> None:
    """Over many faces all things come up, labelled by how they are worn; each class has drawn faces."""
    grown = add_drawn(store(tmp_path, *(record(f"{n}.jpg") for n in range(25))), FINDER, detect_standard_face, seed=1)
    drawn = [entry for entry in grown.records if entry.synthetic]
    labels = Counter(entry.label for entry in drawn)
    assert min(labels[label] for label in MODEL_LABELS) >= 8
    for entry in drawn:
        wear = entry.synthetic.split("-", 1)[-1]
        expected = Wear(wear).label if wear in set(Wear) else Label.WITHOUT_MASK
        assert entry.label is expected


def test_the_seed_decides(tmp_path: Path) -> None:
    """The same seed draws the same; another one something else."""
    runs = [
        [entry.synthetic for entry in add_drawn(
            store(tmp_path / str(n), *(record(f"{i}.jpg") for i in range(4))), FINDER, detect_standard_face, seed=seed
        ).records]
        for n, seed in enumerate((1, 1, 2))
    ]  # fmt: skip
    assert runs[0] == runs[1] != runs[2]


def test_tight_faces_get_no_chin_masks(tmp_path: Path) -> None:
    """Without surroundings below the face nothing is drawn there."""
    tight = store(tmp_path, *(record(f"{n}.jpg", box=(40, 60, 260, 355)) for n in range(30)))
    kinds = {entry.synthetic.split("-", 1)[-1] for entry in add_drawn(tight, FINDER, no_face, seed=0).records}
    assert kinds & {"correct", "nose-out"}
    assert not kinds & {"chin", "one-ear", "scarf", "visor"}


def no_face(_image: Image) -> tuple[Face, ...]:
    return ()


def test_the_old_box_is_kept_when_the_face_is_lost(tmp_path: Path) -> None:
    """When the detector no longer finds the face, its box before drawing is used and marked as such."""
    grown = add_drawn(store(tmp_path, record("bare.jpg")), FINDER, no_face, seed=0)
    assert [(entry.box, entry.detected) for entry in grown.records[1:]] == [(BOX.xyxy, False)] * 3


def test_cloth_is_cut_from_training_masks(tmp_path: Path) -> None:
    """Swatches come from large masked training faces and from no others."""
    masked = {"label": Label.WITH_MASK}
    filled = store(
        tmp_path,
        record("a.jpg", **masked),
        record("b.jpg", part=Part.TEST, **masked),
        record("c.jpg", face_px=60, **masked),
        record("d.jpg"),
    )
    (swatch,) = collect_swatches(filled, FINDER, np.random.default_rng(0))
    assert swatch.mean(axis=(0, 1)) * 255 == pytest.approx(skin_picture()[0, 0], abs=4)


def test_looking_drawn_is_no_cue() -> None:
    """Drawn faces have the same share of every class's weight, however many of each there are."""
    real = [record("1.jpg", weight=0.5), record("2.jpg", label=Label.WITH_MASK), record("3.jpg", part=Part.TEST)] * 3
    drawn = [record("4.jpg")] * 2 + [record("5.jpg", label=Label.WITH_MASK)] * 7
    for label, weight in ((Label.WITHOUT_MASK, 1.5), (Label.WITH_MASK, 3.0)):
        share = sum(entry.weight for entry in weighed(real, drawn) if entry.label is label)
        assert share / (share + weight) == pytest.approx(DRAWN_SHARE)


def test_a_class_that_is_only_drawn_counts() -> None:
    """Where no photograph of a class exists its drawings keep a weight."""
    (entry,) = weighed([record("1.jpg")], [record("2.jpg", label=Label.INCORRECT_MASK)])
    assert entry.weight == 1


def test_shares_add_up() -> None:
    """The shares of what is drawn add up to one."""
    assert sum(SHARES.values()) == pytest.approx(1)
