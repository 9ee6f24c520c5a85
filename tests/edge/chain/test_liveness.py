"""Whether a picture lives: a stuck camera, a codec that spares bits, and people who stand still."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import cycle, islice
from typing import Literal

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.chain.liveness import FROZEN_S, LIFE_S, REPEATED_S, Liveness
from edge.types import Box, Face, Frame, Image, TrackedFace

FPS = 20
WIDTH, HEIGHT = 640, 360
BOX = Box(260, 80, 380, 230)
"""Where the face is."""

Picture = Callable[[int], Image]


@pytest.fixture(scope="module")
def scene() -> NDArray[np.float32]:
    """Something with edges, as faces and rooms have, larger than the picture."""
    noise = np.random.default_rng(1).normal(0, 1, (60, 100, 1)).astype(np.float32)
    smooth = cv2.resize(noise, (WIDTH + 40, HEIGHT + 40), interpolation=cv2.INTER_CUBIC)
    return np.asarray(120 + 40 * smooth[..., None].repeat(3, axis=2), np.float32)


def view(scene: NDArray[np.float32], *, across: float = 0.0, down: float = 0.0, noise: int | None = None) -> Image:
    """The scene moved by pixels; with a sensor's noise of that seed."""
    shift = np.array([[1, 0, -20 - across], [0, 1, -20 - down]], np.float32)
    seen = cv2.warpAffine(scene, shift, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    if noise is not None:
        seen = seen + np.random.default_rng(noise).normal(0, 2, seen.shape)
    return np.asarray(seen.clip(0, 255), np.uint8)


def swaying(scene: NDArray[np.float32], *, noise: bool = False) -> Picture:
    """Somebody who stands still: the head moves by two pixels, in three seconds."""
    return lambda n: view(
        scene, across=2 * np.sin(n / FPS * 2.1), down=np.sin(n / FPS * 1.3), noise=n if noise else None
    )


def again(image: Image, quality: int) -> Image:
    """A picture encoded as JPEG and decoded."""
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 1), np.uint8)


def codec(name: str, mode: Literal["r", "w"]) -> av.VideoCodecContext:
    """One of FFmpeg's."""
    made = av.CodecContext.create(name, mode)
    assert isinstance(made, av.VideoCodecContext)
    return made


