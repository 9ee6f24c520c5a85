"""From a face at the door to a reviewed incident: on the page, by keyboard and telephone, and by the API."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from edge.web.people.roles import Role
from tests.edge.web.conftest import BARE, EMPTY, MASKED, WRONG, Site, log_in
from tests.edge.web.door import BARE as BARE_FACE
from tests.edge.web.door import ROOM, Start
from tests.edge.web.people.visitors import client_of, let_in
from tests.edge.web.test_browser import violations
from tests.edge.web.test_spreadsheet import cells

SLOW_MS = 60_000
"""For a machine that does something else besides."""


def test_a_face_on_a_clip_becomes_a_reviewed_incident(start: Start, page: Page) -> None:
    """Watched by the networks that are shipped: alert, silenced, over; then looked at, noted, and a false alarm."""
    door = start(web="snapshots = true\n")
    door.show(BARE_FACE, "alert")
    log_in(page, door.url)
    page.click("#acknowledge")
    expect(page.locator("#message")).to_have_text("This alert is silent.", timeout=SLOW_MS)
    door.show(ROOM, "idle")
    page.click("text=Incidents to look at")
    card = page.locator("#incidents article").first
    expect(card).to_have_attribute("data-status", "new")
    facts = re.compile(r"\d+ (s|min) · 1 person · no mask \(\d+ %\) · silenced by web page")
    expect(card.locator(".facts")).to_have_text(facts, timeout=SLOW_MS)
    assert card.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 300
    assert violations(page) == []
    page.keyboard.press("j")
    expect(card).to_be_focused()
    page.keyboard.press("n")
    page.keyboard.type("a poster opposite")
    page.keyboard.press("Escape")
    expect(page.locator("#message")).to_have_text("The note is kept.")
    page.keyboard.press("f")
    expect(card).to_have_attribute("data-status", "false_alarm")
    expect(card.locator(".reviewed")).to_contain_text("web page, ")
    page.reload()
    page.check("input[value=false_alarm]")
    expect(card.locator("textarea")).to_have_value("a poster opposite")
    page.goto(door.url + "/events")
    expect(page.locator("#events tbody")).to_contain_text(re.compile(r"web page: incident \d+ is false alarm"))


def bring_about(site: Site, *scenes: int) -> None:
    """An alert for each scene."""
    for scene in scenes:
        site.show(scene, "alert")
        site.show(EMPTY, "idle")


def test_incidents_are_filtered_and_walked_through_by_key(site: Site, page: Page) -> None:
    """j and k go up and down and no further; s, f and n act on the one that has the focus."""
    bring_about(site, BARE, WRONG, BARE)
    let_in(page, site, Role.OPERATOR, "olga")
    page.goto(site.url + "/incidents")
    cards = page.locator("#incidents article")
    expect(cards).to_have_count(3)
    expect(page.locator("#new")).to_have_text("3 not looked at yet")
    expect(cards.nth(1).locator(".facts")).to_contain_text("worn wrongly (95 %)")
    page.keyboard.press("s")
    expect(page.locator("#new")).to_have_text("3 not looked at yet")
    for key, focused in (("j", 0), ("j", 1), ("j", 2), ("j", 2), ("k", 1)):
        page.keyboard.press(key)
        expect(cards.nth(focused)).to_be_focused()
    page.keyboard.press("s")
    expect(cards.nth(1)).to_have_attribute("data-status", "seen")
    expect(page.locator("#new")).to_have_text("2 not looked at yet")
    page.check("input[value=new]")
    expect(cards).to_have_count(2)
    page.check("input[value=seen]")
    expect(cards).to_have_count(1)
    expect(cards.locator(".reviewed")).to_contain_text("olga, ")
    page.select_option("select[name=span]", "yesterday")
    expect(page.locator("#incidents")).to_have_text("No alert in this time, or none of this kind.")
    page.select_option("select[name=span]", "today")
    expect(cards).to_have_count(1)


@pytest.mark.parametrize("width", [360, 1280])
def test_an_incident_is_reviewed_with_a_finger(width: int, make_site: Callable[..., Site], page: Page) -> None:
    """On a telephone nothing is cut off, and axe finds nothing."""
    site = make_site(snapshots=True)
    bring_about(site, BARE)
    page.set_viewport_size({"width": width, "height": 740})
    let_in(page, site, Role.OPERATOR, "olga")
    page.goto(site.url + "/incidents")
    card = page.locator("#incidents article")
    card.locator("text=False alarm").click()
    expect(card).to_have_attribute("data-status", "false_alarm")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []


def test_programs_read_and_review_incidents(site: Site) -> None:
    """With the scope for it; the table for a spreadsheet has local times."""
    bring_about(site, BARE)
    with client_of(site, Role.OPERATOR, "olga") as olga:
        site.wait(lambda: olga.get("/api/v1/incidents").json()["incidents"][0]["lasted_s"] is not None)
        answer = olga.get("/api/v1/incidents?status=new&status=seen").json()
        [incident] = answer["incidents"]
        assert (answer["new"], incident["people"], incident["snapshot"], incident["status"]) == (1, 1, None, "new")
        assert incident["seen"] == [{"id": 1, "label": "without_mask", "probability": 0.95}]
        place = f"/api/v1/incidents/{incident['id']}"
        reviewed = olga.patch(place, json={"status": "false_alarm", "note": "=1+1"}).json()
        assert (reviewed["status"], reviewed["note"], reviewed["reviewed_by"]) == ("false_alarm", "=1+1", "olga")
        for refused, status in (("/api/v1/incidents/999", 404), ("/api/v1/incidents/x", 404), (place + "0" * 30, 404)):
            assert olga.patch(refused, json={"status": "seen"}).status_code == status
        assert olga.patch(place, json={"note": "x" * 501}).status_code == 422
        [row] = csv.DictReader(io.StringIO(olga.get("/api/v1/incidents.csv").text))
        header, cells_of_row = cells(olga.get("/api/v1/incidents.xlsx", params={"status": row["status"]}).content)
        assert ([name for _, name in header], cells_of_row[0]) == (list(row), (None, row["id"]))
        assert (row["status"], row["note"], row["seen"]) == ("false_alarm", "'=1+1", "without_mask 95%")
        assert re.fullmatch(r".*T.*[+-]\d\d:\d\d", row["local_time"])


def test_a_false_alarm_is_kept_for_the_next_training(make_site: Callable[..., Site]) -> None:
    """Where faces are collected: the one that alerted stays before all others."""
    site = make_site(settings={"collect": {"until": "2999-01-01"}})
    bring_about(site, BARE)
    with client_of(site, Role.OPERATOR, "olga") as olga:
        site.wait(lambda: bool(olga.get("/api/v1/uncertain").json()["names"]))
        [incident] = olga.get("/api/v1/incidents").json()["incidents"]
        olga.patch(f"/api/v1/incidents/{incident['id']}", json={"status": "false_alarm"})
        [name] = olga.get("/api/v1/uncertain").json()["names"]
        assert "-m0000-without_mask-p0950" in name


def test_door_chatter_is_hidden_until_it_is_asked_for(site: Site, page: Page) -> None:
    """Alerts and people are seen at once, each change of the door on demand."""
    bring_about(site, BARE)
    site.show(MASKED, "pass")
    log_in(page, site.url, "/events")
    rows = page.locator("#events tbody")
    expect(rows).to_contain_text("No. 1: no mask")
    expect(rows).not_to_contain_text("→")
    page.check("input[name=chatter]")
    expect(rows).to_contain_text("→ Pass")
    page.uncheck("input[name=chatter]")
    expect(rows).not_to_contain_text("→")
    page.check("input[value=state]")
    page.click("#filter button")
    expect(rows).to_contain_text("→ Pass")


def test_the_chart_shows_another_day(site: Site, page: Page) -> None:
    """Yesterday, or a range; today's figures stay."""
    bring_about(site, BARE)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/tallies?" in request.url else None)
    log_in(page, site.url)
    expect(page.locator("#today-alerts")).to_have_text("1")
    page.select_option("#chart-span select", "yesterday")
    expect(page.locator("#tallies tbody tr")).to_have_count(0)
    assert any("since=" in url and "until=" in url for url in asked)
    expect(page.locator("#today-alerts")).to_have_text("1")
    page.select_option("#chart-span select", "today")
    expect(page.locator("#tallies tbody tr")).to_have_count(1)


