"""What the running service answers on its own socket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from edge.aiming.setup_mode import SetupAddress, SetupMode
from edge.chain.census import Census, Seen
from edge.errors import UsageError
from edge.local.server import Answer
from edge.local.trials import Trials

BY = "command line"


def seconds(asked: Mapping[str, Any]) -> float:
    """For how long something is asked.

    Raises:
        UsageError: if it is no number above 0.
        KeyError: if nothing is said.
    """
    try:
        length = float(asked["seconds"])
    except (TypeError, ValueError, OverflowError):
        length = 0.0
    if not 0 < length < float("inf"):
        raise UsageError("seconds: expected a number above 0")
    return length


Begin = Callable[[float, str], SetupAddress]
"""Begins the set-up for so many seconds, for somebody."""


def answers(
    trials: Trials, census: Census, begin: Begin, setup: SetupMode, audit: Callable[[str], None]
) -> Mapping[str, Answer]:
    """By what is asked for.

    Args:
        trials: tries outputs.
        census: knows which faces were seen of late.
        begin: begins the set-up, and serves its pages.
        setup: ends it.
        audit: notes what a command has changed.
    """

    def begin_setup(asked: Mapping[str, Any]) -> Mapping[str, Any]:
        address = begin(seconds(asked), BY)
        return {"port": address.port, "fingerprint": address.fingerprint, "left_s": setup.left_s}

    def end_setup(_: Mapping[str, Any]) -> Mapping[str, Any]:
        setup.end(BY)
        return {}

    def note(asked: Mapping[str, Any]) -> Mapping[str, Any]:
        audit(f"{BY}: {asked['text']}")
        return {}

    return {
        "note": note,
        "pins": lambda _: {"pins": trials.pins()},
        "try": lambda asked: {
            "done": trials.try_out(str(asked["role"]), confirmed=asked.get("confirmed") is True, by=BY)
        },
        "press": lambda asked: {"pressed": trials.wait_for_press(seconds(asked))},
        "setup": begin_setup,
        "setup_end": end_setup,
        "seen": lambda asked: {"faces": [face_record(seen) for seen in census.last(seconds(asked))]},
    }


def face_record(seen: Seen) -> dict[str, Any]:
    """One face that was seen: whether it counted, and otherwise why not at last."""
    why = None if seen.has_counted else seen.why
    return {
        "size": round(seen.size, 4),
        "reason": None if why is None else why.reason.value,
        "measure": None if why is None else round(why.measure, 4),
        "needed": None if why is None else round(why.needed, 4),
    }
