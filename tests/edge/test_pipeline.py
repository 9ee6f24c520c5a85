"""The chain calls its stages in order and passes values on."""

from __future__ import annotations

import numpy as np

from edge.pipeline import observe
from edge.types import AlarmState, Box, Face, Frame, Label, Reading, TrackedFace, Verdict


def test_chain_judges_near_faces_only() -> None:
    """A face below the smallest size is neither tracked nor classified; the near one reaches the verdict."""
    near, far = Face(Box(0, 0, 10, 10), 0.9), Face(Box(50, 50, 57, 57), 0.9)
    classified: list[Box] = []

    def classify(image: np.ndarray, box: Box) -> Reading:
        classified.append(box)
        return Reading(Label.WITH_MASK, ((Label.WITH_MASK, 0.9),))

    observations = list(
        observe(
            [Frame(np.zeros((100, 80, 3), np.uint8), 0.5, 0)],
            detect=lambda image: (near, far),
            track=lambda faces, at: tuple(TrackedFace(i, face, 1) for i, face in enumerate(faces)),
            classify=classify,
            settle=lambda tracked, readings, at: tuple(
                Verdict(t.track_id, t.face.box, r.label, r.probability) for t, r in zip(tracked, readings, strict=True)
            ),
            decide=lambda verdicts, at: AlarmState.PASS if len(verdicts) == 1 and at == 0.5 else AlarmState.FAULT,
            min_face=0.08,
        )
    )
    assert classified == [near.box]
    assert observations[0].state is AlarmState.PASS
    assert observations[0].verdicts == (Verdict(0, near.box, Label.WITH_MASK, 0.9),)
