"""Every text of the catalogue, in English.

A text is found by where it stands and by its English words; gettext calls them `msgctxt` and `msgid`. Another text is
added here, or by a `Message` in the module that needs it, and brought into every language by `docs/write_catalogue.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Message:
    """A text: where it stands, for the translator, and its English words."""

    context: str
    text: str


DoorText = Literal[
    "idle",
    "checking",
    "pass",
    "without_mask",
    "incorrect_mask",
    "needs_respirator",
    "needs_medical",
    "fault",
    "undecided",
    "held_open",
    "locked",
    "released",
]

DOOR: Mapping[DoorText, Message] = {
    "idle": Message("door screen", "Please wear a mask"),
    "checking": Message("door screen", "One moment, please"),
    "pass": Message("door screen", "Thank you, please come in"),
    "without_mask": Message("door screen", "Please put on a mask"),
    "incorrect_mask": Message("door screen", "Please cover your nose and mouth"),
    "needs_respirator": Message("door screen", "A respirator (FFP2, N95) is required here"),
    "needs_medical": Message("door screen", "A medical mask is required here"),
    "fault": Message("door screen", "Out of order: please ask our staff"),
    "undecided": Message("door screen", "Cannot check now: please ask our staff"),
    "held_open": Message("door screen", "Please close the door"),
    "locked": Message("door screen", "No entry at present: please ask our staff"),
    "released": Message("door screen", "This door is open"),
}
"""What the door screen shows, by state; an alert is told by its reason. Short: it is read from two metres.

`needs_respirator`, `needs_medical`: a mask is worn properly, and is of another kind than is required; `undecided`: too
few pictures come to decide by; `held_open`: the door stands open for too long; `locked`: nothing opens it; `released`:
anybody may pass.
"""

SPOKEN: Mapping[str, Message] = {
    "checking": Message("spoken", "One moment, please."),
    "pass": Message("spoken", "Thank you. Please come in."),
    "without_mask": Message("spoken", "Please put on a mask."),
    "incorrect_mask": Message("spoken", "Please cover your nose and mouth."),
    "needs_respirator": Message("spoken", "A respirator is required here."),
    "needs_medical": Message("spoken", "A medical mask is required here."),
    "held_open": Message("spoken", "Please close the door."),
    "fault": Message("spoken", "This door is out of order. Please ask our staff."),
}
"""What the voice says: whole sentences, with the stops at which a voice pauses. `held_open`: the door stands open."""

ToldText = Literal["alert", "fault", "camera", "forced", "held_open", "report", "over", "summary", "test"]

TOLD: Mapping[ToldText, Message] = {
    "alert": Message("notification", "Alert at the door"),
    "fault": Message("notification", "Something does not work"),
    "camera": Message("notification", "The camera sees nothing"),
    "forced": Message("notification", "The door was forced open"),
    "held_open": Message("notification", "The door is held open"),
    "report": Message("notification", "Report"),
    "over": Message("notification", "Works again"),
    "summary": Message("notification", "Several messages"),
    "test": Message("notification", "Test message"),
}
"""What a message to people begins with; `over`: a fault has ended; `summary`: of what had to wait."""
