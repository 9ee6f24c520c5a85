"""What the benchmark's contestants are given to do."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.contestants import BareNetworks, crowd
from edge.config.schema import Config
from edge.networks.detector import load_detector
from edge.networks.find import models_dir


@pytest.mark.parametrize(
    ("picture", "fed"), [((360, 640), (192, 320)), ((640, 338), (320, 192)), ((480, 640), (256, 320))]
)
def test_the_bare_detector_is_fed_what_the_kiosk_feeds_it(picture: tuple[int, int], fed: tuple[int, int]) -> None:
    """An upright picture is no larger an input than a lying one."""
    bare = BareNetworks(Config(), [(np.zeros((*picture, 3), np.uint8), 0.0)])
    assert [blob.shape for blob in bare._blobs] == [(1, 3, *fed)]


@pytest.mark.parametrize("faces", [0, 1, 4, 8, 16])
def test_a_crowd_shows_as_many_faces_as_it_says(faces: int) -> None:
    """Each is near enough to be judged, and found by the shipped detector."""
    ((picture, _),) = crowd(faces, frames=1)
    found = load_detector(name="face-ssd", search=[models_dir()])(picture)
    near = [face for face in found if face.box.longer_side >= 0.08 * max(picture.shape)]
    assert len(near) == faces
