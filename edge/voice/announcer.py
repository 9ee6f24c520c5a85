"""What is said, and when: pure, over what is seen at the door and time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

from edge.health import Scene
from edge.types import AlarmState, DoorWarning, Label, Required

Prompt = Literal[
    "checking", "pass", "without_mask", "incorrect_mask", "needs_respirator", "needs_medical", "held_open", "fault"
]

PROMPTS: tuple[Prompt, ...] = get_args(Prompt)
"""By the name of their sound files."""

CHECKING_S = 1.5
"""Whoever is decided on sooner needs no "one moment, please"."""

_AGAIN: frozenset[Prompt] = frozenset(
    {"without_mask", "incorrect_mask", "needs_respirator", "needs_medical", "held_open"}
)
"""What is said again after a while to somebody who does not do it."""

_NOBODY = -1
"""Stands for whoever hears what is said to nobody in particular."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How the voice behaves.

    Attributes:
        say: what is said at all.
        repeat_s: how long the same is not said again to the same person.
    """

    say: Collection[Prompt]
    repeat_s: float


class Announcer:
    """Chooses what to say now.

    Remembers what is called for and since when, whether it was hushed, and when whom was last told what.
    """

    def __init__(self) -> None:
        self._called_for: Prompt | None = None
        self._since = 0.0
        self._was_said = self._is_hushed = False
        self._told: dict[tuple[Prompt, int], float] = {}

    def __call__(self, scene: Scene, at: float, manners: Manners) -> Prompt | None:
        """What to begin saying now; None to leave what is being said as it is.

        Args:
            scene: what the door shows, and who is there.
            at: seconds, never decreasing.
            manners: how the voice behaves now.
        """
        prompt = called_for(scene)
        if prompt is not self._called_for:
            self._called_for, self._since = prompt, at
            self._was_said = self._is_hushed = False
        if prompt is None or prompt not in manners.say or self._is_hushed or scene.muted_s > 0:
            return None
        if prompt == "checking" and at - self._since < CHECKING_S:
            return None
        if self._was_said and prompt not in _AGAIN:
            return None
        listeners = [verdict.track_id for verdict in scene.verdicts] or [_NOBODY]
        self._told = {key: told for key, told in self._told.items() if at - told < manners.repeat_s}
        if all((prompt, listener) in self._told for listener in listeners):
            return None
        self._was_said = True
        self._told |= {(prompt, listener): at for listener in listeners}
        return prompt

    def still(self, prompt: Prompt, scene: Scene) -> bool:
        """Whether what is being said may go on: the door says so, or has nothing to say any more."""
        if self._is_hushed or scene.muted_s > 0:
            return False
        now = called_for(scene)
        has_nothing = now is None and scene.state is AlarmState.IDLE and not is_closed_to_all(scene)
        return now == prompt or has_nothing

    def hush(self) -> None:
        """Say no more of what is called for now."""
        self._is_hushed = True


def called_for(scene: Scene) -> Prompt | None:
    """What the door as it is would have said; nothing in a fire, which has a voice of its own."""
    if scene.doorway is not None and scene.doorway.fire:
        return None
    if scene.state is AlarmState.FAULT:
        return "fault"
    if scene.state is AlarmState.ALERT:
        return needed_in(scene) or ("incorrect_mask" if scene.reason is Label.INCORRECT_MASK else "without_mask")
    if scene.doorway is not None and scene.doorway.warning is DoorWarning.HELD_OPEN:
        return "held_open"
    # Nobody is asked in while the door is locked down.
    if scene.state is AlarmState.PASS and not is_closed_to_all(scene):
        return needed_in(scene) or "pass"
    return "checking" if scene.state is AlarmState.CHECKING else None


def needed_in(scene: Scene) -> Prompt | None:
    """What somebody is asked for whose mask is of the wrong kind; in PASS, it is a reminder."""
    if scene.reason is not Label.WRONG_KIND:
        return None
    return "needs_respirator" if scene.required is Required.RESPIRATOR else "needs_medical"


def is_closed_to_all(scene: Scene) -> bool:
    """Nobody is to come in, masked or not."""
    return scene.doorway is not None and (scene.doorway.lockdown or scene.doorway.fire)
