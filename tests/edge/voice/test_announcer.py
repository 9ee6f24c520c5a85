"""What is said when, and what is not said twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.health import Scene
from edge.types import AlarmState, Box, DoorWarning, Doorway, Label, Required, Ruling, Verdict
from edge.voice.announcer import CHECKING_S, PROMPTS, Announcer, Manners

IDLE, CHECKING, PASS, ALERT, FAULT = AlarmState
MANNERS = Manners(say=PROMPTS, repeat_s=20.0)
EMPTY = Scene(IDLE, None, (), None, 0.0)


def scene(state: AlarmState, *people: int, reason: Label | None = None) -> Scene:
    label = Label.WITH_MASK if state is PASS else reason or Label.UNCERTAIN
    verdicts = tuple(Verdict(person, Box(0, 0, 9, 9), label, 0.9) for person in people)
    return Scene(state, reason, verdicts, None, 0.0)


BARE = scene(ALERT, 1, reason=Label.WITHOUT_MASK)
IN_FIRE = Doorway(Ruling.FIRE, True, True, DoorWarning.FORCED, fire=True)
WRONG = Scene(ALERT, Label.WRONG_KIND, (), None, 0.0, Required.MEDICAL)
CHIN = scene(ALERT, 1, reason=Label.INCORRECT_MASK)


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (EMPTY, None),
        (scene(PASS, 1), "pass"),
        (BARE, "without_mask"),
        (CHIN, "incorrect_mask"),
        (replace(WRONG, required=Required.RESPIRATOR), "needs_respirator"),
        (replace(WRONG, required=Required.MEDICAL), "needs_medical"),
        (replace(WRONG, required=Required.RESPIRATOR, state=PASS), "needs_respirator"),
        (replace(WRONG, state=PASS, doorway=Doorway(Ruling.LOCKDOWN, False, lockdown=True)), None),
        (scene(FAULT), "fault"),
        (replace(EMPTY, doorway=Doorway(Ruling.SHUT, False, True, DoorWarning.HELD_OPEN)), "held_open"),
        (replace(BARE, muted_s=5.0), None),
        (replace(scene(PASS, 1), doorway=Doorway(Ruling.LOCKDOWN, False, lockdown=True)), None),
        *((replace(seen, doorway=IN_FIRE), None) for seen in (scene(PASS, 1), BARE, CHIN, scene(FAULT))),
    ],
)
def test_each_state_has_its_prompt(seen: Scene, said: str | None) -> None:
    """By the reason of an alert; a muted kiosk says nothing, and nobody is asked into a door that is locked down."""
    assert Announcer()(seen, 0.0, MANNERS) == said


def test_nobody_is_told_the_same_twice_in_a_row() -> None:
    """Who does not do it is told again after a while; somebody else at once; another reason at once."""
    announcer = Announcer()
    seen = [
        (0.0, BARE, "without_mask"),
        (0.1, BARE, None),
        (1.0, CHIN, "incorrect_mask"),
        (2.0, BARE, None),
        (3.0, scene(ALERT, 1, 2, reason=Label.WITHOUT_MASK), "without_mask"),
        (22.9, BARE, None),
        (23.1, BARE, "without_mask"),
    ]
    for at, shown, said in seen:
        assert announcer(shown, at, MANNERS) == said, at


def test_one_moment_please_is_for_those_who_wait() -> None:
    """Not for whoever is decided on at once; and "come in" is said once, however long somebody stands there."""
    announcer = Announcer()
    assert announcer(scene(CHECKING, 1), 0.0, MANNERS) is None
    assert announcer(scene(CHECKING, 1), CHECKING_S - 0.1, MANNERS) is None
    assert announcer(scene(CHECKING, 1), CHECKING_S, MANNERS) == "checking"
    assert announcer(scene(PASS, 1), 2.0, MANNERS) == "pass"
    assert announcer(scene(PASS, 1), 60.0, MANNERS) is None


def test_what_is_not_wished_is_not_said() -> None:
    """Prompts may be left out, and a press of the button silences what is called for until something else is."""
    assert Announcer()(BARE, 0.0, Manners(say=["pass"], repeat_s=20.0)) is None
    announcer = Announcer()
    assert announcer(BARE, 0.0, MANNERS) == "without_mask"
    announcer.hush()
    assert announcer(BARE, 30.0, MANNERS) is None
    assert announcer(scene(PASS, 1), 31.0, MANNERS) == "pass"
    assert announcer(BARE, 60.0, MANNERS) == "without_mask"


@pytest.mark.parametrize(
    ("becomes", "goes_on"),
    [
        (scene(PASS, 1), True),
        (EMPTY, True),
        (scene(CHECKING, 2), False),
        (BARE, False),
        (replace(scene(PASS, 1), doorway=Doorway(Ruling.LOCKDOWN, False, lockdown=True)), False),
        (replace(EMPTY, doorway=Doorway(Ruling.LOCKDOWN, False, lockdown=True)), False),
        (replace(scene(PASS, 1), doorway=IN_FIRE), False),
        (replace(EMPTY, doorway=IN_FIRE), False),
        (replace(EMPTY, muted_s=1.0), False),
    ],
)
def test_what_is_being_said_is_broken_off(becomes: Scene, goes_on: bool) -> None:
    """Nobody is asked in any longer than the door lets them; who has gone may be spoken after."""
    assert Announcer().still("pass", becomes) == goes_on


def test_a_press_of_the_button_breaks_off_what_is_being_said() -> None:
    """As it silences the buzzer."""
    announcer = Announcer()
    assert announcer(BARE, 0.0, MANNERS) == "without_mask"
    assert announcer.still("without_mask", BARE)
    announcer.hush()
    assert not announcer.still("without_mask", BARE)
