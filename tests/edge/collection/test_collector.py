"""Which faces are kept for labelling, and how."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from edge.collection.collector import (
    EXPIRE_S,
    FOLDER,
    SIDE,
    SPACING_S,
    Collector,
    Uncertain,
    Wanted,
    cut,
    keep_false_alarm,
    read_name,
    uncertain_faces,
)
from edge.collection.kept import KeptPictures
from edge.pictures import read_picture
from edge.types import AlarmState, Box, Frame, Image, Label, Observation, Reading

START = datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)
BOX = Box(100, 50, 200, 150)


class Door:
    """A collector with clocks that are set by hand; everything is kept unless said otherwise."""

    def __init__(self, folder: Path, *, most: int = 100) -> None:
        self.now, self.seconds = START, 0.0
        self.wanted = Wanted(faces=True, max_margin=0.5, blur_eyes=False)
        self.kept: KeptPictures = uncertain_faces(
            folder, most=lambda: most, max_age_days=lambda: 7.0, wall_clock=lambda: self.now
        )
        self.collector = Collector(
            self.kept, wanted=lambda: self.wanted, wall_clock=lambda: self.now, clock=lambda: self.seconds
        )

    def see(self, *margins: float, after_s: float = SPACING_S, state: AlarmState = AlarmState.CHECKING) -> None:
        """A frame in which faces with these margins are read."""
        image = picture()
        for margin in margins:
            self.collector.notice(image, BOX, reading(margin))
        self.collector(Observation(Frame(image, self.seconds, 0), (), state))
        self.seconds += after_s
        self.now += timedelta(seconds=after_s)

    def alert(self, *margins: float, after_s: float = SPACING_S) -> None:
        """A frame of an alert."""
        self.see(*margins, after_s=after_s, state=AlarmState.ALERT)

    def names(self) -> list[str]:
        """What is kept once everything is written."""
        self.collector.close()
        return list(self.kept.names())


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    made = Door(tmp_path)
    yield made
    made.collector.close()


def picture() -> Image:
    """Fine stripes, which blurring makes grey."""
    image = np.zeros((300, 400, 3), np.uint8)
    image[:, ::2] = 255
    return image


def reading(margin: float) -> Reading:
    first = (1 + margin) / 2
    return Reading(Label.UNCERTAIN, ((Label.WITHOUT_MASK, first), (Label.WITH_MASK, 1 - first)))


def test_keeps_the_least_sure_face_of_a_frame(door: Door) -> None:
    """Its name says when, how unsure, and what the model guessed; the picture is the face with something around it."""
    door.see(0.4, 0.1, 0.3)
    (name,) = door.names()
    assert name == "20260131T235959Z-m0100-without_mask-p0550.jpg"
    assert read_name(name) == Uncertain("20260131T235959Z", 0.1, Label.WITHOUT_MASK, 0.55)
    path = door.kept.path(name)
    assert path is not None
    assert read_picture(path).shape == (160, 160, 3)


def test_the_face_of_an_alert_is_kept_and_stays_if_it_was_false(tmp_path: Path) -> None:
    """However sure the model was, and however soon after another; once it is a false alarm nothing takes its place."""
    door = Door(tmp_path, most=2)
    door.see(0.2, after_s=0)
    began = door.now
    door.alert(0.9, after_s=SPACING_S)
    door.alert(0.9, after_s=SPACING_S)
    door.collector.close()
    assert [name.split("-")[1] for name in door.kept.names()] == ["m0900", "m0200"]
    assert keep_false_alarm(door.kept, began - timedelta(seconds=5)) == 0
    assert keep_false_alarm(door.kept, began) == 2
    assert keep_false_alarm(door.kept, began) == 2
    assert [name.split("-")[1] for name in door.kept.names()] == ["m0000", "m0000"]


def test_no_face_of_an_alert_is_kept_unasked(door: Door) -> None:
    """Where collecting is off there is no folder, whatever alerts."""
    door.wanted = Wanted(faces=False, max_margin=0.5, blur_eyes=False)
    door.alert(0.9)
    assert door.names() == []
    assert not door.kept.folder.exists()


def test_who_stands_there_is_one_example(door: Door) -> None:
    """Frames that follow one another at once give one face, not all of them."""
    for _ in range(5):
        door.see(0.1, after_s=SPACING_S / 4)
    assert len(door.names()) == 2


@pytest.mark.parametrize(
    ("wanted", "margin"),
    [(Wanted(False, 0.5, False), 0.1), (Wanted(True, 0.5, False), 0.6)],
    ids=["switched off", "sure enough"],
)
def test_keeps_nothing(door: Door, wanted: Wanted, margin: float) -> None:
    """Where nobody asked for it, or the model is sure, not even a folder is made."""
    door.wanted = wanted
    door.see(margin)
    assert door.names() == []
    assert not door.kept.folder.exists()


def test_of_too_many_the_least_sure_stay(tmp_path: Path) -> None:
    """However new the others are."""
    door = Door(tmp_path, most=2)
    for margin in (0.1, 0.4, 0.2, 0.3):
        door.see(margin)
    assert [name.split("-")[1] for name in door.names()] == ["m0200", "m0100"]


def test_they_expire_though_none_is_added(door: Door) -> None:
    """Also when it is switched off: old ones are deleted by the clock alone, and other files are left alone."""
    door.wanted = Wanted(faces=False, max_margin=0.5, blur_eyes=False)
    door.kept.folder.mkdir()
    for name in ("20260101T000000Z-m0100-with_mask-p0550.jpg", "20260130T000000Z-m0100-with_mask-p0550.jpg", "my.jpg"):
        (door.kept.folder / name).touch()
    door.see()
    door.collector.close()
    assert sorted(path.name for path in door.kept.folder.iterdir()) == [
        "20260130T000000Z-m0100-with_mask-p0550.jpg",
        "my.jpg",
    ]
    assert door.seconds < EXPIRE_S


def test_a_full_disk_stops_nothing(tmp_path: Path) -> None:
    """A face that cannot be written is lost, and the loop goes on."""
    (tmp_path / FOLDER).write_text("in the way")
    door = Door(tmp_path)
    door.see(0.1)
    door.see(0.1)
    assert door.names() == []


def test_eyes_are_blurred_and_nothing_else() -> None:
    """Stripes across the eyes become grey, those at mouth and forehead stay; the frame itself is not touched."""
    image = picture()
    image.flags.writeable = False
    blurred, plain = cut(image, BOX, blur_eyes=True), cut(image, BOX, blur_eyes=False)
    assert np.array_equal(image, picture())
    left, top = BOX.x1 - 30 - 70, BOX.y1 - 30 - 20
    assert (left, top) == (0, 0)
    # The crop begins 30 pixels left of and above the box; eyes lie 15 to 48 pixels below the box's top.
    eyes, mouth = np.s_[50:75, 35:125], np.s_[95:125, 35:125]
    assert np.ptp(plain[eyes]) == 255
    assert np.ptp(blurred[eyes]) < 40
    assert np.array_equal(blurred[mouth], plain[mouth])


def test_a_kept_face_is_small() -> None:
    """However near somebody stands."""
    assert cut(np.zeros((2000, 2000, 3), np.uint8), Box(100, 100, 1900, 1900), blur_eyes=True).shape == (SIDE, SIDE, 3)
