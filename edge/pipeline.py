"""The whole chain in one generator; its body is the drawing of the kiosk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from edge.types import AlarmState, Box, Face, Frame, Image, Observation, Reading, TrackedFace, Verdict

Detect = Callable[[Image], tuple[Face, ...]]
Track = Callable[[tuple[Face, ...], float], tuple[TrackedFace, ...]]
Classify = Callable[[Image, Box], Reading]
Settle = Callable[[tuple[TrackedFace, ...], tuple[Reading, ...], float], tuple[Verdict, ...]]
Decide = Callable[[tuple[Verdict, ...], float], AlarmState]


def observe(
    frames: Iterable[Frame],
    *,
    detect: Detect,
    track: Track,
    classify: Classify,
    settle: Settle,
    decide: Decide,
    min_face: float,
) -> Iterator[Observation]:
    """Look at each frame and say what the door should show.

    Args:
        frames: pictures in the order they were taken.
        detect, track, classify, settle, decide: the stages.
        min_face: faces whose longer side is below this share of the picture's longer side are too far away.
    """
    for frame in frames:
        near = min_face * max(frame.image.shape[:2])
        faces = tuple(face for face in detect(frame.image) if face.box.longer_side >= near)
        tracked = track(faces, frame.taken_at)
        readings = tuple(classify(frame.image, person.face.box) for person in tracked)
        verdicts = settle(tracked, readings, frame.taken_at)
        yield Observation(frame, verdicts, decide(verdicts, frame.taken_at))
