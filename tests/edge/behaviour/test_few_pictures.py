"""Cameras of one to three pictures a second, before the kiosk as a process: it decides, or says that it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest

from edge.types import Image
from tests.kiosk_process import Kiosk
from tests.network_camera import LONGEST, Scene, read, serving

pytestmark = pytest.mark.slow

CLIP_FPS = {"masked_man_1": 25, "unmasked_1": 25}


def sparse(shared: Path, clip: str, fps: int) -> Iterator[Image]:
    """So many of a clip's pictures a second, forwards and backwards, so that nobody leaps."""
    pictures = list(islice(read(shared / f"data/videos/{clip}.mp4"), 0, None, CLIP_FPS[clip] // fps))[: LONGEST // 2]
    yield from pictures
    yield from reversed(pictures)


@pytest.mark.parametrize("fps", [1, 2, 3])
@pytest.mark.parametrize(("clip", "state"), [("unmasked_1", "alert"), ("masked_man_1", "pass")])
def test_it_decides_or_says_that_it_cannot(clip: str, state: str, fps: int, shared: Path, tmp_path: Path) -> None:
    """Two a second are enough for an alert and for a way in; one is too few for either, and health has the figure."""
    scene = Scene(fps)
    scene.show_pictures(sparse(shared, clip, fps))
    with serving(scene) as address, closing(Kiosk(tmp_path, address)) as kiosk:
        if fps > 1:
            kiosk.wait_for(state)
            assert "component=pictures" not in kiosk.log.read_text()
        else:
            kiosk.wait_until(lambda: "component=pictures" in kiosk.log.read_text())
            kiosk.wait_until(lambda: any("level=degraded" in told for told in kiosk.told_systemd))
            assert "pictures a second are too few to decide by, 1.6 are needed" in kiosk.log.read_text()
            assert not {"pass", "alert"} & {change["to"] for change in kiosk.states}
