"""Tests of training.evaluation.kinds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edge.types import MaskKind
from tests.training.judged import some_answers
from training.evaluation.answers import Answers
from training.evaluation.figures import figures
from training.evaluation.kinds import kind_figures
from training.evaluation.tables import tables

RESPIRATOR, SURGICAL, CLOTH, _ = MaskKind
SAID = {RESPIRATOR: (0.7, 0.1, 0.1, 0.1), SURGICAL: (0.1, 0.7, 0.1, 0.1), CLOTH: (0.1, 0.1, 0.7, 0.1)}

Face = tuple[MaskKind | None, MaskKind]
"""True kind, and what it was called."""


def answers(*faces: Face, truth: tuple[int, ...] = (0,) * 5) -> Answers:
    plain = some_answers(truth=truth[: len(faces)])
    traits = tuple(replace(trait, kind=kind) for trait, (kind, _) in zip(plain.traits, faces, strict=True))
    of_kinds = np.array([SAID[called] for _, called in faces], np.float32)
    return replace(plain, traits=traits, kinds=tuple(MaskKind), of_kinds=of_kinds)


RIGHT, WRONG = (RESPIRATOR, RESPIRATOR), (RESPIRATOR, CLOTH)


def test_a_model_without_kinds_has_no_figures() -> None:
    """Nor has one that is shown no mask of known kind; the report speaks of neither."""
    assert kind_figures(some_answers()) is None
    assert kind_figures(answers((None, RESPIRATOR), (RESPIRATOR, RESPIRATOR), truth=(0, 1))) is None
    assert "Kinds of masks" not in {table.title for table in tables(figures(some_answers()))}


def test_figures_by_hand() -> None:
    """Two respirators, one of them called cloth; a surgical mask and a cloth one, both right; one of unknown kind."""
    found = kind_figures(answers(RIGHT, WRONG, (SURGICAL, SURGICAL), (CLOTH, CLOTH), (None, RESPIRATOR)))
    assert found is not None
    assert (found.faces, found.accuracy) == (4, 0.75)
    assert found.confusion == ((1, 0, 1, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 0))
    assert found.balanced == pytest.approx((0.5 + 1 + 1) / 3)
    assert found.respirator == pytest.approx((0.5 + 1) / 2)


def test_only_masks_that_are_worn_properly_count() -> None:
    """The kind of a mask on a chin is nobody's business at a door."""
    found = kind_figures(answers(RIGHT, WRONG, truth=(0, 2)))
    assert found is not None
    assert (found.faces, found.accuracy) == (1, 1.0)


def test_the_report_has_a_table() -> None:
    """A row for each kind, with the recall's interval; a dash where there is no such mask."""
    found = tables(figures(answers(RIGHT, WRONG, (SURGICAL, SURGICAL))))
    (table,) = (one for one in found if one.title == "Kinds of masks")
    assert table.rows[0] == ("respirator", "1", "0", "1", "0", "0.5000 (0.09 to 0.91)")
    assert table.rows[3][-1] == "-"
    assert {len(row) for row in table.rows} == {len(table.columns)}
