"""What the API says in English words that pages show translated: refusals, and the words of settings, faces, outputs.

The API speaks English, to programs as to pages; the pages' scripts find the translation (`known` in words.js). In
the place of a `{name}` stands a value. What is not listed - details of faults, entries of the audit - stays English.
"""

from __future__ import annotations

from collections.abc import Iterator

from edge.aiming.reasons import NAMES
from edge.config.settings import CHANGEABLE, SettingsPatch
from edge.languages.words import mark
from edge.signals.trial import SEEN
from edge.types import Reason

REFUSALS = (
    # whoever asks
    mark("log in, or send a token"),
    mark("the request comes from another site"),
    mark("X-CSRF-Token is missing or wrong; reload the page"),
    mark("the role {role} may not do this; an admin can give you another one"),
    # people, sessions, tokens
    mark("there is no such session"),
    mark("there is no such token"),
    mark("there is no user named {name}"),
    mark("there is a user named {name} already"),
    mark("there are {n} users already; remove one"),
    mark("{name} is the last admin; make another one first"),
    mark("{name} cannot be a user's name: up to 64 letters, figures, and . _ @ - (not {reserved})"),
    mark("there is a token named {name} already"),
    mark("there are {n} tokens already; delete one"),
    mark("the current password is wrong, or the code is"),
    mark("too many wrong passwords; wait a quarter of an hour"),
    mark("that is not the app's present code; is the telephone's clock right?"),
    mark("only a user with a name has a second factor; add one on the page Access"),
    mark("this invitation was used, or has expired; ask for another"),
    mark("choose a password of {least} to {most} characters"),
    # the door, its events and pictures
    mark("events are not stored: name a file in events.database"),
    mark("there is no picture yet"),
    mark("there is no such face"),
    mark("there is no such incident"),
    mark("there is no such snapshot"),
    mark("nobody would start it again: it runs by hand, not as a service"),
    mark("an update is under way already"),
    mark("somebody else uploads a release at this moment"),
    mark("{name} has no second factor; switch it on first"),
    mark("since, until: expected at most {n} days"),
    mark("since, until: the time is out of range"),
    mark("nobody is told here: see [notify]"),
    mark("nothing is said here: see voice.enabled"),
    mark("the door says something else now: try again when nobody is there and it is not locked down"),
    mark("the set-up is over; begin it on the page Set-up, or with: sudo maskgate setup"),
)
"""Of operations, as they say it."""

HINDSIGHT = (
    mark("nothing more was kept of it"),
    mark("a mask of the wrong kind alone, which is let in"),
    mark("nobody was judged more surely than {share}"),
    mark("the one before, {n} s ago, might have gone on"),
    mark("{n} s after the one before"),
    mark("it would have begun later, with the hours"),
    mark("outside the hours"),
)
"""Why an alert would have been another under other settings."""

LIMITS = (
    mark("Input should be greater than {limit}"),
    mark("Input should be greater than or equal to {limit}"),
    mark("Input should be less than {limit}"),
    mark("Input should be less than or equal to {limit}"),
    mark("Input should be a valid integer, got a number with a fractional part"),
)
"""What pydantic says of a number."""

LIGHT = (
    mark("There is little light: light the place where people stop, from the front."),
    mark("The picture is very bright: turn the camera away from windows and lamps."),
    mark("The light is behind the people: turn the camera, or light their faces from the front."),
)
"""Of the picture in the set-up."""

_DISTANCES = frozenset({Reason.OUTSIDE_REGION, Reason.IN_IGNORED_ZONE})


def texts() -> Iterator[str]:
    """Every text that stands elsewhere in the program, by its name."""
    for section, keys in CHANGEABLE.items():
        model = SettingsPatch.model_fields[section].annotation
        for key in keys if section not in ("camera", "zones") else ():
            yield str(model.model_fields[key].description)  # type: ignore[union-attr]
    yield from SEEN.values()
    for reason, name in NAMES.items():
        if reason is Reason.NOT_YET:
            yield f"{name}: seen clearly {{measure}} of {{needed}} times"
        elif reason in _DISTANCES:
            yield f"{name}: by {{measure}}"
        else:
            yield f"{name}: {{measure}} of {{needed}}"
