"""Which pictures of a run are looked at, and how a face is cut out of them."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from convert.pictures import labelled_pictures
from convert.run import Run, open_run
from edge.errors import InputError
from edge.types import Box, Label


def test_parts_are_told_apart(finished_run: Path) -> None:
    """In the order of the split file; a picture is read when asked for."""
    run = open_run(finished_run)
    train, validation = labelled_pictures(run, "train"), labelled_pictures(run, "validation")
    assert [picture.path.name for picture in train[:2]] == ["with_mask-0.png", "with_mask-2.png"]
    assert not set(train) & set(validation)
    face = train[0].face(margin=0.0)
    assert face.shape == (20, 20, 3)
    assert np.argmax(face.mean(axis=(0, 1))) == 2


def test_pictures_without_a_label_of_the_model_are_left_out(run_folder: Path) -> None:
    """A face of unknown label, that nobody could tell, or of a label that the model does not know proves nothing."""
    path = run_folder / "split.json"
    split = json.loads(path.read_text())
    split["samples"][0]["label"] = None
    split["samples"][2]["ignore"] = True
    path.write_text(json.dumps(split))
    facts = json.loads((run_folder / "model.json").read_text())
    (run_folder / "model.json").write_text(json.dumps(facts | {"labels": facts["labels"][:2]}))
    assert len(labelled_pictures(open_run(run_folder), "train")) == 10


def test_a_box_is_cut_out(run_folder: Path) -> None:
    """Where the split names a box, the face is that square and not the whole picture."""
    path = run_folder / "split.json"
    split = json.loads(path.read_text())
    split["samples"][0]["box"] = [4, 4, 12, 12]
    path.write_text(json.dumps(split))
    assert labelled_pictures(open_run(run_folder), "train")[0].face(margin=0.25).shape == (12, 12, 3)


def test_refuses_a_part_without_pictures(finished_run: Path) -> None:
    """The colour run has no test part."""
    with pytest.raises(InputError, match="contains no test picture"):
        labelled_pictures(open_run(finished_run), "test")


@pytest.fixture
def crop_run(finished_run: Path, tmp_path: Path) -> Run:
    """The run, as if it had learnt from two crops of one face, one of them with a drawn mask."""
    image = np.zeros((30, 30, 3), np.uint8)
    image[10:20, 10:20] = 255
    cv2.imwrite(str(tmp_path / "a.png"), image)
    record = {"file": "a.png", "part": "train", "source": "wider", "group": "g", "box": [10, 10, 20, 20], "weight": 0.5}
    records = [record | {"label": "without_mask"}, record | {"label": "incorrect_mask", "synthetic": "chin"}]
    (tmp_path / "crops.json").write_text(json.dumps({"format": 1, "margin": 0.5, "records": records}))
    return open_run(finished_run, crops=tmp_path)


def test_crops_have_the_face_s_box(crop_run: Run) -> None:
    """A crop is wider than the face; the kiosk's margin decides how much of it is seen."""
    (picture,) = labelled_pictures(crop_run, "train")
    assert (picture.label, picture.source, picture.box) == (Label.WITHOUT_MASK, "wider", Box(10, 10, 20, 20))
    assert picture.face(margin=0.0).min() == 255
    assert picture.face(margin=0.5).shape == (20, 20, 3)


def test_drawn_masks_are_no_yardstick(crop_run: Run) -> None:
    """They are told only to who asks, and marked."""
    both = labelled_pictures(crop_run, "train", drawn=True)
    assert [(picture.label, picture.drawn) for picture in both] == [
        (Label.WITHOUT_MASK, False),
        (Label.INCORRECT_MASK, True),
    ]
