"""Real faces on the pages: the shipped detector finds them, and nothing of them is left to be recognised."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.cameras.demo import demo_pictures
from edge.config.schema import Config
from edge.networks.detector import Detector, load_detector
from edge.networks.find import weights_search
from edge.service import load_networks
from edge.types import AlarmState, Box, Frame, Image, Observation
from edge.web.jpeg import BLOCKS, MARGIN, encode
from edge.web.live import Live
from tests.network_camera import LONGEST, read

CLIPS = ("masked_man_1.mp4", "unmasked_1.mp4", "surgeons_masked.mp4", "cc_unmasked_head_turns.mp4")


@pytest.fixture(scope="module")
def detect() -> Detector:
    """What the kiosk finds faces with."""
    return load_networks(Config())[0]


def published(pictures: Iterable[Image], detect: Detector) -> list[tuple[Image, Image, tuple[Box, ...]]]:
    """Each picture in the size of the page's, what the page shows, and where faces were found."""
    live, shown = Live(), []
    for index, image in enumerate(pictures):
        faces = detect(np.asarray(image, np.uint8))
        live(Observation(Frame(np.asarray(image, np.uint8), index / 25, index), (), AlarmState.IDLE, faces))
        glance = live.glance()
        assert glance is not None
        page = decoded(encode(glance, show_faces=False))
        before = np.asarray(cv2.resize(image, page.shape[1::-1], interpolation=cv2.INTER_AREA), np.uint8)
        shown.append((before, page, tuple(face.box for face in faces)))
    return shown


def decoded(jpeg: bytes) -> Image:
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def detail(image: Image, box: Box) -> float:
    """What is lost of a part if it is told in so many grey values as a blurred face has: their root mean square."""
    part = cv2.cvtColor(image[box.y1 : box.y2, box.x1 : box.x2], cv2.COLOR_BGR2GRAY).astype(np.float32)
    rows = max(1, round(BLOCKS * box.height / box.width))
    few = cv2.resize(part, (BLOCKS, rows), interpolation=cv2.INTER_AREA)
    return float(np.sqrt(np.mean((part - cv2.resize(few, part.shape[::-1], interpolation=cv2.INTER_NEAREST)) ** 2)))


def test_a_blurred_face_is_a_few_blocks_and_no_more(detect: Detector) -> None:
    """Six by seven grey values tell all that is left of it, but for what JPEG adds: no eye, nose or mouth."""
    pictures = [image for image, _ in islice(demo_pictures(), 0, None, 30)]
    for before, page, boxes in published(pictures, detect):
        [face] = boxes
        dx, dy = round(face.width * MARGIN), round(face.height * MARGIN)
        around = Box(face.x1 - dx, face.y1 - dy, face.x2 + dx, face.y2 + dy)
        assert detail(before, around) > 30
        assert detail(page, around) < 3
        assert not any(overlaps(face, left.box) for left in detect(page))


@pytest.mark.slow
@pytest.mark.parametrize("clip", CLIPS)
def test_no_filmed_face_is_left(clip: str, detect: Detector, shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all faces that another detector sees in the camera's pictures it sees none on the page."""
    monkeypatch.setenv("MASKGATE_WEIGHTS", str(shared / "weights"))
    other = load_detector(name="yunet", search=weights_search(), min_score=None)
    pictures = islice(read(shared / "data" / "videos" / clip), LONGEST)
    before, after = 0, 0
    for original, page, _ in published(pictures, detect)[::5]:
        seen = other(original)
        before += len(seen)
        after += sum(any(overlaps(face.box, left.box) for left in other(page)) for face in seen)
    print(f"{clip}: {before} faces, {after} left")
    assert before >= 10
    assert after == 0


def overlaps(one: Box, other: Box) -> bool:
    """By more than a quarter of their union."""
    across = min(one.x2, other.x2) - max(one.x1, other.x1)
    down = min(one.y2, other.y2) - max(one.y1, other.y1)
    common = max(0, across) * max(0, down)
    return common > 0.25 * (one.width * one.height + other.width * other.height - common)
