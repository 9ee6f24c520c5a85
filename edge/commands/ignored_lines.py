"""What `--json` says of faces that do not count."""

from __future__ import annotations

import json

import click

from edge.types import Observation, Reason

AGAIN_S = 1.0
"""A face that goes on being ignored for the same reason is told of again after so long, with what is measured then."""


class IgnoredLines:
    """Writes a line for each face that does not count, when it begins to, and every second; a sink.

    Remembers when each face of the present frame was told of last.
    """

    def __init__(self) -> None:
        self._told: dict[tuple[int, Reason], float] = {}

    def __call__(self, observation: Observation) -> None:
        at = observation.frame.taken_at
        told = {}
        for why in observation.ignored:
            key = why.id, why.reason
            told[key] = self._told.get(key, float("-inf"))
            if not told[key] <= at < told[key] + AGAIN_S:
                told[key] = at
                record = {
                    "t": round(at, 3),
                    "event": "ignored",
                    "face": why.id,
                    "reason": why.reason.value,
                    "measure": round(why.measure, 4),
                    "needed": round(why.needed, 4),
                    "size": round(why.size, 4),
                    "box": list(why.face.box.xyxy),
                }
                click.echo(json.dumps(record))
        self._told = told
