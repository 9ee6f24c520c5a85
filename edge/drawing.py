"""Boxes and labels on a copy of the picture, for people to look at."""

from __future__ import annotations

from collections.abc import Iterable

import cv2

from edge.aiming.reasons import describe
from edge.types import AlarmState, Box, Ignored, Image, Label, Observation, Verdict

Colour = tuple[int, int, int]

# Okabe and Ito's palette (2008), told apart with any colour vision; BGR.
_GREEN: Colour = (115, 158, 0)
_VERMILION: Colour = (0, 94, 213)
_ORANGE: Colour = (0, 159, 230)
_PURPLE: Colour = (167, 121, 204)
_GREY: Colour = (110, 110, 110)
_WHITE: Colour = (255, 255, 255)

_LABELS: dict[Label, tuple[str, Colour]] = {
    Label.WITH_MASK: ("mask", _GREEN),
    Label.WITHOUT_MASK: ("no mask", _VERMILION),
    Label.INCORRECT_MASK: ("wrongly worn", _ORANGE),
    Label.WRONG_KIND: ("wrong kind", _PURPLE),
    Label.UNCERTAIN: ("?", _GREY),
}
_STATES: dict[AlarmState, Colour] = {
    AlarmState.IDLE: _GREY,
    AlarmState.CHECKING: _ORANGE,
    AlarmState.PASS: _GREEN,
    AlarmState.ALERT: _VERMILION,
    AlarmState.FAULT: _VERMILION,
}


def draw_faces(image: Image, faces: Iterable[tuple[Box, Label, float]]) -> Image:
    """A copy of `image` with each (box, label, probability) drawn on it."""
    canvas = image.copy()
    thickness = max(2, round(max(image.shape[:2]) / 300))
    for box, label, probability in faces:
        text, colour = _LABELS[label]
        cv2.rectangle(canvas, (box.x1, box.y1), (box.x2 - 1, box.y2 - 1), colour, thickness)
        caption = f"{text} {probability:.0%}" if label is not Label.UNCERTAIN else text
        _write(canvas, caption, box.x1, box.y1, colour)
    return canvas


def draw_people(image: Image, verdicts: Iterable[Verdict], ignored: Iterable[Ignored]) -> Image:
    """A copy of `image` with everyone's verdict, and with why the other faces do not count."""
    why = {one.face.box: one for one in ignored}
    settled = [v for v in verdicts if v.label is not Label.UNCERTAIN]
    doubted = [v for v in verdicts if v.label is Label.UNCERTAIN and v.box not in why]
    canvas = draw_faces(image, ((v.box, v.label, v.probability) for v in (*doubted, *settled)))
    decided = {verdict.box for verdict in settled}
    for box, one in why.items():
        if box not in decided:
            cv2.rectangle(canvas, (box.x1, box.y1), (box.x2 - 1, box.y2 - 1), _GREY, 1)
            _write(canvas, describe(one), box.x1, box.y1, _GREY)
    return canvas


def draw_everything(observation: Observation) -> Image:
    """A copy of the frame with everything that was found, the size and score of each, and why some do not count."""
    canvas = draw_people(observation.frame.image, observation.verdicts, observation.ignored)
    longer = max(canvas.shape[:2])
    for face in observation.faces:
        box = face.box
        cv2.rectangle(canvas, (box.x1, box.y1), (box.x2 - 1, box.y2 - 1), _GREY, 1)
        caption = f"{box.longer_side / longer:.1%}  {face.score:.2f}"
        _write(canvas, caption, box.x1, box.y2 + max(20, longer // 50), _GREY)
    return canvas


def draw_observation(observation: Observation) -> Image:
    """A copy of the frame with everyone's verdict, and the state in a bar along the top."""
    canvas = draw_people(observation.frame.image, observation.verdicts, observation.ignored)
    height = max(18, round(canvas.shape[0] / 16))
    colour = _STATES[observation.state]
    cv2.rectangle(canvas, (0, 0), (canvas.shape[1], height), colour, cv2.FILLED)
    caption = f"{observation.state.upper()}  {observation.frame.taken_at:.1f} s"
    scale = height / 32
    cv2.putText(canvas, caption, (8, round(height * 0.74)), cv2.FONT_HERSHEY_SIMPLEX, scale, _WHITE, 2, cv2.LINE_AA)
    return canvas


def _write(canvas: Image, text: str, x: int, y: int, colour: Colour) -> None:
    """White on a filled bar above (x, y), moved inside the picture where there is no room."""
    scale = max(0.45, max(canvas.shape[:2]) / 1400)
    (width, height), base = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    left = max(0, min(x, canvas.shape[1] - width - 6))
    bottom = max(height + base + 4, y)
    cv2.rectangle(canvas, (left, bottom - height - base - 4), (left + width + 6, bottom), colour, cv2.FILLED)
    origin = (left + 3, bottom - base - 1)
    cv2.putText(canvas, text, origin, cv2.FONT_HERSHEY_SIMPLEX, scale, _WHITE, 1, cv2.LINE_AA)
