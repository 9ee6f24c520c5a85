"""From pixels to a network's input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.networks.manifest import InputSpec
from edge.networks.preprocess import crop_square, input_table, resize, resize_to, to_input
from edge.types import Box

SPEC = InputSpec(width=4, height=4)


def picture(height: int = 20, width: int = 30) -> np.ndarray:
    """Every pixel tells its place: blue is the row, green the column."""
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0] = np.arange(height)[:, None]
    image[..., 1] = np.arange(width)
    return image


def test_crop_inside_is_the_square_around_the_box() -> None:
    """A box of 4 x 6 with margin 0.5 becomes 12 x 12 around the same centre."""
    crop = crop_square(picture(), Box(10, 6, 14, 12), margin=0.5)
    assert crop.shape == (12, 12, 3)
    assert crop[0, 0].tolist() == [3, 6, 0]


def test_crop_over_the_edge_repeats_the_border() -> None:
    """A face at the edge stays centred, and its proportions stay."""
    crop = crop_square(picture(), Box(0, 0, 10, 10), margin=0.2)
    assert crop.shape == (14, 14, 3)
    assert crop[0, 0].tolist() == [0, 0, 0]
    assert crop[7, 7].tolist() == [5, 5, 0]


@given(
    st.integers(0, 29), st.integers(0, 19), st.integers(1, 40), st.integers(1, 40), st.sampled_from([0.0, 0.15, 1.0])
)
def test_crop_is_always_square(x: int, y: int, width: int, height: int, margin: float) -> None:
    """Whatever part of the picture the box covers, the crop is a square of the promised size."""
    side = max(1, round(max(width, height) * (1 + 2 * margin)))
    assert crop_square(picture(), Box(x, y, x + width, y + height), margin=margin).shape == (side, side, 3)


def test_crop_refuses_a_box_outside() -> None:
    """A box beside the picture is a bug of the caller, and is told as such."""
    with pytest.raises(ValueError, match="inside the 30x20 picture"):
        crop_square(picture(), Box(30, 0, 40, 10), margin=0)


@pytest.mark.parametrize("side", [1, 3, 4, 9, 300])
def test_resize_reaches_the_networks_size(side: int) -> None:
    """Small and large crops alike come out at the network's size."""
    assert resize(np.full((side, side, 3), 7, np.uint8), SPEC).tolist() == np.full((4, 4, 3), 7).tolist()


@pytest.mark.parametrize("size", [(64, 96), (61, 90), (24, 40), (16, 24)])
def test_shrinking_averages_and_does_not_pick(size: tuple[int, int]) -> None:
    """Noise comes out grey, whatever the factor, and brightness is kept."""
    image = np.random.default_rng(1).integers(0, 2, (*size, 3), np.uint8) * 255
    small = resize_to(image, 12, 8)
    assert small.shape == (8, 12, 3)
    assert small.mean() == pytest.approx(image.mean(), abs=3)
    assert small.std() < 0.55 * image.std()


def test_a_repeated_halving_is_an_average_by_area() -> None:
    """A quarter of the size is the mean of sixteen pixels, but for rounding."""
    image = np.random.default_rng(2).integers(0, 256, (72, 128, 3), np.uint8)
    mean = image.reshape(18, 4, 32, 4, 3).mean(axis=(1, 3))
    assert np.abs(resize_to(image, 32, 18) - mean).max() <= 1.5


def test_input_is_scaled_and_ordered() -> None:
    """A BGR picture enters an RGB network as v / 127.5 - 1, red first."""
    image = np.full((4, 4, 3), (0, 51, 255), np.uint8)
    batch = to_input(image, SPEC, input_table(SPEC))
    assert batch.shape == (1, 4, 4, 3)
    assert batch.dtype == np.float32
    assert batch[0, 0, 0].tolist() == pytest.approx([1.0, -0.6, -1.0])


def test_caffe_preprocessing_is_expressible() -> None:
    """ResNet50's own preprocessing, BGR less the mean of ImageNet, is data too."""
    spec = InputSpec(width=4, height=4, channel_order="BGR", scale=(1, 1, 1), offset=(-103.939, -116.779, -123.68))
    image = np.full((4, 4, 3), (100, 110, 120), np.uint8)
    assert to_input(image, spec, input_table(spec))[0, 0, 0].tolist() == pytest.approx(
        [-3.939, -6.779, -3.68], abs=1e-4
    )


def test_quantised_input_rounds_as_the_model_does() -> None:
    """int8 input is round(value / step) + zero point, clipped."""
    table = input_table(SPEC, quantization=(2 / 255, 0))
    assert table.dtype == np.int8
    assert table[[0, 128, 255], 0].tolist() == [-128, 0, 127]


def test_input_refuses_a_wrong_size() -> None:
    """A picture that was not resized is refused, not stretched."""
    with pytest.raises(ValueError, match="expected shape"):
        to_input(np.zeros((5, 4, 3), np.uint8), SPEC, input_table(SPEC))
