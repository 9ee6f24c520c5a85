"""What a camera does to a picture."""

from __future__ import annotations

import numpy as np
import pytest

from training.camera import add_noise, compress

GREY = np.full((64, 96, 3), 128, np.uint8)


@pytest.mark.parametrize("coloured", [False, True])
def test_noise_has_its_deviation(coloured: bool) -> None:
    """The same in all channels unless it is coloured; the picture's mean stays."""
    noisy = add_noise(np.random.default_rng(1), GREY, 8.0, coloured=coloured).astype(np.float32)
    assert noisy.std(axis=(0, 1)) == pytest.approx([8.0] * 3, rel=0.05)
    assert noisy.mean() == pytest.approx(127.5, abs=0.5)
    assert bool(np.ptp(noisy, axis=2).any()) is coloured


def test_noise_stays_within_the_scale() -> None:
    """What is white already gets no darker by going round."""
    noisy = add_noise(np.random.default_rng(1), np.full((64, 64, 3), 255, np.uint8), 5.0, coloured=True)
    assert noisy.min() > 200


def test_compression_costs_detail() -> None:
    """A worse quality differs more; size and type stay."""
    picture = np.random.default_rng(2).integers(0, 256, (32, 48, 3), dtype=np.uint8)
    errors = [np.abs(compress(picture, quality).astype(int) - picture).mean() for quality in (95, 20)]
    assert errors[0] < errors[1]
    assert compress(picture, 50).shape == picture.shape
