"""The whole chain in one generator; its body is the drawing of the kiosk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from edge.types import AlarmState, Face, Frame, Image, Observation, Reading, TrackedFace, Verdict

Find = Callable[[Frame], tuple[Face, ...]]
Track = Callable[[tuple[Face, ...], float], tuple[TrackedFace, ...]]
Vouch = Callable[[Frame, tuple[TrackedFace, ...]], tuple[TrackedFace, ...]]
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
    vouch: Vouch,
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
        vouch: tells which of them live, rather than being what a stuck camera showed last.
        read: tells what each face wears; one that is not read, or not fit to be, casts no vote.
        settle: makes the votes a verdict for each person.
        decide: makes the verdicts the door's state.
    """
    for frame in frames:
        found = find(frame)
        tracked = vouch(frame, track(select(frame.image, found), frame.taken_at))
        readings = read(frame.image, tracked, frame.taken_at)
        verdicts = settle(tracked, readings, frame.taken_at)
        yield Observation(frame, verdicts, decide(verdicts, frame.taken_at), found)
