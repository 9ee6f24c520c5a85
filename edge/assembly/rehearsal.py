"""Tries a configuration on a chain of its own, before the door depends on it."""

from __future__ import annotations

from itertools import count, cycle

import numpy as np

from edge.assembly.stages import build_alarm, build_stages
from edge.config.schema import Config
from edge.errors import ConfigError, MaskgateError
from edge.types import MODEL_LABELS, Box, Face, Frame, Image, Label, Reading, Size

FRAMES, FPS = 30, 10

_FACE = Face(Box(256, 176, 384, 304), 1.0)
"""Of somebody in the middle of a picture of 640 x 480."""


class _Detector:
    """Finds the same face in every picture."""

    min_score = start_score = 0.0

    def __call__(self, image: Image, size: Size | None = None) -> tuple[Face, ...]:
        return (_FACE,)


class _Classifier:
    """Reads every label in turn."""

    def __init__(self) -> None:
        self._labels = cycle((*MODEL_LABELS, Label.UNCERTAIN))

    def __call__(self, image: Image, box: Box) -> Reading:
        label = next(self._labels)
        return Reading(label, ((Label.WITH_MASK if label is Label.UNCERTAIN else label, 1.0),))


def rehearse(config: Config) -> None:
    """Play a made-up scene of three seconds: somebody stands before the camera, and is read in every way.

    Raises:
        ConfigError: if a stage cannot work with the configuration.
    """
    # Two greys in turn, which are movement.
    greys = [(90, 160)[index % 2] for index in range(FRAMES)]
    frames = (Frame(np.full((480, 640, 3), grey, np.uint8), index / FPS, index) for index, grey in enumerate(greys))
    try:
        networks = (_Detector(), _Classifier())
        stages = build_stages(config, networks, alarm=build_alarm(config), is_on_duty=lambda: True, ids=count(1))
        for _ in stages.observe(frames):
            pass
    except MaskgateError:
        raise
    except Exception as error:  # whatever a stage does, it does it here and not at the door
        raise ConfigError(f"the configuration cannot be used ({type(error).__name__}: {error})") from error
