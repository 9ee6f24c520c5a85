"""The detector rests where nothing moves, and only there."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
import pytest
from skimage import data

from edge.chain.motion import MotionGate, sketch
from edge.types import Box, Face, Frame, Image

FPS = 30.0
FACE = Face(Box(10, 10, 60, 70), 0.9)


class Looks:
    """A finder that counts its looks and finds as many faces as it has looked."""

    def __init__(self) -> None:
        self.at: list[float] = []

    def __call__(self, frame: Frame) -> tuple[Face, ...]:
        self.at.append(frame.taken_at)
        return (FACE,) * len(self.at)


def scene() -> Image:
    """A real photograph of 640 x 480."""
    picture = data.astronaut()[:480, :, ::-1]
    return np.ascontiguousarray(np.concatenate([picture, picture[:, :128]], axis=1))


def watch(gate: MotionGate, pictures: Iterable[Image]) -> list[int]:
    """How many faces the gate gives for each picture."""
    return [len(gate(Frame(picture.copy(), index / FPS, index))) for index, picture in enumerate(pictures)]


def noisy(picture: Image, *, seed: int, sigma: float = 6.0) -> Image:
    noise = np.random.default_rng(seed).normal(0, sigma, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def test_a_still_scene_is_looked_at_now_and_then() -> None:
    """In every frame for half a second, then twice a second, in spite of the camera's noise; faces stay meanwhile."""
    looks = Looks()
    found = watch(MotionGate(looks, min_change=6, still_s=0.5), (noisy(scene(), seed=n) for n in range(90)))
    # The first picture is movement: half a second later the rest begins.
    assert len([at for at in looks.at if at < 0.5]) == 15
    assert [round(at, 1) for at in looks.at if at >= 0.5] == pytest.approx([1.0, 1.5, 2.0, 2.5], abs=0.11)
    assert found == sorted(found)
    assert min(found) > 0


def test_faint_faces_are_handed_on_and_keep_nobody_looking() -> None:
    """They are blurred, but a scene with nothing else in it is as good as empty."""
    faint = Face(FACE.box, 0.3)
    at: list[float] = []

    def find(frame: Frame) -> tuple[Face, ...]:
        at.append(frame.taken_at)
        return (faint,)

    gate = MotionGate(find, min_change=6, still_s=0.5, min_score=0.5)
    assert watch(gate, [scene()] * 24) == [1] * 24
    assert len(at) == 4


def test_an_empty_scene_is_left_alone_after_three_looks() -> None:
    """From the start and after every movement; a face found later is looked at until it has been still."""
    at: list[float] = []
    found: list[tuple[Face, ...]] = [()] * 6 + [(FACE,)] * 100

    def find(frame: Frame) -> tuple[Face, ...]:
        at.append(frame.taken_at)
        return found[len(at) - 1]

    other = np.asarray(cv2.flip(scene(), 1), np.uint8)
    watch(MotionGate(find, min_change=6, still_s=0.5), [*[scene()] * 10, *[other] * 50])
    # Three and three looks at nobody, then one each half second; a face found then stands in a still picture.
    assert [round(moment * FPS) for moment in at[:6]] == [0, 1, 2, 10, 11, 12]
    assert np.diff(at[5:]) == pytest.approx(0.5, abs=1.1 / FPS)


def test_somebody_found_late_is_no_blank() -> None:
    """A still face that is missed twice and then found is looked at in every frame for the whole half second."""
    at: list[float] = []

    def find(frame: Frame) -> tuple[Face, ...]:
        at.append(frame.taken_at)
        return (FACE,) if len(at) == 3 else ()

    watch(MotionGate(find, min_change=6, still_s=0.5), [scene()] * 10)
    assert len(at) == 6


