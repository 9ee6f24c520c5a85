"""The pages of a kiosk that watches a replayed clip with the networks it ships: nothing between them is a stand-in."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from edge.languages.catalogue import translate
from edge.languages.language import LANGUAGES, RIGHT_TO_LEFT
from edge.languages.messages import DOOR, DoorText
from edge.web.status import INTERVAL_S
from tests.edge.web.conftest import PASSWORD, log_in
from tests.edge.web.door import BARE, CHIN, DEMO, MASKED, ROOM, Start, WatchedDoor
from tests.network_camera import LONGEST, read

AT_ONCE_S = 1.0
"""From the moment the deciding picture was taken until the page shows what it led to."""

CLIPS = ("masked_man_1.mp4", "unmasked_1.mp4", "surgeons_masked.mp4", "cc_webcam_unmasked_1.mp4")

WATCH = """({selector, attribute}) => {
  const shown = document.querySelector(selector);
  window.seen = [];
  const note = () => window.seen.push([Date.now() / 1000, shown.getAttribute(attribute)]);
  new MutationObserver(note).observe(shown, { attributes: true, attributeFilter: [attribute] });
}"""
"""Notes when an attribute changes, by the same clock as Python's."""


def delays(changes: list[dict[str, Any]], seen: list[tuple[float, str]]) -> dict[str, float]:
    """How long each change of the door's state took to be seen, seconds.

    One that was over before the page could have been told is left out: those are listed in the log, not shown.
    """
    offset = time.time() - time.monotonic()
    lasting = [change for change, then in pairwise(changes) if then["t"] - change["t"] > 2 * INTERVAL_S]
    took = {}
    for change in [*lasting, changes[-1]]:
        at = change["t"] + offset
        shown = [when - at for when, state in seen if state == change["to"] and when >= at]
        took[f"{change['from']} -> {change['to']} at {change['t'] - changes[0]['t']:.2f} s"] = min(shown, default=1e9)
    return took


def log_in_and_watch(page: Page, door: WatchedDoor) -> None:
    """Have the status page note each state it shows."""
    log_in(page, door.url)
    expect(page.locator("#state")).to_have_attribute("data-state", "idle")
    page.evaluate(WATCH, {"selector": "#state", "attribute": "data-state"})


def slowest(door: WatchedDoor, page: Page) -> float:
    """The longest delay of all changes so far, each of which is printed."""
    page.wait_for_timeout(AT_ONCE_S * 1000)
    took = delays(door.kiosk.states, page.evaluate("window.seen"))
    print(*(f"{change}: {delay:.2f} s" for change, delay in took.items()), sep="\n")
    assert len(took) >= 3
    return max(took.values())


def test_the_page_keeps_up_with_the_clip(start: Start, page: Page) -> None:
    """Bare, masked, on the chin: each state of the door is on the page within a second of its picture."""
    door = start()
    log_in_and_watch(page, door)
    door.scene.show_pictures(DEMO)
    for state in ("alert", "pass", "alert"):
        door.kiosk.wait_for(state)
    assert slowest(door, page) < AT_ONCE_S


@pytest.mark.slow
@pytest.mark.parametrize("clip", CLIPS)
def test_the_page_keeps_up_with_real_people(clip: str, start: Start, page: Page, shared: Path) -> None:
    """The same with people who were filmed, who come from an empty room and leave into it."""
    pictures = list(islice(read(shared / "data" / "videos" / clip), LONGEST))
    room = [np.asarray(cv2.resize(image, pictures[0].shape[1::-1]), np.uint8) for image in ROOM]
    door = start(room=room)
    log_in_and_watch(page, door)
    for _ in range(2):
        door.show(pictures, "pass" if "masked" in clip.replace("unmasked", "") else "alert")
        door.show(room, "idle")
    assert slowest(door, page) < AT_ONCE_S


