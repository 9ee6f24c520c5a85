"""A configuration is tried on a chain of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from pydantic import ValidationError

from edge.assembly import stages
from edge.assembly.rehearsal import rehearse
from edge.chain.alarm import Alarm
from edge.config.schema import Config
from edge.errors import ConfigError
from edge.types import AlarmState, Verdict

SECTIONS = ("detector", "zones", "quality", "people", "alarm")
"""What the chain is made of."""


def extremes() -> Iterator[tuple[str, Config]]:
    """Each number of these sections at each bound that the schema takes."""
    for section in SECTIONS:
        for key, field in type(getattr(Config(), section)).model_fields.items():
            bounds = [getattr(each, name) for each in field.metadata for name in ("ge", "le") if hasattr(each, name)]
            for value in bounds:
                with suppress(ValidationError):
                    yield f"{section}.{key} = {value}", Config.model_validate({section: {key: value}})


EXTREMES = dict(extremes())


@pytest.mark.parametrize("config", EXTREMES.values(), ids=EXTREMES)
def test_every_bound_of_the_schema_can_be_played(config: Config) -> None:
    """What the schema takes, the chain can work with."""
    rehearse(config)


def test_whatever_a_stage_raises_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line that names it; the scene has everything that a day at the door has."""
    seen: set[AlarmState] = set()

    class Watched(Alarm):
        def __call__(self, verdicts: tuple[Verdict, ...], at: float, **parts: Any) -> AlarmState:
            seen.add(super().__call__(verdicts, at, **parts))
            if len(seen) > 1 and at > 2:
                raise ZeroDivisionError("float division by zero")
            return self.state

    monkeypatch.setattr(stages, "Alarm", Watched)
    with pytest.raises(ConfigError, match=r"cannot be used \(ZeroDivisionError: float division by zero\)"):
        rehearse(Config())


def test_it_takes_no_time_at_the_door() -> None:
    """Less than a frame or two on a slow board: this machine takes a hundredth of a second of processor time."""
    began = time.process_time()
    rehearse(Config())
    assert time.process_time() - began < 0.5
