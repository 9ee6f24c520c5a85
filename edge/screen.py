"""Annotated pictures for people: into a video file, or into a window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2

from edge.drawing import draw_observation
from edge.errors import UsageError
from edge.types import Observation

_QUIT_KEYS = (ord("q"), 27)


class ClipWriter:
    """Writes every observation, drawn on, to an .mp4.

    Args:
        path: the file; its folder must exist.
        fps: pictures per second of the file.

    Raises:
        UsageError: if the name does not end in .mp4 or the file cannot be written.
    """

    def __init__(self, path: Path, *, fps: float) -> None:
        if path.suffix.lower() != ".mp4" or not path.parent.is_dir():
            raise UsageError(f"{path}: expected a file ending in .mp4 in a folder that exists")
        self._path = path
        self._fps = fps
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)

    def __call__(self, observation: Observation) -> None:
        image = draw_observation(observation)
        if self._writer is None:
            # Codecs want even sides.
            self._size = (image.shape[1] // 2 * 2, image.shape[0] // 2 * 2)
            self._writer = cv2.VideoWriter(str(self._path), cv2.VideoWriter.fourcc(*"mp4v"), self._fps, self._size)
            if not self._writer.isOpened():
                raise UsageError(f"{self._path}: cannot be written; choose another folder")
        if (image.shape[1], image.shape[0]) != self._size:
            self._writer.write(cv2.resize(image, self._size, interpolation=cv2.INTER_AREA))
            return
        self._writer.write(image)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.release()


class Window:
    """Shows every observation on the screen; `q` or Escape calls `on_quit`.

    Raises:
        UsageError: if this build of OpenCV has no window system.
    """

    def __init__(self, title: str, *, on_quit: Callable[[], None]) -> None:
        self._title = title
        self._on_quit = on_quit
        try:
            cv2.namedWindow(title, cv2.WINDOW_NORMAL)
        except cv2.error as error:
            raise UsageError(
                "this OpenCV has no windows; on a desktop replace opencv-python-headless by opencv-python"
            ) from error

    def __call__(self, observation: Observation) -> None:
        cv2.imshow(self._title, draw_observation(observation))
        if cv2.waitKey(1) & 0xFF in _QUIT_KEYS:
            self._on_quit()

    def close(self) -> None:
        cv2.destroyWindow(self._title)