def test_a_zone_drawn_over_a_real_face_ends_the_alert(start: Start, page: Page) -> None:
    """A bare face alerts; drawn over with the mouse, nobody is there; uncovered again, it alerts again."""
    door = start()
    door.show(BARE, "alert")
    log_in(page, door.url, "/settings")
    expect(page.locator("#draw-ignored")).to_be_enabled()
    page.click("#draw-ignored")
    box = page.locator("#zones").bounding_box()
    assert box is not None
    corners = ((0.3, 0.05), (0.62, 0.05), (0.62, 0.45), (0.3, 0.45))
    for x, y in corners:
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    page.click("#finish-zone")
    page.click("#save-zones")
    expect(page.locator("#zone-status")).to_have_text("Saved and in use.")
    door.kiosk.wait_for("idle")
    kept = json.loads((door.folder / "settings.json").read_text())
    assert kept["zones"]["ignored"] == [[pytest.approx(corner, abs=0.01) for corner in corners]]
    page.goto(door.url)
    expect(page.locator("#state")).to_have_attribute("data-state", "idle")
    expect(page.locator("#people")).to_contain_text("does not count: in an ignored zone")
    expect(page.locator("#events tbody")).to_contain_text("web page: zones.ignored [] ->")
    page.goto(f"{door.url}/settings")
    page.click("text=Remove")
    page.click("#save-zones")
    door.kiosk.wait_for("alert")


@pytest.mark.slow
def test_the_door_screen_tells_each_state_in_each_language(start: Start, browser: Browser) -> None:
    """A monitor for each language before one door: the networks' decisions in words, sign and direction of each."""
    # Enough votes that CHECKING lasts long enough to be seen.
    door = start("[people]\nmin_votes = 12\n")
    with ExitStack() as stack:
        screens = {}
        for language in LANGUAGES:
            context = browser.new_context(viewport={"width": 640, "height": 360})
            stack.callback(context.close)
            screens[language] = context.new_page()
            screens[language].goto(f"{door.url}/door?lang={language}")
            screens[language].evaluate(WATCH, {"selector": "body", "attribute": "data-show"})

        def all_show(what: DoorText) -> None:
            for language, screen in screens.items():
                expect(screen.locator("#sentence")).to_have_text(translate(DOOR[what], language))
                assert screen.locator("#symbol g:visible").get_attribute("class") == f"for-{what}"
                direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
                assert screen.locator("html").get_attribute("dir") == direction

        all_show("idle")
        door.show(BARE, "alert")
        all_show("without_mask")
        door.show(MASKED, "pass")
        all_show("pass")
        door.show(CHIN, "alert")
        all_show("incorrect_mask")
        door.show(ROOM, "idle")
        all_show("idle")
        door.scene.plugged.clear()
        door.kiosk.wait_for("fault")
        all_show("fault")
        for language, screen in screens.items():
            seen = [what for _, what in screen.evaluate("window.seen")]
            wanted = ["checking", "without_mask", "pass", "incorrect_mask", "idle", "fault"]
            assert [what for what in wanted if what not in seen] == [], language


@pytest.mark.parametrize("end", ["terminate", "kill"])
def test_the_door_screen_survives_the_kiosk(end: str, start: Start, page: Page) -> None:
    """Its process ends, in order or not, and another takes its place: FAULT meanwhile, and nobody need do anything."""
    door = start()
    page.goto(f"{door.url}/door")
    door.show(MASKED, "pass")
    expect(page.locator("body")).to_have_attribute("data-show", "pass")
    getattr(door.kiosk.process, end)()
    door.kiosk.process.wait(10)
    expect(page.locator("body")).to_have_attribute("data-show", "fault")
    door.start()
    door.kiosk.wait_for("pass")
    expect(page.locator("body")).to_have_attribute("data-show", "pass")


@pytest.mark.slow
def test_a_number_of_hundreds_of_digits_ends_no_process(start: Start) -> None:
    """Neither the running one nor the next starts, even where an older version kept it: PASS comes as ever."""
    door = start()
    body = {"people": {"min_votes": int("1" + 400 * "0")}}
    with httpx.Client(base_url=door.url) as client:
        assert client.post("/login", data={"password": PASSWORD}).status_code == 303
        page = client.get("/", headers={"Accept": "text/html"}).text
        client.headers["X-CSRF-Token"] = page.partition('<meta name="csrf" content="')[2].partition('"')[0]
        assert client.patch("/api/v1/settings", json=body).status_code == 422
    door.show(MASKED, "pass")
    door.kiosk.terminate()
    (door.folder / "settings.json").write_text(json.dumps(body))
    accepted = door.folder / "accepted-config.json"
    accepted.write_text(json.dumps(json.loads(accepted.read_text()) | body))
    for _ in range(2):
        door.start()
        door.show(ROOM, "idle")
        door.show(MASKED, "pass")
        assert "config=refused effect='the one accepted last is used'" in door.kiosk.log.read_text()
        door.kiosk.terminate()
