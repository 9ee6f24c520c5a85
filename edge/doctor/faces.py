"""Who came to the door, and who did not count: why, and what to do about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from edge.aiming.reasons import NAMES, amount, remedy
from edge.doctor.finding import Finding, ok, warn
from edge.types import Reason

NAME = "faces"


def sum_up(faces: Sequence[Mapping[str, Any]], *, seconds: float) -> Finding:
    """Of the faces seen in so many seconds, as `edge.local.answers.face_record` tells of each."""
    began = f"in the last {seconds:.0f} s"
    if not faces:
        return warn(NAME, f"{began} no face was found", "stand before the camera, facing it, and try again")
    measures: dict[Reason, list[float]] = defaultdict(list)
    for face in faces:
        if face["reason"] is not None:
            measures[Reason(face["reason"])].append(face["measure"])
    found = f"{began} {len(faces)} {'face' if len(faces) == 1 else 'faces'}"
    if not measures:
        return ok(NAME, f"{found}, all counted")
    ordered = sorted(measures.items(), key=lambda item: -len(item[1]))
    parts = [f"{len(found_)} {NAMES[reason]} (median {amount(reason, median(found_))})" for reason, found_ in ordered]
    worst, of_worst = ordered[0]
    return warn(NAME, f"{found}, {', '.join(parts)}", remedy(worst, median(of_worst)))
