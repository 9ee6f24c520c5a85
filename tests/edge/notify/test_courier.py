"""What goes when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import pytest

from edge.config.schema import NoticeRule
from edge.notify.courier import Limits, choose
from edge.notify.notice import Notice
from edge.notify.queue import Waiting

T0 = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
RULES = {rule[0]: rule for rule in get_args(NoticeRule) if rule != "forced"}


def waiting(rules: str) -> list[Waiting]:
    """Notices by the first letters of their rules."""
    return [Waiting(number, Notice(RULES[letter], f"event {number}", T0)) for number, letter in enumerate(rules)]


@pytest.mark.parametrize(
    ("rules", "is_quiet", "sent", "was_held", "goes", "held"),
    [
        ("", False, 0, True, None, False),
        ("aa", False, 0, False, [0], False),
        ("aa", True, 0, False, None, True),
        ("aaaa", False, 0, True, [0, 1, 2, 3], True),
        ("aaaa", False, 1, False, [0, 1, 2, 3], False),
        ("aa", False, 4, False, None, True),
        ("raa", False, 0, True, [0], True),
        ("ara", False, 0, True, [0, 2], True),
    ],
    ids=["nothing", "one by one", "quiet", "after the quiet", "too many", "enough", "report first", "report apart"],
)
def test_what_goes_next(
    rules: str, is_quiet: bool, sent: int, was_held: bool, goes: list[int] | None, held: bool
) -> None:
    """One by one; what had to wait, or is too much for the hour, in one message; a report by itself."""
    batch, is_held = choose(waiting(rules), limits=Limits(is_quiet, 4), sent=sent, was_held=was_held)
    assert (None if batch is None else [one.id for one in batch], is_held) == (goes, held)
