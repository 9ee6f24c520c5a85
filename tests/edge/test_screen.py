"""Annotated clips and windows."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from edge.cameras.camera import open_camera
from edge.errors import UsageError
from edge.screen import ClipWriter, Window
from edge.types import AlarmState, Frame, Observation


def observation(width: int = 65, height: int = 49, taken_at: float = 0.0) -> Observation:
    return Observation(Frame(np.zeros((height, width, 3), np.uint8), taken_at, 0), (), AlarmState.PASS)


@pytest.mark.parametrize("name", ["out.mp4", "12:30:05.mp4", "T\udcfcr.mp4"])
@pytest.mark.parametrize("times", [(0.0, 0.1, 0.2), (7.0, 7.5, 12.25)])
def test_the_clip_can_be_played_back(tmp_path: Path, name: str, times: tuple[float, ...]) -> None:
    """Every frame at its time, from the first on; odd sizes, one that changes midway, and any name fit."""
    with closing(ClipWriter(tmp_path / name)) as writer:
        for width, at in zip((65, 65, 99), times, strict=True):
            writer(observation(width, taken_at=at))
    with closing(open_camera(str(tmp_path / name), replay=True)) as clip:
        frames = list(clip.frames())
    assert [frame.image.shape for frame in frames] == [(48, 64, 3)] * 3
    assert [frame.taken_at for frame in frames] == pytest.approx([at - times[0] for at in times], abs=2e-3)


def test_the_last_picture_lasts_as_long_as_the_others(tmp_path: Path) -> None:
    """Ten pictures a second for two seconds are a clip of two seconds."""
    with closing(ClipWriter(tmp_path / "out.mp4")) as writer:
        for index in range(20):
            writer(observation(taken_at=index / 10))
    with av.open(str(tmp_path / "out.mp4")) as clip:
        assert clip.duration == pytest.approx(2.0 * av.time_base, rel=1e-3)


@pytest.mark.parametrize("name", ["out.avi", "missing/out.mp4"])
def test_impossible_files_are_refused(tmp_path: Path, name: str) -> None:
    """Before the run begins, not after an hour of watching."""
    with pytest.raises(UsageError, match=r"expected a file ending in \.mp4"):
        ClipWriter(tmp_path / name)


def test_a_headless_build_says_how_to_get_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where OpenCV has no windows the remedy is named."""

    def no_windows(*_: object) -> None:
        raise cv2.error("The function is not implemented")

    monkeypatch.setattr(cv2, "namedWindow", no_windows)
    with pytest.raises(UsageError, match="opencv-python-headless by opencv-python"):
        Window("test", on_quit=lambda: None)


def test_q_quits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The window shows each observation and passes a wish to stop on."""
    shown: list[tuple[int, ...]] = []
    quits: list[bool] = []
    monkeypatch.setattr(cv2, "namedWindow", lambda *_: None)
    monkeypatch.setattr(cv2, "imshow", lambda _, image: shown.append(image.shape))
    monkeypatch.setattr(cv2, "waitKey", lambda _: ord("q"))
    Window("test", on_quit=lambda: quits.append(True))(observation())
    assert shown == [(49, 65, 3)]
    assert quits == [True]
