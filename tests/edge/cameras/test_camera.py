"""Frames from clips, folders and live devices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Event, Timer

import cv2
import numpy as np
import pytest

from edge.cameras import camera
from edge.cameras.camera import LiveCamera, open_camera
from edge.cameras.capture import Capture, Shot
from edge.cameras.orientation import Orientation
from edge.errors import CameraError, CameraRefusedError, InputError, UsageError
from edge.types import Frame

FPS = 20.0


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Two seconds of noise, 64 x 48, as Motion JPEG."""
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FPS, (64, 48))
    noise = np.random.default_rng(0)
    for _ in range(40):
        writer.write(noise.integers(0, 256, (48, 64, 3), np.uint8))
    writer.release()
    return path


def frames(source: Path | str) -> list[Frame]:
    with closing(open_camera(str(source), replay=True)) as opened:
        return list(opened.frames())


def test_a_clip_replays_every_frame_in_media_time(clip: Path) -> None:
    """Frame n was taken at n / fps, however fast it is replayed."""
    replayed = frames(clip)
    assert [frame.index for frame in replayed] == list(range(40))
    assert [frame.taken_at for frame in replayed] == pytest.approx([n / FPS for n in range(40)], abs=1e-3)


def test_a_clip_that_ends_mid_frame_gives_what_it_has(clip: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The frames before the damage are used, and the loss is logged."""
    data = clip.read_bytes()
    clip.write_bytes(data[: len(data) // 2])
    assert 5 < len(frames(clip)) < 40
    assert "ended_early=true" in caplog.text


def test_a_clip_live_skips_what_it_is_too_slow_for(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow kiosk sees the newest picture, not a queue of old ones."""
    now = [0.0]
    monkeypatch.setattr("edge.cameras.camera.time.monotonic", lambda: now[0])
    monkeypatch.setattr("edge.cameras.camera.time.sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    seen: list[float] = []
    with closing(open_camera(str(clip), replay=False)) as opened:
        for frame in opened.frames():
            seen.append(frame.taken_at)
            assert now[0] - frame.taken_at < 0.25
            now[0] += 0.2
    assert 9 <= len(seen) <= 12


def test_a_folder_is_a_stream_of_its_pictures(tmp_path: Path) -> None:
    """Pictures come in the order of their names."""
    for name, value in [("b.png", 2), ("a.png", 1)]:
        cv2.imwrite(str(tmp_path / name), np.full((4, 4, 3), value, np.uint8))
    assert [int(frame.image[0, 0, 0]) for frame in frames(tmp_path)] == [1, 2]


def test_a_refused_password_is_told_from_a_lost_camera() -> None:
    """Whoever tries again must know which it is."""

    def refuse() -> Capture:
        raise CameraRefusedError("cam: rejects the user name or password (401)")

    with closing(LiveCamera("cam", refuse)) as opened, pytest.raises(CameraRefusedError, match="401"):
        next(opened.frames())


@pytest.mark.parametrize(
    ("source", "error", "text"),
    [
        ("nowhere.mp4", InputError, "no such file"),
        ("x" * 300, InputError, "File name too long"),
        ("usb:front", UsageError, "expected a number"),
        ("picamera:left", UsageError, "expected a number"),
        ("picamera", CameraError, "picamera2 is missing"),
        ("usb:99", CameraError, "usb:99: camera cannot be opened"),
        ("gopher://x", UsageError, "not a camera protocol; expected one of rtsp"),
    ],
)
def test_unknown_sources_are_refused(source: str, error: type[Exception], text: str) -> None:
    """The error says what a source may be."""
    with pytest.raises(error, match=text), closing(open_camera(source, replay=False)) as opened:
        next(opened.frames())


@pytest.mark.parametrize(
    ("data", "cause"), [(b"", "is empty"), (b"this is not a video" * 100, "is not a video"), (b"PK\3\4" * 99, "is not")]
)
def test_a_file_that_is_no_video_is_refused(tmp_path: Path, data: bytes, cause: str) -> None:
    """Empty and meaningless files are named."""
    path = tmp_path / "x.mp4"
    path.write_bytes(data)
    with pytest.raises(InputError, match=rf"x\.mp4: {cause}"):
        frames(path)


class FakeCapture:
    """A device that gives these pictures, and is unplugged after the last one."""

    def __init__(self, shots: Iterable[Shot]) -> None:
        self._shots = iter(shots)
        self.closed = Event()

    def read(self) -> Shot | None:
        return next(self._shots, None)

    def close(self) -> None:
        self.closed.set()


def grey(*values: int) -> Iterator[Shot]:
    """Pictures of one grey value each."""
    return (Shot(np.full((1, 2, 3), value, np.uint8)) for value in values)


def silence(end: Event, *before: int) -> Iterator[Shot]:
    """Pictures, and then none until the event."""
    yield from grey(*before)
    end.wait(10)


def test_a_live_camera_gives_the_newest_picture_then_tells_its_loss() -> None:
    """Ten pictures that arrived while nobody looked are one frame; after the last one the camera is lost."""
    capture = FakeCapture(grey(*range(10)))
    with closing(LiveCamera("usb:0", lambda: capture)) as opened:
        assert capture.closed.wait(5)
        stream: Iterator[Frame] = opened.frames()
        assert int(next(stream).image[0, 0, 0]) == 9
        with pytest.raises(CameraError, match=r"usb:0: camera lost \(the stream ended"):
            next(stream)


@pytest.mark.parametrize(("shown", "timeout"), [((), "FIRST_FRAME_TIMEOUT_S"), ((1,), "FRAME_TIMEOUT_S")])
def test_a_silent_camera_is_lost(monkeypatch: pytest.MonkeyPatch, shown: tuple[int, ...], timeout: str) -> None:
    """A camera that hangs without a word is told from a slow one by a timeout, at its start and later."""
    monkeypatch.setattr(camera, timeout, 0.05)
    end = Event()
    capture = FakeCapture(silence(end, *shown))
    opened = LiveCamera("usb:0", lambda: capture)
    stream = opened.frames()
    assert [int(next(stream).image[0, 0, 0]) for _ in shown] == list(shown)
    with pytest.raises(CameraError, match="no picture for"):
        next(stream)
    end.set()
    opened.close()
    assert capture.closed.wait(5)


def test_a_camera_that_cannot_be_opened_says_why() -> None:
    """The device is opened in the background; its error comes where the first frame would."""

    def refuse() -> FakeCapture:
        raise CameraError("usb:0: camera cannot be opened; check cable")

    with closing(LiveCamera("usb:0", refuse)) as opened, pytest.raises(CameraError, match="check cable"):
        next(opened.frames())


def test_whatever_a_driver_raises_is_a_lost_camera() -> None:
    """A bug in a driver is no traceback at the door: the camera is given back and opened again later."""
    capture = FakeCapture(Shot(np.zeros((1 // n, 1, 3), np.uint8)) for n in (0,))
    with closing(LiveCamera("usb:0", lambda: capture)) as opened:
        with pytest.raises(CameraError, match=r"camera lost \(ZeroDivisionError"):
            next(opened.frames())
        assert capture.closed.wait(5)


def test_damaged_pictures_are_passed_over() -> None:
    """What is no whole colour picture is not looked at; the next good one is."""
    damaged = [np.zeros((0, 3, 3), np.uint8), np.zeros((2, 3), np.uint8), np.zeros((2, 3, 4), np.uint8)]
    capture = FakeCapture([*map(Shot, damaged), *grey(9)])
    with closing(LiveCamera("usb:0", lambda: capture)) as opened:
        assert int(next(opened.frames()).image[0, 0, 0]) == 9


def test_a_waiting_camera_can_be_stopped() -> None:
    """Whoever waits for a picture that does not come is let go at once; the device is given back when it can be."""
    end = Event()
    capture = FakeCapture(silence(end))
    opened = LiveCamera("usb:0", lambda: capture)
    Timer(0.05, opened.stop).start()
    assert list(opened.frames()) == []
    end.set()
    assert capture.closed.wait(5)


class Slow(FakeCapture):
    """A device that takes its time, by a clock of its own.

    Args:
        shots: (seconds that it takes, time by the stream's clock), one for each picture.
    """

    def __init__(self, *shots: tuple[float, float | None]) -> None:
        super().__init__(Shot(np.full((1, 2, 3), 9, np.uint8), stamp_s=stamp_s) for _, stamp_s in shots)
        self._takes = iter(seconds for seconds, _ in shots)
        self.now = 100.0

    def read(self) -> Shot | None:
        self.now += next(self._takes, 0.0)
        return super().read()


@pytest.mark.parametrize(
    ("shots", "cause"),
    [
        ([(9.0, None), (1.9, None)], "the stream ended"),
        ([(9.0, None), (2.1, None), (0.0, None)], r"no picture for 2\.1 s"),
        ([(0.1, 1.0), (1.9, 2.9), (1.9, 4.8)], "the stream ended"),
        ([(0.1, 1.0), (1.5, 1.1), (1.0, 1.2)], r"its pictures come 2\.3 s late"),
    ],
)
def test_a_camera_that_shows_the_past_is_lost(shots: list[tuple[float, float | None]], cause: str) -> None:
    """A picture that took too long, and one that is too old by the stream's clock, are no pictures of now."""
    capture = Slow(*shots)
    with closing(LiveCamera("rtsp://x", lambda: capture, clock=lambda: capture.now)) as opened:
        assert capture.closed.wait(5)
        with pytest.raises(CameraError, match=cause):
            list(opened.frames())


def test_a_late_picture_is_stamped_with_when_it_was_taken() -> None:
    """The kiosk knows how old what it sees is."""
    capture = Slow((0.1, 1.0), (1.0, 1.2))
    with closing(LiveCamera("rtsp://x", lambda: capture, clock=lambda: capture.now)) as opened:
        assert capture.closed.wait(5)
        assert next(opened.frames()).taken_at == pytest.approx(capture.now - 0.8, abs=0.01)


@pytest.mark.parametrize(
    ("turn_deg", "mirrored", "shape", "lit"),
    [
        (0, False, (1, 2), (0, 0)),
        (90, False, (2, 1), (0, 0)),
        (180, False, (1, 2), (0, 1)),
        (270, False, (2, 1), (1, 0)),
        (0, True, (1, 2), (0, 1)),
    ],
)
def test_pictures_are_turned_upright(
    turn_deg: int, mirrored: bool, shape: tuple[int, int], lit: tuple[int, int]
) -> None:
    """A camera mounted on its side, upside down or behind a mirror shows people upright, in both sizes."""
    picture = np.array([[[200] * 3, [0] * 3]], np.uint8)
    capture = FakeCapture([Shot(picture, picture)])
    upright = Orientation(turn_deg=turn_deg, mirrored=mirrored)
    with closing(LiveCamera("usb:0", lambda: capture, upright=upright)) as opened:
        frame = next(opened.frames())
    for image in (frame.image, frame.small):
        assert image is not None
        assert image.shape[:2] == shape
        assert int(image[lit][0]) == 200


def test_a_password_never_reaches_a_message() -> None:
    """A network camera's address is named without its credentials."""
    opened = open_camera("rtsp://user:secret@127.0.0.1:1/live", replay=False)
    with closing(opened), pytest.raises(CameraError) as caught:
        next(opened.frames())
    assert "secret" not in str(caught.value)
    assert "127.0.0.1:1/live" in str(caught.value)
