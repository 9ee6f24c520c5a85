"""The last lines of this process's own log, for whoever looks at them from afar."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

MOST_LINES = 400
"""A kiosk that is well writes some ten lines an hour."""

MAX_LINE = 2000
"""Characters of a line; a traceback is cut off behind them."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line: when, how bad (`INFO`, `WARNING`, ...), who says it, and what."""

    at: datetime
    level: str
    name: str
    text: str


class RecentLog(logging.Handler):
    """Remembers the last lines since this process started; may be asked from any thread.

    The system's journal has them, too, and those of before. To read it a service must belong to a group that may read
    what every other program of the machine writes; this needs no right at all, and works where there is no journal.
    """

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._lines: deque[LogLine] = deque(maxlen=MOST_LINES)

    @property
    def lines(self) -> tuple[LogLine, ...]:
        """The oldest first."""
        self.acquire()
        try:
            return tuple(self._lines)
        finally:
            self.release()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record's text, with its traceback; one that cannot be written is the handler's error, as always."""
        try:
            text = self.format(record)
        except Exception:  # noqa: BLE001 - logging's own way: no line may end the program
            self.handleError(record)
            return
        at = datetime.fromtimestamp(record.created, UTC)
        self._lines.append(LogLine(at, record.levelname, record.name, text[:MAX_LINE]))

    def __enter__(self) -> Self:
        logging.getLogger().addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger().removeHandler(self)
        self.close()
