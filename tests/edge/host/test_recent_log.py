"""The last lines of the process's own log."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from edge.host.recent_log import MAX_LINE, MOST_LINES, RecentLog

log = logging.getLogger("door")


@pytest.fixture(autouse=True)
def everything_is_logged() -> None:
    """As `maskgate` sets it."""
    log.setLevel(logging.INFO)


def test_lines_are_kept_with_level_and_name(tmp_path: Path) -> None:
    """Oldest first, debugging left out, a traceback among them."""
    with RecentLog() as recent:
        log.info("fault=begins component=%s", "camera")
        log.debug("nothing of interest")
        try:
            (tmp_path / "gone").read_text()
        except OSError:
            log.exception("events=broken")
        first, second = recent.lines
    assert (first.level, first.name, first.text) == ("INFO", "door", "fault=begins component=camera")
    assert first.at <= second.at
    assert second.level == "ERROR"
    assert "FileNotFoundError" in second.text
    log.info("after the end")
    assert len(recent.lines) == 2


def test_no_flood_takes_the_memory() -> None:
    """The newest lines stay, and none is longer than a page."""
    with RecentLog() as recent:
        for number in range(MOST_LINES + 5):
            log.warning("line %d %s", number, "x" * 2 * MAX_LINE)
        assert len(recent.lines) == MOST_LINES
        assert recent.lines[0].text.startswith("line 5 ")
        assert {len(line.text) for line in recent.lines} == {MAX_LINE}
