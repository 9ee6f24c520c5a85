"""What helps to aim a camera: sharpness, light, and everything that was found, with its figures."""

from __future__ import annotations

import cv2
import numpy as np
from pydantic import BaseModel

from edge.aiming.reasons import describe
from edge.chain.quality import brightness, sharpness
from edge.drawing import draw_everything
from edge.types import Face, Image, Label, Observation, Reason
from edge.web.jpeg import jpeg, scaled
from edge.web.live import Glance
from edge.web.streams import Pictures

WIDTH = 1280
"""Pixels of the sharp picture; a camera that gives fewer is shown as it is."""

FOCUS_WIDTH = 640
"""At which the whole picture's sharpness is measured."""

DARK = 50.0
GLARING = 215.0
"""Mean grey value (0 to 255) of a picture that is too dark, or too bright, to tell masks by."""

BACKLIT = 0.6
"""A face that is darker than this share of the whole picture stands against the light."""

DIM_FACE = 90.0
"""Brighter faces are bright enough, whatever is behind them."""


class AimedFace(BaseModel):
    """A face that was found: place as shares of the picture, size, and how it looks.

    `text` says why it does not count, `label` what is known of whoever counts; neither for what hardly is a face.
    """

    left: float
    top: float
    width: float
    height: float
    size: float
    size_px: int
    score: float
    sharpness: float
    brightness: float
    reason: Reason | None
    text: str
    label: Label | None


class Aim(BaseModel):
    """How the picture looks: `focus` is its sharpness, the more the better, and `light` its mean grey value."""

    width_px: int
    height_px: int
    focus: float
    light: float
    hints: list[str]
    faces: list[AimedFace]


class SharpPictures(Pictures):
    """Pictures as the camera gives them, with everything that was found: for whoever aims it."""

    def _encode(self, glance: Glance) -> bytes:
        observation, _ = scaled(glance, WIDTH)
        return jpeg(draw_everything(observation))


def look(observation: Observation) -> Aim:
    """Measure one picture and its faces; a few milliseconds."""
    image = observation.frame.image
    width, height = observation.frame.size
    faces = [_face(observation, face) for face in observation.faces]
    light = float(image[::8, ::8].mean())
    hints = [*_about_light(light), *_about_backlight(light, faces)]
    return Aim(
        width_px=width, height_px=height, focus=round(focus(image), 1), light=round(light), hints=hints, faces=faces
    )


def focus(image: Image) -> float:
    """Variance of the Laplacian (Pech-Pacheco et al. 2000) of the picture's middle, where people stand."""
    height, width = image.shape[:2]
    middle = image[height // 4 : height - height // 4, width // 4 : width - width // 4]
    scale = min(1.0, FOCUS_WIDTH / width)
    small = cv2.resize(middle, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return float(np.var(cv2.Laplacian(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), cv2.CV_32F)))


def _face(observation: Observation, face: Face) -> AimedFace:
    image, (width, height), box = observation.frame.image, observation.frame.size, face.box
    why = next((one for one in observation.ignored if one.face == face), None)
    verdict = next((one for one in observation.verdicts if one.box == box), None)
    return AimedFace(
        left=box.x1 / width,
        top=box.y1 / height,
        width=box.width / width,
        height=box.height / height,
        size=round(box.longer_side / max(width, height), 4),
        size_px=box.longer_side,
        score=round(face.score, 3),
        sharpness=round(sharpness(image, box), 1),
        brightness=round(brightness(image, box)),
        reason=None if why is None else why.reason,
        text="" if why is None else describe(why),
        label=None if verdict is None else verdict.label,
    )


def _about_light(light: float) -> list[str]:
    if light < DARK:
        return ["There is little light: light the place where people stop, from the front."]
    if light > GLARING:
        return ["The picture is very bright: turn the camera away from windows and lamps."]
    return []


def _about_backlight(light: float, faces: list[AimedFace]) -> list[str]:
    # What is hardly a face may be anything.
    sure = [face for face in faces if face.label is not None or face.reason is not None]
    if any(face.brightness < min(BACKLIT * light, DIM_FACE) for face in sure):
        return ["The light is behind the people: turn the camera, or light their faces from the front."]
    return []
