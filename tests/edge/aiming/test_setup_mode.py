"""The half hour in which a kiosk is aimed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge.aiming.setup_mode import LONGEST_S, SetupAddress, SetupMode, SetupPages
from edge.types import Observation
from tests.broker import wait_until


@pytest.fixture
def noted() -> list[str]:
    return []


def test_it_ends_by_itself_and_all_is_noted(noted: list[str]) -> None:
    """What is to be closed then is closed, once."""
    closed: list[str] = []
    setup = SetupMode(noted.append)
    assert setup.left_s == 0
    setup.begin("web page", 0.2)
    setup.at_end(lambda: closed.append("pages"))
    assert 0 < setup.left_s <= 0.2
    wait_until(lambda: closed == ["pages"])
    assert setup.left_s == 0
    assert noted == ["web page: set-up begins, for 0.00333333 min", "set-up is over"]


def test_it_may_be_asked_for_longer_and_ended_early(noted: list[str]) -> None:
    """No longer than two hours from now, and over at once when somebody says so."""
    closed: list[str] = []
    setup = SetupMode(noted.append)
    setup.begin("web page", 60)
    setup.at_end(lambda: closed.append("pages"))
    setup.begin("command line", 10 * LONGEST_S)
    assert 60 < setup.left_s <= LONGEST_S
    setup.end("web page")
    wait_until(lambda: bool(closed))
    assert noted == [
        "web page: set-up begins, for 1 min",
        "command line: set-up goes on, for 120 min",
        "web page: set-up ended",
        "set-up is over",
    ]
    setup.end("web page")
    assert len(noted) == 4


class Served:
    """Pages that say what happens to them."""

    def __init__(self, told: list[str]) -> None:
        self._told = told

    @property
    def sinks(self) -> dict[str, Callable[[Observation], None]]:
        return {"live": lambda observation: self._told.append("sees")}

    def start(self) -> None:
        self._told.append("starts")

    def close(self) -> None:
        self._told.append("closes")


def test_its_pages_are_there_only_while_it_lasts(noted: list[str]) -> None:
    """Made once, fed while they are served, and not before or after."""
    pages = SetupPages(lambda: (Served(noted), SetupAddress(8443, "AB:CD")))
    observation: Observation = None  # type: ignore[assignment]
    pages(observation)
    assert pages.open() == pages.open() == SetupAddress(8443, "AB:CD")
    pages(observation)
    pages.close()
    pages.close()
    pages(observation)
    assert noted == ["starts", "sees", "closes"]
