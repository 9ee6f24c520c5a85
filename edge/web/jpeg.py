"""The live picture as JPEG: scaled down, faces blurred, boxes and verdicts drawn on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import cv2
import numpy as np

from edge.drawing import draw_people
from edge.types import Box, Frame, Image, Observation
from edge.web.live import Glance

WIDTH = 640
"""Pixels; more costs time and says no more about a mask."""

QUALITY = 70

MARGIN = 0.35
"""A blurred place is larger than the face by this share on each side: hair and ears tell who it is, too."""

BLOCKS = 6
"""What is left of a face: this many blocks across."""

SOFTNESS = 1 / 200
"""Deviation of the blur over the whole picture, as a share of its width: a face that the detector missed is too small
or too strange for it, and must not be recognised either."""


def encode(glance: Glance, *, show_faces: bool) -> bytes:
    """A JPEG of what is seen, with everyone's verdict."""
    observation, faces = scaled(glance, WIDTH)
    image = observation.frame.image
    if not show_faces:
        image = blur(image, faces)
    return jpeg(draw_people(image, observation.verdicts, observation.ignored))


def blur(image: Image, faces: Iterable[Box]) -> Image:
    """A copy of `image` in which nobody can be recognised.

    Args:
        image: uint8, (height, width, 3), BGR.
        faces: where faces are known to be; what is left of them is a few blocks.
    """
    softened = np.asarray(cv2.GaussianBlur(image, (0, 0), max(1.0, image.shape[1] * SOFTNESS)), np.uint8)
    for box in faces:
        place = _widened(box, width=image.shape[1], height=image.shape[0])
        part = softened[place.y1 : place.y2, place.x1 : place.x2]
        rows = max(1, round(BLOCKS * place.height / place.width))
        few = cv2.resize(part, (BLOCKS, rows), interpolation=cv2.INTER_AREA)
        part[:] = cv2.resize(few, (place.width, place.height), interpolation=cv2.INTER_NEAREST)
    return softened


def _widened(box: Box, *, width: int, height: int) -> Box:
    dx, dy = box.width * MARGIN, box.height * MARGIN
    wider = Box.clipped(box.x1 - dx, box.y1 - dy, box.x2 + dx, box.y2 + dy, width=width, height=height)
    return wider or box


def scaled(glance: Glance, width: int) -> tuple[Observation, tuple[Box, ...]]:
    """The observation and the faces' places, brought down to a width in pixels; never up."""
    observation = glance.observation
    frame = observation.frame
    scale = width / frame.image.shape[1]
    if scale >= 1:
        return observation, glance.faces
    size = (width, max(1, round(frame.image.shape[0] * scale)))
    image = np.asarray(cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA), np.uint8)

    def moved(box: Box) -> Box:
        scaled = (value * scale for value in box.xyxy)
        # A face of a pixel or two may vanish; its corner stays.
        return Box.clipped(*scaled, width=size[0], height=size[1]) or Box(0, 0, 1, 1)

    verdicts = tuple(replace(v, box=moved(v.box)) for v in observation.verdicts)
    ignored = tuple(replace(why, face=replace(why.face, box=moved(why.face.box))) for why in observation.ignored)
    smaller = replace(observation, frame=Frame(image, frame.taken_at, frame.index), verdicts=verdicts, ignored=ignored)
    return smaller, tuple(moved(box) for box in glance.faces)


def jpeg(image: Image) -> bytes:
    """A BGR picture as JPEG."""
    done, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    assert done, "a uint8 BGR picture can be encoded"
    return encoded.tobytes()
