"""The whole chain in one generator; its body is the drawing of the kiosk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from edge.types import AlarmState, Face, Frame, Ignored, Image, Observation, Reading, TrackedFace, Verdict

Find = Callable[[Frame], tuple[Face, ...]]
Track = Callable[[tuple[Face, ...], float], tuple[tuple[TrackedFace, ...], tuple[Ignored, ...]]]
Vouch = Callable[[Frame, tuple[TrackedFace, ...]], tuple[TrackedFace, ...]]
Read = Callable[[Image, tuple[TrackedFace, ...], float], tuple[Reading | Ignored | None, ...]]
Settle = Callable[[tuple[TrackedFace, ...], tuple[Reading | Ignored | None, ...], float], tuple[Verdict, ...]]
Await = Callable[[tuple[TrackedFace, ...]], tuple[Ignored, ...]]
Select = Callable[[Image, tuple[Face, ...]], tuple[tuple[Face, ...], tuple[Ignored, ...]]]
Register = Callable[[Frame, tuple[TrackedFace, ...], tuple[Ignored, ...]], tuple[Ignored, ...]]
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
    await_votes: Await,
    decide: Decide,
    register: Register,
) -> Iterator[Observation]:
    """Look at each frame and say what the door should show.

    Args:
        frames: pictures in the order they were taken.
        find: finds the frame's faces.
        select: parts those that may count from those that are too far away or stand where nobody is looked for.
        track: tells which face belongs to whom, and which are too doubtful to be anybody's.
        vouch: tells which of them live, rather than being what a stuck camera showed last.
        read: tells what each face wears, or why it is not fit to be read; one that is not read casts no vote.
        settle: makes the votes a verdict for each person.
        await_votes: tells who was not seen often enough yet to be decided on.
        decide: makes the verdicts the door's state.
        register: numbers the faces that do not count, and keeps an account of them.
    """
    for frame in frames:
        found = find(frame)
        near, far = select(frame.image, found)
        followed, doubtful = track(near, frame.taken_at)
        tracked = vouch(frame, followed)
        readings = read(frame.image, tracked, frame.taken_at)
        verdicts = settle(tracked, readings, frame.taken_at)
        unfit = tuple(reading for reading in readings if isinstance(reading, Ignored))
        fit = tuple(p for p, reading in zip(tracked, readings, strict=True) if not isinstance(reading, Ignored))
        ignored = register(frame, tracked, (*far, *doubtful, *unfit, *await_votes(fit)))
        yield Observation(frame, verdicts, decide(verdicts, frame.taken_at), found, ignored)
