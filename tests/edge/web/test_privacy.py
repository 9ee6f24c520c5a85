"""Real faces on the pages: the shipped detector finds them, and nothing of them is left to be recognised."""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import count, islice
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest

from edge.assembly.loading import load_networks
from edge.assembly.stages import build_alarm, build_stages
from edge.cameras.demo import demo_pictures
from edge.config.schema import Config
from edge.config.settings import CHANGEABLE, Settings, SettingsPatch
from edge.networks.detector import Detector, load_detector
from edge.networks.find import weights_search
from edge.types import AlarmState, Box, Frame, Image, Observation
from edge.web.jpeg import BLOCKS, MARGIN, encode
from edge.web.live import MEMORY_S, Live
from edge.web.people.access import Access
from edge.web.people.roles import Scope
from tests.edge.web.door import BARE, Start
from tests.network_camera import LONGEST, read

CLIPS = ("masked_man_1.mp4", "unmasked_1.mp4", "surgeons_masked.mp4", "cc_unmasked_head_turns.mp4")


@pytest.fixture(scope="module")
def detect() -> Detector:
    """What finds the faces that the kiosk judges."""
    return load_detector(name="face-ssd", search=weights_search())


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


def flat_share(image: Image, box: Box) -> float:
    """Share of a part's pixels that hardly differ from their neighbours: most of a few blocks', wherever they lie."""
    part = cv2.cvtColor(image[box.y1 : box.y2, box.x1 : box.x2], cv2.COLOR_BGR2GRAY).astype(np.float32)
    return float(np.mean(np.hypot(cv2.Sobel(part, -1, 1, 0), cv2.Sobel(part, -1, 0, 1)) < 8))


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


EXTREMES: list[dict[str, Any]] = [
    {"detector": {"min_score": 1}},
    {"detector": {"min_score": 1, "start_score": 1, "min_face": 1}},
    {"quality": {"min_face_px": 1000, "min_sharpness": 10_000, "min_aspect": 1, "min_gap": 1}},
    {"people": {"memory_s": 0, "min_presence_s": 5, "min_share": 1, "min_votes": 30, "majority": 1}},
    {"zones": {"region": [[0, 0], [0.01, 0], [0, 0.01]], "ignored": [[[0, 0], [1, 0], [1, 1], [0, 1]]]}},
]


@pytest.mark.parametrize("changed", EXTREMES)
def test_no_setting_of_the_page_takes_the_blur_off(changed: dict[str, Any], tmp_path: Path) -> None:
    """Whatever a `settings` token changes, every face that was told of is told of."""
    settings = Settings(lambda: Config.model_validate({"web": {"folder": tmp_path}}))
    picture = next(image for image, _ in demo_pictures())

    def told() -> set[Box]:
        config = settings.load()
        parts: dict[str, Any] = {"alarm": build_alarm(config), "is_on_duty": lambda: True, "ids": count(1)}
        stages = build_stages(config, load_networks(config), **parts)
        return {face.box for observation in stages.observe([Frame(picture, 0.0, 0)]) for face in observation.faces}

    before = told()
    settings.change(SettingsPatch.model_validate(changed))
    assert before
    assert before <= told()


def test_a_token_for_settings_reaches_nothing_private() -> None:
    """Neither what pictures show, nor how long they are kept; to turn the camera wants more than such a token."""
    assert not {"web", "events"} & set(CHANGEABLE)
    assert set(CHANGEABLE["camera"]) == {"turn_deg", "mirrored"}


def test_the_blur_stays_when_nothing_counts_as_a_face(start: Start, detect: Detector) -> None:
    """`detector.min_score = 1` by a token: the door sees nobody, and on the page nobody is to be recognised."""
    door = start()
    # One who stands still, but for a speck that tells a camera from a frozen one.
    still = [BARE[0].copy() for _ in range(20)]
    for number, image in enumerate(still):
        image[:32, :32] = 10 * number
    door.show(still, "alert")
    key = Access(door.folder).tokens.add("settings", (Scope.SETTINGS, Scope.PICTURE))
    with httpx.Client(base_url=f"{door.url}/api/v1", headers={"Authorization": f"Bearer {key}"}) as client:
        answer = client.patch("/settings", json={"detector": {"min_score": 1, "start_score": 1}})
        assert answer.json()["in_use"] is True
        door.kiosk.wait_for("idle")
        # Until what was found before is forgotten.
        time.sleep(2 * MEMORY_S)
        page = decoded(client.get("/picture.jpg").content)
    before = np.asarray(cv2.resize(still[0], page.shape[1::-1], interpolation=cv2.INTER_AREA), np.uint8)
    [face] = detect(before)
    # Blocks of some 25 pixels; softened alone it would be 0.06.
    assert flat_share(before, face.box) < 0.1
    assert flat_share(page, face.box) > 0.5


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
