"""When the door decides: from the first near face of a clip to its first verdict, in media time."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmarks.contestants import Pictures
from edge.commands.bench import Bench
from edge.config.schema import Config
from edge.types import AlarmState, Observation

FAR = 0.06
"""Smallest face with which a clip is tried again that shows nobody near: people who come from afar."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Of one clip: media seconds of the first frame with a face that is big enough, and of the first alert and pass.

    Attributes:
        name: of the clip.
        min_face: share of the picture's longer side from which a face is big enough.
    """

    name: str
    min_face: float
    near_at: float
    alert_at: float | None
    pass_at: float | None


@dataclass(slots=True)
class _Witness:
    min_face: float
    near_at: float | None = None
    first: dict[AlarmState, float] = field(default_factory=dict)

    def __call__(self, seen: Observation) -> None:
        near = self.min_face * max(seen.frame.size)
        if self.near_at is None and any(face.box.longer_side >= near for face in seen.faces):
            self.near_at = seen.frame.taken_at
        self.first.setdefault(seen.state, seen.frame.taken_at)


def decisions(name: str, pictures: Pictures) -> list[Decision]:
    """What the kiosk decides on a clip; empty if nobody is near even at FAR."""
    for min_face in (Config().detector.min_face, FAR):
        config = Config.model_validate({"detector": {"min_face": min_face}})
        witness = _Witness(min_face)
        Bench(config, watch=witness).run(iter(pictures))
        alert_at, pass_at = (witness.first.get(state) for state in (AlarmState.ALERT, AlarmState.PASS))
        if witness.near_at is not None and (alert_at, pass_at) != (None, None):
            return [Decision(name, min_face, witness.near_at, alert_at, pass_at)]
    return []
