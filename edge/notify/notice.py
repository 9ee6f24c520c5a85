"""What there is to tell, before anybody has put it into words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from edge.config.schema import NoticeRule


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing worth telling.

    Attributes:
        rule: why it is told.
        cause: what it tells of, such as `event 12`; nothing is told twice to the same.
        at: when it happened, UTC.
        detail: in plain English, from the event; may be empty.
        is_over: whether it tells that a fault has ended.
    """

    rule: NoticeRule
    cause: str
    at: datetime
    detail: str = ""
    is_over: bool = False
