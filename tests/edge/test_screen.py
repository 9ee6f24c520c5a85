"""Annotated clips and windows."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.cameras.camera import open_camera
from edge.errors import UsageError
from edge.screen import ClipWriter, Window
from edge.types import AlarmState, Frame, Observation


def observation(width: int = 65, height: int = 49) -> Observation:
    return Observation(Frame(np.zeros((height, width, 3), np.uint8), 0.0, 0), (), AlarmState.PASS)


def test_the_clip_can_be_played_back(tmp_path: Path) -> None:
    """Odd sizes, and a size that changes midway, end up in one clip with every frame."""
    with closing(ClipWriter(tmp_path / "out.mp4", fps=10)) as writer:
        for width in (65, 65, 99):
            writer(observation(width))
    with closing(open_camera(str(tmp_path / "out.mp4"), replay=True)) as clip:
        assert [frame.image.shape for frame in clip.frames()] == [(48, 64, 3)] * 3


@pytest.mark.parametrize("name", ["out.avi", "missing/out.mp4"])
def test_impossible_files_are_refused(tmp_path: Path, name: str) -> None:
    """Before the run begins, not after an hour of watching."""
    with pytest.raises(UsageError, match=r"expected a file ending in \.mp4"):
        ClipWriter(tmp_path / name, fps=10)


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
