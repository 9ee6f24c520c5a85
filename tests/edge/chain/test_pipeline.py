"""The chain calls its stages in order and passes values on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edge.chain.pipeline import observe
from edge.types import AlarmState, Box, Face, Frame, Ignored, Label, Reading, Reason, TrackedFace, Verdict


def test_chain_passes_values_on() -> None:
    """What a stage sets aside goes no further, and it says why; the rest is judged."""
    near, waiting, blurred, doubtful, far = (Face(Box(x, 0, x + 10, 10), 0.9) for x in (0, 20, 40, 60, 80))
    mask = Reading(Label.WITH_MASK, ((Label.WITH_MASK, 0.9),))
    why = {
        face: Ignored(face, reason, 1.0, 2.0)
        for face, reason in (
            (waiting, Reason.NOT_YET),
            (blurred, Reason.BLURRED),
            (doubtful, Reason.LOW_SCORE),
            (far, Reason.TOO_SMALL),
        )
    }
    read: list[tuple[TrackedFace, ...]] = []

    def read_first(
        _image: np.ndarray, tracked: tuple[TrackedFace, ...], _at: float
    ) -> tuple[Reading | Ignored | None, ...]:
        read.append(tracked)
        return mask, None, why[blurred]

    observations = list(
        observe(
            [Frame(np.zeros((100, 80, 3), np.uint8), 0.5, 0)],
            find=lambda frame: (near, waiting, blurred, doubtful, far),
            select=lambda image, faces: (faces[:4], (why[faces[4]],)),
            track=lambda faces, at: (
                tuple(TrackedFace(i, face, 1) for i, face in enumerate(faces[:3])),
                (why[faces[3]],),
            ),
            vouch=lambda frame, tracked: (tracked[0], *(replace(one, lives=False) for one in tracked[1:])),
            read=read_first,
            settle=lambda tracked, readings, at: tuple(
                Verdict(t.track_id, t.face.box, r.label, r.probability)
                for t, r in zip(tracked, readings, strict=True)
                if isinstance(r, Reading)
            ),
            await_votes=lambda fit: tuple(why[person.face] for person in fit if person.face in why),
            decide=lambda verdicts, at: AlarmState.PASS if len(verdicts) == 1 and at == 0.5 else AlarmState.FAULT,
            register=lambda frame, followed, ignored: tuple(replace(one, id=len(followed)) for one in ignored),
        )
    )
    assert [[person.face for person in tracked] for tracked in read] == [[near, waiting, blurred]]
    assert [person.lives for person in read[0]] == [True, False, False]
    assert observations[0].state is AlarmState.PASS
    assert observations[0].faces == (near, waiting, blurred, doubtful, far)
    assert observations[0].verdicts == (Verdict(0, near.box, Label.WITH_MASK, 0.9),)
    assert set(observations[0].ignored) == {replace(one, id=3) for one in why.values()}
