"""Tests of training.evaluation.leaks."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import InputError
from training.data.samples import Part, Sample, Split
from training.evaluation.leaks import Learnt

DATA = Path("faces")
LEARNT = Learnt(trained=frozenset({"a", "b", "twin"}), held_out=frozenset({"c", "twin"}))


def test_a_run_tells_by_its_split_file(tmp_path: Path) -> None:
    """Training part on one side, validation and test on the other; pictures without a hash tell nothing."""
    hashes = {"a": Part.TRAIN, "b": Part.VALIDATION, "c": Part.TEST, "": Part.TRAIN}
    samples = [
        Sample(file=name, label=None, group=name, source="s", sha256=name, part=part) for name, part in hashes.items()
    ]
    Split(root=tmp_path, seed=0, samples=tuple(samples)).save(tmp_path / "split.json")
    assert Learnt.by(str(tmp_path)) == Learnt(frozenset({"a"}), frozenset({"b", "c"}))


def test_nothing_is_known_of_a_converted_model(tmp_path: Path) -> None:
    """A folder without a split file, or a mere name, refuses nothing."""
    for model in (str(tmp_path), "mask-mobilenetv2"):
        assert Learnt.by(model).copies(["a"], Part.TEST, DATA) == 0


@pytest.mark.parametrize("part", [Part.VALIDATION, Part.TEST])
@pytest.mark.parametrize(("pictures", "copies"), [(["c", "d"], 0), (["c", "twin", "twin"], 1), ([""], 0), ([], 0)])
def test_pictures_held_out_are_allowed(pictures: list[str], copies: int, part: Part) -> None:
    """What the run held out may be judged on; exact copies of learnt pictures among it are counted."""
    assert LEARNT.copies(pictures, part, DATA) == copies


@pytest.mark.parametrize("part", [Part.VALIDATION, Part.TEST])
def test_learnt_pictures_are_refused(part: Part) -> None:
    """Pictures of the training part under another name are no test; the error says how many."""
    with pytest.raises(InputError, match="faces: 2 of 3 pictures were in this model's training part"):
        LEARNT.copies(["a", "b", "c", "a"], part, DATA)


@pytest.mark.parametrize("part", [None, Part.TRAIN])
def test_learnt_pictures_may_be_asked_for(part: Part | None) -> None:
    """Whoever asks for the training part, or for all, gets it."""
    assert LEARNT.copies(["a", "b", "c"], part, DATA) == 2