def streamed(images: Iterable[Image], encoder: str, kbit: int) -> Iterator[Image]:
    """Pictures as a network camera sends them: encoded one after the other, and decoded."""
    encode = codec(encoder, "w")
    encode.width, encode.height, encode.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encode.bit_rate, encode.gop_size, encode.framerate = 1000 * kbit, 2 * FPS, Fraction(FPS)
    encode.time_base = Fraction(1, FPS)
    encode.options = {"preset": "veryfast", "tune": "zerolatency", "x265-params": "log-level=none"}
    decode = codec(encode.codec.canonical_name, "r")
    for image in images:
        for packet in encode.encode(av.VideoFrame.from_ndarray(image, "bgr24").reformat(format="yuv420p")):
            for frame in decode.decode(packet):
                yield np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def clocked(image: Image, number: int) -> Image:
    """With the time written into it, as cameras do."""
    drawn = image.copy()
    text = f"2026-11-27 14:00:{number // FPS:02d}.{number % FPS * 1000 // FPS:03d}"
    cv2.putText(drawn, text, (8, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 2)
    return drawn


def watch(liveness: Liveness, pictures: Iterable[Image], *, start: float = 0.0, has_face: bool = True) -> list[bool]:
    """Whether the face lives, picture by picture; whether the view is not frozen, where there is none."""
    told: list[bool] = []
    face = (TrackedFace(1, Face(BOX, 0.9), 1),) if has_face else ()
    for number, image in enumerate(pictures):
        tracked = liveness(Frame(image, start + number / FPS, number), face)
        told.append(all(person.lives for person in tracked) if has_face else not liveness.is_frozen)
    return told


STUCK: dict[str, Callable[[list[Image]], Picture]] = {
    "one picture": lambda last: lambda n: last[-1],
    "a ring of two": lambda last: lambda n: last[-1 - n % 2],
    "a ring of four": lambda last: lambda n: last[-1 - n % 4],
    "with a clock": lambda last: lambda n: clocked(last[-1], n),
    "encoded again": lambda last: lambda n: again(last[-1], 50 + 7 * n % 45),
    "clock, encoded": lambda last: lambda n: again(clocked(last[-1], n), 80),
}


@pytest.mark.parametrize("kind", STUCK)
def test_what_a_stuck_camera_shows_does_not_live(kind: str, scene: NDArray[np.float32]) -> None:
    """However it is stuck: no face lives LIFE_S later, the view is frozen after FROZEN_S, until another picture
    comes.
    """
    liveness, person = Liveness(), swaying(scene, noise=True)
    living = [person(n) for n in range(2 * FPS)]
    assert all(watch(liveness, living)[FPS:])
    stuck, seconds = STUCK[kind](living), 12
    told = watch(liveness, (stuck(n) for n in range(seconds * FPS)), start=2.0)
    assert not any(told[round(LIFE_S * FPS) + 2 :])
    assert liveness.is_frozen
    # The camera was opened again, and shows the same.
    assert not any(watch(liveness, (stuck(n) for n in range(FPS)), start=30.0))
    assert liveness.is_frozen
    back = watch(liveness, (person(90 + n) for n in range(2 * FPS)), start=40.0)
    assert back[-1]
    assert not liveness.is_frozen


@pytest.mark.parametrize("encoder", ["libx264", "libx265"])
@pytest.mark.parametrize("size", [2, 3, 4, 6])
def test_a_ring_that_is_encoded_again_does_not_live(size: int, encoder: str, scene: NDArray[np.float32]) -> None:
    """Somebody who walks by, the same few pictures over and over, through an encoder that knows no better."""
    ring = [view(scene, across=3.0 * n, noise=n) for n in range(size)]
    told = watch(Liveness(), streamed(islice(cycle(ring), 6 * FPS), encoder, 400))
    assert not any(told[2 * FPS :])


@pytest.mark.parametrize("is_turned", [False, True])
def test_lamps_that_flicker_are_no_ring(is_turned: bool, scene: NDArray[np.float32]) -> None:
    """Their bands come again every three pictures before somebody who hardly moves."""
    person = swaying(scene, noise=True)

    def lit(n: int) -> Image:
        along = np.arange(WIDTH if is_turned else HEIGHT) / HEIGHT
        bands = (1 + 0.2 * np.sin(2 * np.pi * (3 * along + n / 6))).reshape((1, -1, 1) if is_turned else (-1, 1, 1))
        return np.asarray((person(n) * bands).clip(0, 255), np.uint8)

    told = watch(Liveness(), map(lit, range(6 * FPS)))
    assert np.mean(told[FPS:]) > 0.9


@pytest.mark.parametrize("kbit", [150, 400])
def test_somebody_who_moves_lives_whatever_a_codec_does(kbit: int, scene: NDArray[np.float32]) -> None:
    """A head that sways to and fro every three seconds, and comes by the same places again, is no ring."""
    told = watch(Liveness(), streamed(map(swaying(scene, noise=True), range(8 * FPS)), "libx264", kbit))
    assert np.mean(told[FPS:]) > 0.9


def test_the_view_is_not_frozen_before_its_time(scene: NDArray[np.float32]) -> None:
    """A view that stops for less than FROZEN_S is none that is stuck."""
    liveness, person = Liveness(), swaying(scene)
    watch(liveness, [person(n) for n in range(FPS)])
    watch(liveness, [person(FPS)] * round((FROZEN_S - 0.5) * FPS), start=1.0)
    assert not liveness.is_frozen


@pytest.mark.parametrize("noise", [False, True])
def test_somebody_who_stands_still_lives(noise: bool, scene: NDArray[np.float32]) -> None:
    """Nobody stands as still as a picture: a sway of two pixels is life, with a sensor's noise and without."""
    person = swaying(scene, noise=noise)
    told = watch(Liveness(), (person(n) for n in range(8 * FPS)))
    assert np.mean(told[FPS:]) > 0.9


def test_noise_is_life(scene: NDArray[np.float32]) -> None:
    """Where a camera sends its sensor's noise along, somebody may stand as still as a statue."""
    told = watch(Liveness(), (again(view(scene, noise=n), 85) for n in range(4 * FPS)))
    assert all(told[2 * FPS :])


def test_a_quiet_room_may_repeat_itself(scene: NDArray[np.float32]) -> None:
    """A codec that spares bits shows an empty room to the bit the same for 20 s; for REPEATED_S none does."""
    liveness, room = Liveness(), view(scene)
    assert all(watch(liveness, [room] * (20 * FPS), has_face=False))
    assert watch(liveness, [room] * (round(REPEATED_S - 18) * FPS), start=20.0, has_face=False)[-1] is False
    assert all(watch(liveness, (view(scene, noise=n) for n in range(FPS)), start=60.0, has_face=False)[FPS // 2 + 1 :])


def test_a_face_that_left_a_still_room_is_no_stuck_camera(scene: NDArray[np.float32]) -> None:
    """Somebody passed by, and the room is as still as before: ten seconds later nothing is wrong."""
    liveness, person, room = Liveness(), swaying(scene), view(scene)
    watch(liveness, [person(n) for n in range(2 * FPS)])
    assert all(watch(liveness, [room] * (15 * FPS), start=2.0, has_face=False))


def test_faces_are_told_apart(scene: NDArray[np.float32]) -> None:
    """One that lives does not vouch for a picture of a face on the wall beside it."""
    liveness = Liveness()
    wall, beside = view(scene), Box(40, 80, 160, 230)
    told: list[tuple[bool, ...]] = []
    for n in range(2 * FPS):
        image = wall.copy()
        image[:, 220:] = view(scene, across=2 * np.sin(n / FPS * 2.1))[:, 220:]
        people = tuple(TrackedFace(i, Face(box, 0.9), 1) for i, box in enumerate((BOX, beside)))
        told.append(tuple(person.lives for person in liveness(Frame(image, n / FPS, n), people)))
    assert told[-1] == (True, False)


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920), (48, 64), (4, 4), (1, 300)])
def test_every_size_of_picture_is_watched(size: tuple[int, int]) -> None:
    """Large, upright and tiny pictures, and a camera that changes its size, are no error."""
    liveness, (width, height) = Liveness(), size
    face = (TrackedFace(1, Face(Box(0, 0, width, height), 0.9), 1),)
    noise = np.random.default_rng(2)
    for n in range(3):
        image = noise.integers(0, 255, (height, width, 3), np.uint8)
        assert len(liveness(Frame(image, n / FPS, n), face)) == 1
    liveness(Frame(np.zeros((90, 160, 3), np.uint8), 1.0, 3), ())


def test_a_clock_that_was_set_back_stops_no_look(scene: NDArray[np.float32]) -> None:
    """As before a clip that is shown once more: what is stuck now does not live because somebody did before."""
    liveness, person = Liveness(), swaying(scene)
    assert watch(liveness, (person(n) for n in range(2 * FPS)), start=100.0)[-1]
    told = watch(liveness, (person(0) for _ in range(3 * FPS)))
    assert not any(told[2 * FPS :])
