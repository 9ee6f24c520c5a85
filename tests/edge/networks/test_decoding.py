"""Decoding of face detectors' outputs, on hand-made arrays."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from edge.networks.decoding import decode_res10, decode_ssd, decode_yunet
from edge.networks.manifest import Level
from edge.types import Box, Face

LEVELS = (Level(stride=8, boxes=((16, 16), (32, 40))), Level(stride=16, boxes=((64, 80),)))
NAN, INF = float("nan"), float("inf")


def res10(*rows: tuple[float, ...]) -> tuple[Face, ...]:
    """Decode rows of score and corners, given as shares, for a 200x100 picture."""
    output = np.array([[0, 1, *row] for row in rows], np.float32).reshape(1, 1, -1, 7)
    return decode_res10(output, min_score=0.5, width=200, height=100)


def yunet(*rows: tuple[float, ...]) -> tuple[Face, ...]:
    """The same rows in YuNet's form."""
    output = np.array([[x1, y1, x2 - x1, y2 - y1, *[0] * 10, score] for score, x1, y1, x2, y2 in rows], np.float32)
    return decode_yunet(output.reshape(-1, 15), min_score=0.5, width=200, height=100)


def maps() -> list[np.ndarray]:
    """No face anywhere: the outputs for a 64x32 input."""
    outputs = [np.zeros((1, 10, 4, 8), np.float32), np.zeros((1, 5, 2, 4), np.float32)]
    for output in outputs:
        output[0, 4::5] = -10
    return outputs


def ssd(
    outputs: list[np.ndarray], *, min_score: float = 0.5, max_overlap: float = 0.4, width: int = 64, height: int = 32
) -> tuple[Face, ...]:
    """Decode maps of LEVELS for a 64x32 input."""
    return decode_ssd(
        outputs,
        levels=LEVELS,
        variances=(0.1, 0.2),
        min_score=min_score,
        max_overlap=max_overlap,
        input_size=(64, 32),
        width=width,
        height=height,
    )


@pytest.mark.parametrize("decode", [res10, yunet])
@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], []),
        ([(0.9, 0.1, 0.2, 0.3, 0.6)], [(20, 20, 60, 60)]),
        ([(0.6, 0.0, 0.0, 0.5, 0.5), (0.9, 0.5, 0.5, 1.0, 1.0)], [(100, 50, 200, 100), (0, 0, 100, 50)]),
        ([(0.49, 0.1, 0.2, 0.3, 0.6)], []),
        ([(0.9, -0.2, -0.1, 1.4, 1.1)], [(0, 0, 200, 100)]),
        ([(0.9, 1.1, 0.2, 1.3, 0.6)], []),
        ([(0.9, 0.3, 0.2, 0.3, 0.6)], []),
        ([(NAN, 0.1, 0.2, 0.3, 0.6), (0.9, NAN, 0.2, 0.3, 0.6), (0.9, 0.1, 0.2, INF, 0.6)], []),
    ],
    ids=["none", "one", "best first", "unsure", "clipped", "outside", "empty", "not finite"],
)
def test_faces_from_ready_boxes(
    decode: Callable[..., tuple[Face, ...]], rows: list[tuple[float, ...]], expected: list[tuple[int, ...]]
) -> None:
    """Boxes given as shares of the picture become pixels, best first, inside the picture or not at all."""
    assert [face.box.xyxy for face in decode(*rows)] == expected


def test_yunet_says_none_for_no_face() -> None:
    """FaceDetectorYN returns None instead of an empty array."""
    assert decode_yunet(None, min_score=0.5, width=10, height=10) == ()


def test_score_just_above_one_is_one() -> None:
    """A rounding error in a softmax is no reason to refuse a face."""
    assert res10((1.0000001, 0.1, 0.2, 0.3, 0.6))[0].score == 1.0


@pytest.mark.parametrize("decode", [decode_res10, decode_yunet])
def test_wrong_shape_is_refused(decode: Callable[..., tuple[Face, ...]]) -> None:
    """An output of another network is named with the shape that was expected."""
    with pytest.raises(ValueError, match=r"received \(1, 4\)"):
        decode(np.zeros((1, 4), np.float32), min_score=0.5, width=10, height=10)


