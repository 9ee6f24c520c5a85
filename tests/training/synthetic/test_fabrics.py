"""Swatches of cloth, drawn and cut from real masks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from training.synthetic import fabrics
from training.synthetic.fabrics import COLUMNS, ROWS, SWATCH, Cloth, any_cloth, smooth_noise, swatch_of
from training.synthetic.mesh import CANVAS, to_canvas

DRAWN = [fabrics.surgical, fabrics.plain, fabrics.printed, fabrics.folded, fabrics.cup, fabrics.duckbill]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("draw", DRAWN)
def test_swatches_are_pictures(draw: Callable[[np.random.Generator], Cloth], seed: int) -> None:
    """Every kind is a float32 picture in [0, 1] that is not quite flat."""
    cloth = draw(np.random.default_rng(seed))
    assert cloth.shape == (ROWS, COLUMNS, 3)
    assert cloth.dtype == np.float32
    assert 0 <= cloth.min() <= cloth.max() <= 1
    assert cloth.std(axis=(0, 1)).max() > 0.003


def test_all_kinds_come_up() -> None:
    """Chance leaves no kind of mask out."""
    rng = np.random.default_rng(0)
    assert {any_cloth(rng)[0] for _ in range(120)} == {"surgical", "cloth", "printed", "ffp2", "cup", "duckbill"}


@pytest.mark.parametrize(("top", "kept"), [((200, 180, 120), True), ((90, 120, 190), False)])
def test_cuts_cloth_from_a_flat_face(top: tuple[int, int, int], kept: bool) -> None:
    """Cloth of one colour is kept; where the upper rim shows skin the mask hangs below the nose, and is not."""
    flat = np.full((*CANVAS, 3), (200, 180, 120), np.uint8)
    first = int(to_canvas(np.array([[SWATCH[0], SWATCH[1]]], np.float32))[0, 1])
    flat[: first + 18] = top
    swatch = swatch_of(flat)
    assert (swatch is not None) is kept
    assert swatch is None or swatch[100, 100] == pytest.approx(np.array([200, 180, 120]) / 255, abs=0.01)


@pytest.mark.parametrize("size", [(50, 50), (192, 256)])
def test_noise_is_normalised(size: tuple[int, int]) -> None:
    """Noise has mean 0 and deviation 1; coarser grain changes more slowly."""
    fine, coarse = (smooth_noise(np.random.default_rng(0), grain, size) for grain in (2, 20))
    assert fine.shape == size
    assert float(fine.mean()) == pytest.approx(0, abs=1e-4)
    assert float(coarse.std()) == pytest.approx(1)
    assert np.abs(np.diff(coarse)).mean() < 0.5 * np.abs(np.diff(fine)).mean()
