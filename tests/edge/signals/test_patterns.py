"""The table of outputs and the buzzer's sounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.signals.patterns import OUTPUTS, SOUNDS, Pattern, Sound, levels
from edge.types import AlarmState


@pytest.mark.parametrize(
    ("state", "on"),
    [
        (AlarmState.IDLE, set()),
        (AlarmState.CHECKING, {"amber"}),
        (AlarmState.PASS, {"green", "relay"}),
        (AlarmState.ALERT, {"red", "buzzer"}),
        (AlarmState.FAULT, {"amber", "red"}),
    ],
)
def test_each_state_has_its_outputs(state: AlarmState, on: set[str]) -> None:
    """The table in the module's docstring, and every output has a level in it."""
    shown = levels(state, 0.0, sound="intermittent", audible=True)
    assert {name for name, level in shown.items() if level} == on
    assert set(shown) == set(OUTPUTS)


@pytest.mark.parametrize(
    ("sound", "pitches"),
    [
        ("intermittent", [2000, 2000, 0, 0, 2000, 2000]),
        ("beep", [2000, 2000, 0, 0, 0, 0]),
        ("tonal", [1760, 1320, 1760, 1320, 1760, 1320]),
    ],
)
def test_sounds_every_quarter_second(sound: Sound, pitches: list[float]) -> None:
    """One beep, a broken tone, or two tones in turn."""
    assert [levels(AlarmState.ALERT, i / 4, sound=sound, audible=True)["buzzer"] for i in range(6)] == pitches


@pytest.mark.parametrize("steps", [(), ((0.0, 440.0),), ((1.0, -1.0),)])
def test_a_pattern_needs_time_and_pitch(steps: tuple[tuple[float, float], ...]) -> None:
    """A pattern that could never be played is refused."""
    with pytest.raises(ValueError, match="expected steps"):
        Pattern(steps)


@given(st.sampled_from(AlarmState), st.floats(0, 1e6), st.sampled_from(sorted(SOUNDS)), st.booleans())
def test_what_must_never_be_shown(state: AlarmState, elapsed_s: float, sound: Sound, audible: bool) -> None:
    """The relay is energised on PASS only, and a muted buzzer is silent whatever the time."""
    shown = levels(state, elapsed_s, sound=sound, audible=audible)
    assert bool(shown["relay"]) == (state is AlarmState.PASS)
    assert not shown["buzzer"] or (audible and state is AlarmState.ALERT)
