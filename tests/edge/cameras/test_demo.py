"""The clip that needs no camera."""

from __future__ import annotations

import numpy as np

from edge.cameras.demo import FPS, SCENE_S, demo_pictures


def test_the_clip_has_three_scenes_that_differ_below_the_eyes() -> None:
    """Bare, masked, on the chin: media time runs on evenly and the drawn masks change the picture."""
    clip = list(demo_pictures())
    assert [at for _, at in clip] == [n / FPS for n in range(round(3 * SCENE_S * FPS))]
    middles = [clip[round((scene + 0.5) * SCENE_S * FPS)][0] for scene in range(3)]
    blues = [image[150:156, 215:240].astype(int) @ (1, 0, -1) for image in middles]
    assert np.mean(blues[0]) < 0 < np.mean(blues[1])
    assert np.mean(blues[2]) < 0