def walk(step_px: float, *, frames: int, fps: float = FPS) -> list[float]:
    """When a person whose face moves `step_px` a frame is looked at."""
    at: list[float] = []

    def find(frame: Frame) -> tuple[Face, ...]:
        at.append(frame.taken_at)
        left = 100 + round(step_px * frame.index)
        return (Face(Box(left, 200, left + 50, 260), 0.9),)

    gate = MotionGate(find, min_change=6, still_s=0.5)
    for index in range(frames):
        picture = scene()
        # Dark, and as large as the smallest face judged.
        cv2.circle(picture, (125 + round(step_px * index), 230), 25, (50, 40 + 40 * (index % 3), 60), cv2.FILLED)
        gate(Frame(picture, index / fps, index))
    return at


def test_a_walking_face_is_looked_at_in_every_frame() -> None:
    """It never stays where it was."""
    assert len(walk(12, frames=40)) == 40


def test_people_who_stand_are_looked_at_in_every_second_frame() -> None:
    """Once they have stood for half a second, however they sway; at fifteen frames a second in each."""
    looks = walk(0.3, frames=61)
    assert [at for at in looks if at < 0.5] == pytest.approx([n / FPS for n in range(15)])
    assert np.diff([at for at in looks if at > 0.55]) == pytest.approx(2 / FPS)
    assert len(walk(0.3, frames=61, fps=15)) == 61


def test_somebody_who_joins_is_looked_at_in_every_frame() -> None:
    """Seen with the next look, a frame late at most; from then on there is somebody new."""
    at: list[float] = []

    def find(frame: Frame) -> tuple[Face, ...]:
        at.append(frame.taken_at)
        return (FACE,) if frame.index < 31 else (FACE, Face(Box(200, 10, 250, 70), 0.8))

    pictures = [noisy(scene(), seed=n, sigma=40) for n in range(45)]
    for index, picture in enumerate(pictures):
        cv2.circle(picture, (300, 200), 60, (120 * (index % 3),) * 3, cv2.FILLED)
    watch(MotionGate(find, min_change=6, still_s=0.5), pictures)
    joined = next(moment for moment in at if moment >= 31 / FPS)
    assert joined <= 32 / FPS
    assert len([moment for moment in at if moment >= joined]) == 45 - round(joined * FPS)


def test_movement_ends_the_rest_at_once() -> None:
    """Somebody who appears while the detector rests is looked at in that very frame."""
    still = [scene()] * 40
    arrived = scene()
    arrived[200:260, 300:350] = 200
    looks = Looks()
    watch(MotionGate(looks, min_change=6, still_s=0.5), [*still, *[arrived] * 5])
    assert looks.at[-5:] == [n / FPS for n in range(40, 45)]


def test_a_slow_change_adds_up() -> None:
    """A mask that slips by little steps is seen: the reference is the last look's picture, not the last picture."""
    looks = Looks()
    pictures = []
    for step in range(60):
        picture = scene()
        picture[200:260, 300:350] = 100 + step
        pictures.append(picture)
    watch(MotionGate(looks, min_change=6, still_s=1.0), pictures)
    assert len(looks.at) > 40


def test_nothing_rests_when_told_so() -> None:
    """With 0 the detector looks at every frame, however still it is."""
    looks = Looks()
    watch(MotionGate(looks, min_change=6, still_s=0.0), [scene()] * 30)
    assert len(looks.at) == 30


def test_another_size_of_picture_is_movement() -> None:
    """A camera that changes its mode is looked at, and breaks nothing."""
    looks = Looks()
    upright = np.ascontiguousarray(np.rot90(scene()))
    watch(MotionGate(looks, min_change=6, still_s=0.5), [*[scene()] * 40, *[upright] * 3])
    assert looks.at[-3:] == [n / FPS for n in range(40, 43)]


@pytest.mark.parametrize(
    ("picture", "size"),
    [((480, 640), (24, 32)), ((180, 320), (18, 32)), ((320, 180), (32, 18)), ((1, 320), (1, 32)), ((1, 1), (32, 32))],
)
def test_the_sketch_has_square_cells(picture: tuple[int, int], size: tuple[int, int]) -> None:
    """As many on the longer side, whatever the camera's size; a plain picture gives a plain sketch."""
    made = sketch(np.full((*picture, 3), 120, np.uint8))
    assert made.shape == size
    assert set(np.unique(made)) == {120}
