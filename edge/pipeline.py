"""The whole chain in one generator; its body is the drawing of the kiosk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from edge.types import AlarmState, Box, Face, Frame, Image, Observation, Reading, TrackedFace, Verdict

Detect = Callable[[Image], tuple[Face, ...]]
Find = Callable[[Frame], tuple[Face, ...]]
Track = Callable[[tuple[Face, ...], float], tuple[TrackedFace, ...]]
Read = Callable[[Image, tuple[TrackedFace, ...], float], tuple[Reading | None, ...]]
Settle = Callable[[tuple[TrackedFace, ...], tuple[Reading | None, ...], float], tuple[Verdict, ...]]
Select = Callable[[Image, tuple[Face, ...]], tuple[Face, ...]]
Decide = Callable[[tuple[Verdict, ...], float], AlarmState]


def observe(
    frames: Iterable[Frame],
    *,
    find: Find,
    select: Select,
    track: Track,
    read: Read,
    settle: Settle,
    decide: Decide,
) -> Iterator[Observation]:
    """Look at each frame and say what the door should show.

    Args:
        frames: pictures in the order they were taken.
        find: finds the frame's faces.
        select: drops those that are too far away or stand where nobody is looked for.
        track: tells which face belongs to whom.
        read: tells what each face wears; one that is not read, or not fit to be, casts no vote.
        settle: makes the votes a verdict for each person.
        decide: makes the verdicts the door's state.
    """
    for frame in frames:
        found = find(frame)
        tracked = track(select(frame.image, found), frame.taken_at)
        readings = read(frame.image, tracked, frame.taken_at)
        verdicts = settle(tracked, readings, frame.taken_at)
        yield Observation(frame, verdicts, decide(verdicts, frame.taken_at), found)


def find_faces(frame: Frame, detect: Detect) -> tuple[Face, ...]:
    """The frame's faces in pixels of its image, found in the small picture where there is one."""
    if frame.small is None:
        return detect(frame.image)
    (height, width), (small_height, small_width) = frame.image.shape[:2], frame.small.shape[:2]
    across, down = width / small_width, height / small_height
    found = []
    for face in detect(frame.small):
        x1, y1, x2, y2 = face.box.xyxy
        box = Box.clipped(x1 * across, y1 * down, x2 * across, y2 * down, width=width, height=height)
        if box is not None:
            found.append(Face(box, face.score))
    return tuple(found)
