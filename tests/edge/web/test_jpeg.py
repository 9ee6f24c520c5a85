"""Nobody can be recognised on the picture, unless the configuration says otherwise."""

from __future__ import annotations

import asyncio
import time

import cv2
import numpy as np
import pytest

from edge.types import AlarmState, Box, Face, Frame, Image, Label, Observation, Verdict
from edge.web.jpeg import WIDTH, blur, encode
from edge.web.live import FORGET_S, MEMORY_S, Live
from edge.web.streams import PICTURES_PER_S, Pictures

FACE = Box(200, 100, 280, 200)


def noise(seed: int = 1) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (480, 640, 3)).astype(np.uint8)


def detail(image: Image, box: Box) -> float:
    """How much fine structure a part of the picture has."""
    part = cv2.cvtColor(image[box.y1 : box.y2, box.x1 : box.x2], cv2.COLOR_BGR2GRAY)
    return float(cv2.Laplacian(part, cv2.CV_64F).var())


def observation(
    *faces: Box, at: float = 0.0, state: AlarmState = AlarmState.IDLE, label: Label | None = None
) -> Observation:
    verdicts = () if label is None else (Verdict(1, FACE, label, 0.9),)
    return Observation(Frame(noise(round(at * 1000)), at, 0), verdicts, state, tuple(Face(box, 0.9) for box in faces))


def test_a_face_is_reduced_to_blocks_and_the_rest_softened() -> None:
    """Around the face too; the picture itself is left alone."""
    image = noise()
    before = image.copy()
    blurred = blur(image, [FACE])
    assert (image == before).all()
    inside = blurred[80:220, 180:300].reshape(-1, 3)
    assert len(np.unique(inside, axis=0)) <= 100
    elsewhere = Box(400, 200, 600, 400)
    assert detail(blurred, elsewhere) < detail(image, elsewhere) / 100


@pytest.mark.parametrize("box", [Box(0, 0, 3, 3), Box(0, 0, 640, 480), Box(639, 479, 640, 480)])
def test_faces_at_the_edge_and_of_any_size_can_be_blurred(box: Box) -> None:
    """Whatever the detector says."""
    assert blur(noise(), [box]).shape == (480, 640, 3)


def test_faces_that_do_not_count_are_blurred_too() -> None:
    """Those far away, and those just missed by the detector."""
    live = Live()
    live(observation(FACE, at=0.0))
    live(observation(at=MEMORY_S / 2))
    glance = live.glance()
    assert glance is not None
    assert glance.faces == (FACE,)
    live(observation(at=MEMORY_S * 1.6))
    glance = live.glance()
    assert glance is not None
    assert glance.faces == ()


def test_a_lost_camera_shows_nothing() -> None:
    """What was seen last is not held up as the present, nor kept."""
    now = [100.0]
    live = Live(clock=lambda: now[0])
    live(observation(FACE))
    now[0] += FORGET_S
    assert live.glance() is not None
    now[0] += 0.1
    assert live.glance() is None
    live(observation(FACE))
    assert live.glance() is not None


def test_no_more_pictures_are_made_than_one_viewer_gets() -> None:
    """However many look, and whenever: fifty within a moment are shown the same."""
    live = Live()
    pictures = Pictures(live, show_faces=lambda: False)

    async def look() -> list[bytes | None]:
        seen = []
        for index in range(50):
            live(observation(FACE, at=index / 30))
            seen.append(await pictures.newest())
        return seen

    begun = time.monotonic()
    made = len(set(asyncio.run(look())))
    assert 1 <= made <= 1 + (time.monotonic() - begun) * PICTURES_PER_S


def test_a_clip_that_begins_again_is_no_trouble() -> None:
    """Its times go back to nought."""
    live = Live()
    for at in (5.0, 6.0, 0.0, 0.1):
        live(observation(FACE, at=at))
    glance = live.glance()
    assert glance is not None
    assert len(glance.faces) == 2


def test_a_large_picture_is_scaled_down_with_its_faces() -> None:
    """And shows faces only if it is told to."""
    image = cv2.resize(noise(), (1280, 960), interpolation=cv2.INTER_NEAREST)
    live = Live()
    face = Box(400, 200, 560, 400)
    live(Observation(Frame(np.asarray(image, np.uint8), 0.0, 0), (), AlarmState.IDLE, (Face(face, 0.9),)))
    glance = live.glance()
    assert glance is not None
    shown, hidden = (
        np.asarray(cv2.imdecode(np.frombuffer(encode(glance, show_faces=show), np.uint8), cv2.IMREAD_COLOR), np.uint8)
        for show in (True, False)
    )
    assert shown.shape == hidden.shape == (480, WIDTH, 3)
    inner = Box(210, 110, 270, 190)
    assert detail(hidden, inner) < detail(shown, inner) / 10
