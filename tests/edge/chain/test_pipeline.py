"""The chain calls its stages in order and passes values on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edge.chain.pipeline import observe
from edge.types import AlarmState, Box, Face, Frame, Label, Reading, TrackedFace, Verdict


def test_chain_passes_values_on() -> None:
    """A face that is not selected is not tracked, one that is not read casts no vote; the rest is judged."""
    near, blurred, far = (Face(Box(x, 0, x + 10, 10), 0.9) for x in (0, 20, 40))
    mask = Reading(Label.WITH_MASK, ((Label.WITH_MASK, 0.9),))
    read: list[tuple[TrackedFace, ...]] = []

    def read_first(_image: np.ndarray, tracked: tuple[TrackedFace, ...], _at: float) -> tuple[Reading | None, ...]:
        read.append(tracked)
        return mask, None

    observations = list(
        observe(
            [Frame(np.zeros((100, 80, 3), np.uint8), 0.5, 0)],
            find=lambda frame: (near, blurred, far),
            select=lambda image, faces: faces[:2],
            track=lambda faces, at: tuple(TrackedFace(i, face, 1) for i, face in enumerate(faces)),
            vouch=lambda frame, tracked: (tracked[0], replace(tracked[1], lives=frame.taken_at != 0.5)),
            read=read_first,
            settle=lambda tracked, readings, at: tuple(
                Verdict(t.track_id, t.face.box, r.label, r.probability)
                for t, r in zip(tracked, readings, strict=True)
                if r is not None
            ),
            decide=lambda verdicts, at: AlarmState.PASS if len(verdicts) == 1 and at == 0.5 else AlarmState.FAULT,
        )
    )
    assert [[person.face for person in tracked] for tracked in read] == [[near, blurred]]
    assert [person.lives for person in read[0]] == [True, False]
    assert observations[0].state is AlarmState.PASS
    assert observations[0].faces == (near, blurred, far)
    assert observations[0].verdicts == (Verdict(0, near.box, Label.WITH_MASK, 0.9),)
