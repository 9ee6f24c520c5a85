"""Tests of training.evaluation.figures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from edge.errors import InputError
from edge.types import Label
from tests.training.judged import some_figures
from training.evaluation.figures import as_record, save_evaluation


def test_figures_by_hand() -> None:
    """Every figure of five faces, worked out by hand."""
    found = some_figures()
    assert found.faces == 5
    assert found.accuracy == pytest.approx(2 / 5)
    assert found.likeliest == pytest.approx(3 / 5)
    assert found.mask_or_not == pytest.approx(3 / 5)
    assert found.uncertain == pytest.approx(1 / 5)
    assert found.confusion == ((1, 0, 0, 1), (0, 1, 0, 0), (1, 1, 0, 0))
    assert found.macro_f1 == pytest.approx((2 * 1 / (2 + 2) + 2 * 1 / (1 + 2) + 0) / 3)
    assert found.log_loss == pytest.approx(-np.log([0.9, 0.45, 0.7, 0.4, 0.3]).mean())
    assert found.roc.area == pytest.approx(5 / 6)
    assert sum(one.faces for one in found.reliability) == 5
    assert [one.value for one in found.slices if one.trait == "source"] == ["here"]


@pytest.mark.parametrize(("truth", "accuracy", "area"), [((0, 0), 0.5, None), ((1, 2), 0.0, None), ((0, 1), 0.5, 1.0)])
def test_one_kind_of_face_only(truth: tuple[int, ...], accuracy: float, area: float | None) -> None:
    """Figures that need both kinds are absent, the others are there."""
    found = some_figures(truth=truth)
    assert found.accuracy == accuracy
    assert found.roc.area == area


def test_nothing_to_judge() -> None:
    """No face at all is an error, not a page of dashes."""
    with pytest.raises(InputError, match="no face to judge"):
        some_figures(truth=())


def test_the_file_is_plain_json_and_always_the_same(tmp_path: Path) -> None:
    """Labels are text, numbers are numbers, what is unknown is null, and two runs write the same bytes."""
    for name in ("one", "two"):
        save_evaluation(tmp_path / name / "evaluation.json", {"kind": "crops"}, some_figures(), detector="none")
    assert (tmp_path / "one/evaluation.json").read_bytes() == (tmp_path / "two/evaluation.json").read_bytes()
    record = json.loads((tmp_path / "one/evaluation.json").read_text(), parse_constant=pytest.fail)
    assert (record["format"], record["kind"], record["detector"]) == (1, "crops", "none")
    assert record["figures"]["classes"][1]["label"] == Label.WITHOUT_MASK
    assert record["figures"]["classes"][2]["precision"] is None
    assert record["figures"]["confusion"][0] == [1, 0, 0, 1]
    assert record["figures"]["roc_area"] == pytest.approx(5 / 6)
    assert set(record["figures"]) == set(as_record(some_figures()))
