"""What the door screen is told, and the owner's words, logo and title on it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from edge.cameras.supply import FEW
from edge.health import HealthMonitor, Level
from edge.languages.messages import DOOR, DoorText
from edge.types import AlarmState, DoorWarning, Label, Required, Ruling
from edge.web.door import progress_of, what_is_shown
from edge.web.status import DoorState, Person, Problem, Status, StatusFeed
from tests.edge.config.test_logo import SVG
from tests.edge.web.conftest import Site

MakeSite = Callable[..., Site]

FEW_PICTURES = Problem(component=FEW, level="degraded", cause="", remedy="", since="")


def status(state: AlarmState, **changes: Any) -> Status:
    """Of a kiosk that is well."""
    well = StatusFeed(HealthMonitor(model=lambda: "model")).status()
    return well.model_copy(update={"state": state} | changes)


def door(**changes: Any) -> DoorState:
    """Of a door that is shut."""
    shut = DoorState(ruling=Ruling.SHUT, unlocked=False, open=False, warning=None, lockdown=False, fire=False)
    return shut.model_copy(update=changes)


IDLE, CHECKING, PASS, ALERT, FAULT = (
    AlarmState.IDLE, AlarmState.CHECKING, AlarmState.PASS, AlarmState.ALERT, AlarmState.FAULT
)  # fmt: skip


@pytest.mark.parametrize(
    ("state", "changes", "shown"),
    [
        (IDLE, {}, "idle"),
        (CHECKING, {}, "checking"),
        (PASS, {}, "pass"),
        (ALERT, {"reason": Label.WITHOUT_MASK}, "without_mask"),
        (ALERT, {"reason": Label.INCORRECT_MASK}, "incorrect_mask"),
        (ALERT, {"reason": None}, "without_mask"),
        (ALERT, {"reason": Label.WRONG_KIND, "required": Required.RESPIRATOR}, "needs_respirator"),
        (ALERT, {"reason": Label.WRONG_KIND, "required": Required.MEDICAL}, "needs_medical"),
        (PASS, {"reason": Label.WRONG_KIND, "required": Required.MEDICAL}, "needs_medical"),
        (PASS, {"reason": Label.WRONG_KIND, "door": door(lockdown=True)}, "locked"),
        (FAULT, {}, "fault"),
        (IDLE, {"problems": [FEW_PICTURES]}, "undecided"),
        (CHECKING, {"problems": [FEW_PICTURES]}, "undecided"),
        (PASS, {"problems": [FEW_PICTURES]}, "pass"),
        (ALERT, {"problems": [FEW_PICTURES], "reason": Label.INCORRECT_MASK}, "incorrect_mask"),
        (FAULT, {"problems": [FEW_PICTURES]}, "fault"),
        (PASS, {"door": door()}, "pass"),
        (IDLE, {"door": door(warning=DoorWarning.HELD_OPEN)}, "held_open"),
        (PASS, {"door": door(warning=DoorWarning.HELD_OPEN)}, "held_open"),
        (IDLE, {"door": door(warning=DoorWarning.FORCED)}, "held_open"),
        (ALERT, {"door": door(warning=DoorWarning.HELD_OPEN)}, "without_mask"),
        (FAULT, {"door": door(warning=DoorWarning.HELD_OPEN)}, "fault"),
        (PASS, {"door": door(lockdown=True)}, "locked"),
        (FAULT, {"door": door(lockdown=True)}, "locked"),
        (FAULT, {"door": door(fire=True, lockdown=True)}, "released"),
    ],
)
def test_each_state_has_its_sign(state: AlarmState, changes: dict[str, Any], shown: DoorText) -> None:
    """An alert is told by its reason; fire and lock-down come before all; nobody is asked to wait in vain."""
    assert what_is_shown(status(state, **changes)) == shown


@pytest.mark.parametrize(
    ("state", "votes", "progress"),
    [
        (AlarmState.CHECKING, [0], 0.0),
        (AlarmState.CHECKING, [2], 0.4),
        (AlarmState.CHECKING, [4, 1], 0.2),
        (AlarmState.CHECKING, [9], 1.0),
        (AlarmState.CHECKING, [], 1.0),
        (AlarmState.PASS, [2], 1.0),
    ],
)
def test_progress_is_that_of_whom_everybody_waits_for(state: AlarmState, votes: list[int], progress: float) -> None:
    """Five readings are needed; whoever is decided on holds nobody up."""
    people = [Person(id=i, label=Label.UNCERTAIN, probability=0.0, votes=count) for i, count in enumerate(votes)]
    decided = Person(id=9, label=Label.WITH_MASK, probability=0.9, votes=1)
    assert progress_of(status(state, people=[*people, decided]), 5) == progress


def test_the_owners_texts_stand_escaped_in_the_page(make_site: MakeSite, tmp_path: Path) -> None:
    """Whatever characters they hold; languages and states without one keep ours."""
    texts = {"de": {"idle": 'Willkommen </script><b>"&', "title": "Haus"}}
    site = make_site(open_door_screen=True, door_screen={"title": "<House>", "texts": texts})
    page = httpx.get(f"{site.url}/door?lang=de&lang=en").text
    assert "<b>" not in page
    assert "</script><b>" not in page
    assert "Willkommen" in page
    assert DOOR["idle"].text in page
    assert "&lt;House&gt;" in page or "\\u003cHouse\\u003e" in page
    assert "<title>Haus</title>" in page


def test_the_logo_is_served_with_its_kind(make_site: MakeSite, tmp_path: Path) -> None:
    """And shuts out whatever script it may hold."""
    logo = tmp_path / "logo.svg"
    logo.write_bytes(SVG)
    site = make_site(open_door_screen=True, door_screen={"logo": str(logo)})
    assert 'src="/door/logo"' in httpx.get(f"{site.url}/door").text
    answer = httpx.get(f"{site.url}/door/logo")
    assert (answer.content, answer.headers["content-type"]) == (SVG, "image/svg+xml")
    assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_a_logo_that_is_gone_leaves_the_screen_as_it_is(
    make_site: MakeSite, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The log names the file; nothing else of the kiosk minds."""
    logo = tmp_path / "logo.svg"
    site = make_site(open_door_screen=True, door_screen={"logo": str(logo)})
    with caplog.at_level(logging.WARNING, "edge.web.door"):
        page = httpx.get(f"{site.url}/door")
    assert page.status_code == 200
    assert "/door/logo" not in page.text
    assert f"logo=missing cause='{logo}: cannot be read" in caplog.text
    assert httpx.get(f"{site.url}/door/logo").status_code == 404
    assert site.service.health.health().level is Level.OK


def test_without_a_mirror_nobody_learns_where_people_are(make_site: MakeSite) -> None:
    """Off unless it is asked for."""
    site = make_site(open_door_screen=True)
    assert "mirror" not in httpx.get(f"{site.url}/door").text
    assert httpx.get(f"{site.url}/door/mirror").status_code == 404
