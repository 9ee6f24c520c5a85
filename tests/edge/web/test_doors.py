"""The page Doors, with two real kiosks at a real broker with the documented access list."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from edge.mqtt import conversation
from edge.types import AlarmState
from edge.web.people.roles import Role
from tests.broker import USERS, Mosquitto, Operator, needs_mosquitto
from tests.edge.web.conftest import BARE, EMPTY, Site
from tests.edge.web.people.visitors import client_of, let_in
from tests.network_camera import free_port

ACCESS = Path(__file__).resolve().parents[3] / "docs/fleet/access"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    folder = tmp_path / "broker"
    folder.mkdir()
    for user in ("kiosk", "west"):
        (folder / f"{user}.password").write_text(USERS[user])
    with Mosquitto(folder, access_file=ACCESS, extra=("use_username_as_clientid true",)) as broker:
        yield broker


def settings(broker: Mosquitto, user: str, **door: str) -> dict[str, Any]:
    return {
        "mqtt": {
            "host": "127.0.0.1",
            "port": broker.port,
            "authorities": str(broker.authority.file),
            "username": user,
            "password_file": str(broker.authority.file.with_name(f"{user}.password")),
            "name": user,
        },
        "door": door,
    }


@pytest.fixture
def sites(
    make_site: Callable[..., Site], broker: Mosquitto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Site, Site]]:
    """One that lists all doors, and another that does not."""
    monkeypatch.setattr(conversation, "REPORT_S", 0.5)
    own = make_site(doors=True, settings=settings(broker, "kiosk"))
    folder = tmp_path / "west"
    folder.mkdir()
    names = {"name": "<b>West</b>", "place": "Building 3"}
    west = Site(folder, free_port(), settings=settings(broker, "west", **names))
    yield own, west
    west.close()


def row(page: Page, name: str) -> Any:
    return page.locator("#doors tr", has=page.locator(f"[data-kiosk='{name}']"))


@needs_mosquitto
def test_all_doors_are_on_one_page(sites: tuple[Site, Site], broker: Mosquitto, page: Page) -> None:
    """Name, place, state and figures of today; who has gone is grey, with words; a viewer may see it."""
    own, west = sites
    let_in(page, own, Role.VIEWER)
    page.goto(own.url)
    page.click("nav a[href='/doors']")
    expect(row(page, "kiosk")).to_contain_text("(this one)")
    expect(row(page, "west").locator("th")).to_have_text("<b>West</b>Building 3")
    expect(row(page, "west").locator("td").first).to_have_text("Nobody")
    west.show(BARE, "alert")
    expect(row(page, "west").locator("td").first).to_have_text("Alert")
    expect(row(page, "west")).to_have_attribute("data-state", "alert")
    expect(page.locator("#doors-hint")).to_have_text("2 doors; 1 in alert or fault; 0 silent.")
    west.show(EMPTY, "idle")
    cells = row(page, "west").locator("td")
    expect(cells.nth(1)).to_contain_text("0 %")
    expect(cells.nth(2)).to_have_text("1")
    expect(cells.nth(3)).to_have_text("1")
    expect(cells.nth(4)).to_have_text("Well")
    west.close()
    expect(cells.nth(4)).to_have_text(re.compile(r"Silent since \d"))
    expect(cells.first).to_have_text("Nobody, last")
    expect(row(page, "west")).to_have_class("silent")
    expect(page.locator("#doors-hint")).to_have_text("2 doors; 0 in alert or fault; 1 silent.")
    broker.stop()
    expect(page.locator("#doors-hint")).to_contain_text("The broker cannot be heard now")


@needs_mosquitto
def test_a_kiosk_that_lies_does_no_harm(sites: tuple[Site, Site], broker: Mosquitto, page: Page) -> None:
    """Scripts in names and addresses are text, nonsense is called so, and the list goes on."""
    own, _ = sites
    liar = {"level": "ok", "faults": [], "name": "<img src=x onerror=alert(1)>", "page": "javascript:alert(1)"}
    # The only login of the access list that may speak for others.
    with Operator(broker, "caretaker", topics=(), user="caretaker") as caretaker:
        caretaker.say("maskgate/liar/available", b"online", retain=True)
        caretaker.say("maskgate/liar/health", json.dumps(liar).encode(), retain=True)
        caretaker.say("maskgate/liar/state", b"{" * 3000, retain=True)
        honest = {"level": "ok", "faults": [], "page": "https://gate.example/"}
        caretaker.say("maskgate/gate/health", json.dumps(honest).encode(), retain=True)
    let_in(page, own, Role.VIEWER)
    page.goto(own.url + "/doors")
    expect(row(page, "liar").locator("th")).to_have_text("<img src=x onerror=alert(1)>")
    expect(row(page, "liar").locator("td").nth(4)).to_contain_text("not understood")
    expect(row(page, "gate").locator("a")).to_have_attribute("href", "https://gate.example/")
    assert page.locator("#doors img, #doors a[href^='javascript']").count() == 0
    with client_of(own, Role.VIEWER) as client:
        answer = client.get("/api/v1/doors").json()
    liar_told = next(door for door in answer["doors"] if door["kiosk"] == "liar")
    assert (liar_told["page"], liar_told["state"], liar_told["is_understood"]) == (None, None, False)
    assert own.service.health.health().faults == ()


@needs_mosquitto
def test_the_list_keeps_nobody_out(make_site: Callable[..., Site], page: Page) -> None:
    """axe-core finds nothing in any state of a door, in light and dark, on a phone and a desk; nothing is cut off."""
    site = make_site(doors=True, settings={"mqtt": {"host": "127.0.0.1", "port": 1, "tls": False, "name": "own"}})
    others = site.service.others
    others.listen("maskgate", "own")
    for number, state in enumerate(AlarmState):
        health = {"level": "degraded", "faults": [{"cause": "it is hot " * 9, "level": "degraded"}], "place": "Yard"}
        others.hear(f"maskgate/door-{number}/available", b"offline" if number == 0 else b"online", False)
        others.hear(f"maskgate/door-{number}/state", json.dumps({"state": state}).encode(), False)
        others.hear(
            f"maskgate/door-{number}/health", json.dumps(health | {"page": "https://a.example"}).encode(), False
        )
    let_in(page, site, Role.VIEWER)
    looks: tuple[tuple[Literal["light", "dark"], int, bool], ...] = (
        ("light", 1280, True), ("light", 360, True), ("dark", 360, True), ("dark", 1280, False),
    )  # fmt: skip
    for scheme, width, is_connected in looks:
        others.connect(is_connected)
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 740})
        page.goto(site.url + "/doors")
        expect(page.locator("#doors tr")).to_have_count(len(AlarmState))
        assert [found["id"] for found in Axe().run(page).response["violations"]] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_single_door_is_told_how_to_list_others(site: Site, page: Page) -> None:
    """No link in the menu; whoever knows the address reads what is to be set."""
    let_in(page, site, Role.VIEWER)
    page.goto(site.url + "/doors")
    expect(page.locator("#doors-hint")).to_contain_text("set doors = true under [web]")
    expect(page.locator("nav a[href='/doors']")).to_have_count(0)
    expect(page.locator("#doors")).to_be_hidden()


def test_a_kiosk_that_is_gone_leaves_the_list_grey(site: Site, page: Page) -> None:
    """It says so, and goes on asking."""
    let_in(page, site, Role.VIEWER)
    page.goto(site.url + "/doors")
    expect(page.locator("#doors-hint")).to_contain_text("not listened to")
    page.route("**/api/v1/doors", lambda route: route.abort())
    expect(page.locator("#stale")).to_contain_text("has not answered since")
    page.unroute("**/api/v1/doors")
    expect(page.locator("#stale")).to_be_hidden()
