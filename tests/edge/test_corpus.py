"""Whatever a camera, a phone or a disk made of it: pictures, or one clear line; never a hang, a traceback or black."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from edge.cameras.camera import open_camera
from edge.errors import InputError
from edge.pictures import read_picture
from edge.types import Frame, Image
from tests.corpus import PICTURES, PictureCase, VideoCase, picture_cases, scene, video_cases, write_picture, write_video

SEED = 17
MANY, FEW = 200, 20
PATIENCE_S = 60.0
"""For one case on a busy machine; none takes a second by itself."""


def cases(make: object) -> list[object]:
    """A sample in every run, the rest among the slow tests."""
    assert callable(make)
    made = make(MANY, SEED)
    return [pytest.param(one, id=one.name, marks=() if n < FEW else pytest.mark.slow) for n, one in enumerate(made)]


def see(path: Path) -> list[Frame] | str:
    """All pictures of a clip, or the line that says why there are none; within PATIENCE_S."""
    seen: list[list[Frame] | str | Exception] = []

    def look() -> None:
        try:
            seen.append(list(open_camera(str(path), replay=True).frames()))
        except InputError as error:
            seen.append(str(error))
        except Exception as error:  # noqa: BLE001 - what else it may be is the question
            seen.append(error)

    thread = Thread(target=look, daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    assert seen, f"{path.name} hangs"
    (answer,) = seen
    assert not isinstance(answer, Exception), repr(answer)
    return answer


def read(path: Path) -> Image | str:
    """A picture, or the line that says why there is none."""
    try:
        return read_picture(path)
    except InputError as error:
        return str(error)


def is_clear(line: str, path: Path) -> bool:
    """One line that names the file first, and a remedy."""
    return line.startswith(f"{path}: ") and "\n" not in line and ("; " in line or "contains" in line)


def unlike(image: Image, wanted: Image) -> float:
    """Mean difference, grey values."""
    return float(np.abs(image.astype(np.int16) - wanted).mean())


@pytest.mark.parametrize("case", cases(video_cases))
def test_a_video(case: VideoCase, tmp_path: Path) -> None:
    """Whole ones are seen to the end, in colour, in a time that runs forward; of damaged ones what there is."""
    path = write_video(case, tmp_path)
    answer = see(path)
    if isinstance(answer, str):
        assert case.damage != "none", answer
        assert is_clear(answer, path)
        return
    assert case.damage not in ("empty", "something else")
    times = [frame.taken_at for frame in answer]
    assert times[0] == 0.0
    assert all(later > before for before, later in pairwise(times))
    if case.damage == "none":
        assert len(answer) >= PICTURES - 1
        assert times[-1] < 4 * PICTURES / float(case.rate) + 1
        assert unlike(answer[0].image, scene(0, case.size)) < 12


@pytest.mark.parametrize("case", cases(picture_cases))
def test_a_picture(case: PictureCase, tmp_path: Path) -> None:
    """Whole ones are read, whatever hangs behind them; cut ones are refused where the format tells; all in one line."""
    path = write_picture(case, tmp_path)
    image = read(path)
    if isinstance(image, str):
        assert case.damage != "none", image
        assert is_clear(image, path)
        return
    assert case.damage not in ("empty", "something else")
    assert not (case.damage == "cut off" and case.form in ("jpg", "png"))
    assert image.dtype == np.uint8
    assert image.shape[2] == 3
    if case.damage == "none":
        wanted = scene(case.number % 6, (96, 72))
        grey = np.repeat(wanted.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
        assert image.shape == wanted.shape
        assert unlike(image, grey if case.mode in ("L", "I;16") else wanted) < 16
