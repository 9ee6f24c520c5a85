"""The crop store: what is cut, written and read back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import InputError
from edge.networks.manifest import InputSpec
from edge.networks.preprocess import crop_square, resize
from edge.pictures import read_picture
from edge.types import Box, Image, Label
from training.data.samples import Part
from training.faces.store import DEFAULT_MARGIN, LONGEST_SIDE, STORE_FILE, CropRecord, CropStore, cut

SPEC = InputSpec(width=32, height=32, margin=0.15)


def noise(height: int = 90, width: int = 120) -> Image:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def gradient(side: int = 1200) -> Image:
    ramp = np.linspace(0, 255, side)
    across, down = np.meshgrid(ramp, ramp)
    return np.dstack([across, down, 255 - across]).astype(np.uint8)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 100), st.integers(0, 70), st.integers(4, 60), st.integers(4, 60), st.floats(0, DEFAULT_MARGIN - 0.05)
)
def test_the_kiosk_sees_the_same_in_the_crop(left: int, top: int, width: int, height: int, margin: float) -> None:
    """Cut from the store's crop or from the whole picture, the network's square is the same, borders included."""
    image = noise()
    box = Box.clipped(left, top, left + width, top + height, width=120, height=90)
    assert box is not None
    crop, (moved,) = cut(image, (box,))
    assert np.array_equal(crop_square(crop, moved, margin=margin), crop_square(image, box, margin=margin))


def test_large_faces_are_shrunk() -> None:
    """A crop is at most LONGEST_SIDE pixels, its box shrinks with it, and the network still sees nearly the same."""
    box = Box(300, 350, 800, 900)
    crop, (moved,) = cut(gradient(), (box,))
    assert max(crop.shape) == LONGEST_SIDE
    assert moved.longer_side == pytest.approx(box.longer_side * LONGEST_SIDE / 1100, abs=1)
    seen, truth = (
        resize(crop_square(picture, face, margin=0.15), SPEC).astype(int)
        for picture, face in ((crop, moved), (gradient(), box))
    )
    assert np.abs(seen - truth).max() <= 3


def test_one_crop_holds_all_boxes() -> None:
    """Boxes of two origins share a crop wide enough for either."""
    image = noise(300, 300)
    boxes = (Box(100, 100, 150, 160), Box(110, 90, 170, 170))
    crop, moved = cut(image, boxes)
    for box, inside in zip(boxes, moved, strict=True):
        assert np.array_equal(crop_square(crop, inside, margin=0.4), crop_square(image, box, margin=0.4))


def record(**changes: object) -> CropRecord:
    fields = {"file": "ab/1.jpg", "label": "with_mask", "part": "train", "source": "s", "group": "g"}
    return CropRecord.model_validate(fields | {"box": (10, 12, 40, 50)} | changes)


def test_a_saved_store_comes_back(tmp_path: Path) -> None:
    """Records, margin and pictures survive saving; `picture` is what the kiosk would feed its network."""
    store = CropStore(tmp_path, (record(), record(weight=0.3, synthetic="hand", detected=False)), margin=0.5)
    store.add_picture("ab/1.jpg", np.full((60, 60, 3), 90, np.uint8))
    store.save()
    loaded = CropStore.load(tmp_path)
    assert (loaded.records, loaded.margin, len(loaded)) == (store.records, 0.5, 2)
    assert loaded.records[0].label is Label.WITH_MASK
    assert loaded.records[0].part is Part.TRAIN
    assert loaded.face_box(0) == Box(10, 12, 40, 50)
    assert loaded.image(0).shape == (60, 60, 3)
    assert np.array_equal(loaded.picture(0, SPEC), np.full((32, 32, 3), 90, np.uint8))


@pytest.mark.parametrize("content", [None, "{}", '{"format": 2, "margin": 0.5, "records": []}'])
def test_refuses_what_is_no_store(tmp_path: Path, content: str | None) -> None:
    """A missing, damaged or newer store is an error that says how to make one."""
    if content is not None:
        (tmp_path / STORE_FILE).write_text(content)
    with pytest.raises(InputError, match="crops"):
        CropStore.load(tmp_path)


def test_a_missing_picture_is_named(tmp_path: Path) -> None:
    """A record whose picture is gone raises an error with the file's name."""
    with pytest.raises(InputError, match=r"1\.jpg"):
        CropStore(tmp_path, (record(),), margin=0.5).image(0)


def test_crops_are_jpeg(tmp_path: Path) -> None:
    """Crops are written as JPEG of high quality: colours stay within a few levels."""
    store = CropStore(tmp_path, (), margin=0.5)
    store.add_picture("x.jpg", gradient(64))
    assert (tmp_path / "x.jpg").read_bytes().startswith(b"\xff\xd8")
    assert np.abs(read_picture(tmp_path / "x.jpg").astype(int) - gradient(64)).mean() < 4