def test_ssd_finds_nothing_in_an_empty_map() -> None:
    """No cell above the threshold, no face."""
    assert ssd(maps()) == ()


def test_ssd_default_box_lies_around_its_cell() -> None:
    """Zero offsets give the default box, centred on the middle of the cell, scaled to the picture."""
    outputs = maps()
    outputs[0][0, 4, 1, 3] = 2.0
    (face,) = ssd(outputs, width=128, height=96)
    centre_x, centre_y = 3.5 * 8, 1.5 * 8
    assert face.box == Box(int(2 * (centre_x - 8)), int(3 * (centre_y - 8)), int(2 * (centre_x + 8)), 60)
    assert face.score == pytest.approx(1 / (1 + math.exp(-2)))


def test_ssd_offsets_move_and_scale_the_second_default_box_of_a_cell() -> None:
    """Offsets count in default boxes times the first variance, sizes in logarithms times the second."""
    outputs = maps()
    outputs[0][0, 5:10, 2, 4] = (2.5, -1.0, math.log(0.5) / 0.2, math.log(0.25) / 0.2, 5.0)
    (face,) = ssd(outputs)
    centre_x, centre_y = 4.5 * 8 + 2.5 * 0.1 * 32, 2.5 * 8 - 0.1 * 40
    assert face.box == Box(int(centre_x - 8), int(centre_y - 5), int(centre_x + 8), int(centre_y + 5))


def test_ssd_keeps_the_better_of_two_overlapping_boxes_and_both_of_two_apart() -> None:
    """Neighbouring cells see the same face; a box elsewhere is another face."""
    outputs = maps()
    outputs[0][0, 9, 1, 3], outputs[0][0, 9, 1, 4], outputs[0][0, 9, 1, 7] = 1.0, 3.0, 2.0
    scores = [face.score for face in ssd(outputs)]
    assert scores == pytest.approx([1 / (1 + math.exp(-3)), 1 / (1 + math.exp(-2))])


def test_ssd_large_level_covers_the_picture_and_is_clipped() -> None:
    """A face larger than the picture ends at its border."""
    outputs = maps()
    outputs[1][0, :, 1, 2] = (0, 0, 5, 5, 4)
    assert ssd(outputs)[0].box == Box(0, 0, 64, 32)


@pytest.mark.parametrize("value", [NAN, INF, -INF])
@pytest.mark.parametrize("channel", range(5))
def test_ssd_survives_values_that_are_not_finite(value: float, channel: int) -> None:
    """A broken cell gives no face or one inside the picture, never an error, and does not hide another face."""
    outputs = maps()
    outputs[0][0, 4, 0, 0], outputs[0][0, 4, 3, 7] = 3.0, 3.0
    outputs[0][0, channel, 0, 0] = value
    faces = ssd(outputs)
    assert Box(52, 20, 64, 32) in [face.box for face in faces]
    assert all(face.box.x2 <= 64 and face.box.y2 <= 32 for face in faces)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_ssd_threshold_at_its_limits(share: float) -> None:
    """0 and 1 are thresholds too: everything, and only certainty."""
    outputs = maps()
    outputs[1][0, 4, 0, 0] = 20
    assert (len(ssd(outputs, min_score=share)) > 1) == (share == 0.0)


@pytest.mark.parametrize("outputs", [maps()[:1], [maps()[0], maps()[0]], [maps()[0][0], maps()[1]]])
def test_ssd_refuses_outputs_that_do_not_fit(outputs: list[np.ndarray]) -> None:
    """Too few maps, or maps with other channels, mean another network than the manifest's."""
    with pytest.raises(ValueError, match="expected"):
        ssd(outputs)


@pytest.mark.parametrize(("max_overlap", "kept"), [(0.4, 2), (0.3, 1)])
def test_ssd_counts_overlap_against_the_best(max_overlap: float, kept: int) -> None:
    """Boxes half a width apart have an IoU of 1/3: both survive a limit of 0.4, the better one a limit of 0.3."""
    outputs = maps()
    outputs[0][0, 4, 1, 3], outputs[0][0, 4, 1, 4] = 1.0, 3.0
    best, *others = ssd(outputs, max_overlap=max_overlap)
    assert best.score == pytest.approx(1 / (1 + math.exp(-3)))
    assert len(others) == kept - 1