def test_other_settings_are_tried_on_alerts_of_before(site: Site, page: Page) -> None:
    """By the API and on the page: how many perhaps, how many of them false alarms, and what nobody can tell."""
    bring_about(site, BARE, WRONG)
    with client_of(site, Role.OPERATOR, "olga") as olga:
        newest = olga.get("/api/v1/incidents").json()["incidents"][0]["id"]
        olga.patch(f"/api/v1/incidents/{newest}", json={"status": "false_alarm"})
        answer = olga.get("/api/v1/incidents/hindsight", params={"surest": 0.99, "days": 1}).json()
        perhaps = {"fate": "perhaps_not", "count": 2, "false_alarms": 1}
        assert (answer["alerts"], perhaps in answer["fates"]) == (2, True)
        assert [one["why"] for one in answer["changed"]] == ["nobody was judged more surely than 95%"] * 2
        assert len(answer["cannot_tell"]) == 2
        refused = olga.get("/api/v1/incidents/hindsight", params={"hours": "25:00-26:00"})
        assert (refused.status_code, refused.json()["error"][:6]) == (422, "hours:")
    let_in(page, site, Role.OPERATOR, "olga")
    page.goto(site.url + "/incidents")
    page.click("text=What would other settings have changed?")
    page.fill("input[name=surest]", "99")
    page.click("text=See what would have changed")
    expect(page.locator("#fates")).to_contain_text("2 might not have been alerts (1 of them called false alarms)")
    expect(page.locator("#changed tr")).to_have_count(2)
    expect(page.locator("#cannot-tell")).to_contain_text("of people who raised none nothing is kept")
    assert violations(page) == []
