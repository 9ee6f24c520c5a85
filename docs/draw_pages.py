"""Takes the pictures of the web pages: `python docs/draw_pages.py` writes docs/web-*.png.

With a folder: every page there, in light, in dark and on a phone, to be looked at after a change.
"""

# ruff: noqa: INP001, TID253 - a script beside the files it makes, no module of the kiosk

from __future__ import annotations

import random
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cv2
import numpy as np
from playwright.sync_api import Browser, Page, expect, sync_playwright

from edge.cameras.clip import ClipCamera
from edge.cameras.demo import FPS, PORTRAIT, demo_pictures
from edge.config.accepted import AcceptedConfig
from edge.config.schema import Config
from edge.config.settings import Settings
from edge.events.log import EventLog
from edge.events.retention import Bounds
from edge.pictures import read_picture
from edge.service import Service
from edge.types import MODEL_LABELS, Event, EventKind, Image, Label
from edge.web.pages import PAGES
from edge.web.people.access import Access

DOCS = Path(__file__).resolve().parent
PORT = 18943
URL = f"http://127.0.0.1:{PORT}"
PASSWORD = "for these pictures only"
DESK = {"width": 1180, "height": 1250}
PHONE = {"width": 390, "height": 800}
WALK_S, COMES_S = 60.0, 90.0
FAR, NEAR = 0.34, 0.9
"""How large the demo's person is when she comes, and when she stands before the camera."""
ROOM = (640, 360)
EVERYTHING = {"amber": 23, "relay": 24, "button": 25}
ZONE = ((0.68, 0.04), (0.97, 0.04), (0.97, 0.6), (0.68, 0.6))


def make_up_events(database: Path) -> None:
    """A month at a door that many pass by day and few by night; the clip itself adds the last minute."""
    chance, now = random.Random(7), datetime.now(UTC)  # noqa: S311 (no secret)
    with EventLog(database, bounds=lambda: Bounds(90.0, 2**26)).start() as log:
        track = 0
        for hours_ago in range(24 * 30, 0, -1):
            hour = now - timedelta(hours=hours_ago)
            busy = max(0.0, 1 - abs(hour.hour - 12) / 7) * (0.3 if hour.weekday() > 4 else 1.0)
            for minute in sorted(chance.sample(range(60), round(busy * 16 * chance.uniform(0.6, 1.4)))):
                track += 1
                at = hour.replace(minute=minute, second=chance.randrange(60))
                label = chance.choices((*MODEL_LABELS, Label.UNCERTAIN), (88, 6, 4, 2))[0]
                log.record(Event(EventKind.ENTRY, at, track, label))
                if label in (Label.WITHOUT_MASK, Label.INCORRECT_MASK):
                    log.record(Event(EventKind.ALERT, at, track, label))
        log.flush(60)


Pictures = Callable[[], Iterator[tuple[Image, float]]]


def walk_up() -> Iterator[tuple[Image, float]]:
    """The demo's person comes nearer from far away, in a room that is her own picture, out of focus."""
    portrait = read_picture(PORTRAIT)
    width, height = ROOM
    room = cv2.GaussianBlur(cv2.resize(portrait, ROOM), (0, 0), 40)
    whole = np.full(portrait.shape[:2], 255, np.uint8)
    for index in range(round(WALK_S * FPS)):
        scale = min(NEAR, FAR + (NEAR - FAR) * index / FPS / COMES_S)
        place = np.array([[scale, 0, width * 0.45 - 228 * scale], [0, scale, height * 0.3 - 110 * scale]], np.float32)
        inside = cv2.GaussianBlur(cv2.erode(cv2.warpAffine(whole, place, ROOM), None, iterations=12), (0, 0), 6)
        there = inside[..., None] / 255
        yield np.asarray(cv2.warpAffine(portrait, place, ROOM) * there + room * (1 - there), np.uint8), index / FPS


@contextmanager
def kiosk(
    folder: Path,
    pictures: Pictures = demo_pictures,
    signals: Mapping[str, object] | None = None,
    *,
    mirror: bool = False,
) -> Iterator[Service]:
    """One that watches a clip over and over; without another the demo's."""
    access = Access(folder)
    access.shared.set(PASSWORD)
    # The first login would lead to the set-up.
    access.sessions.close(access.sessions.open())
    if not mirror:
        make_up_events(folder / "events.db")
    values = {
        "signals": {"driver": "mock", **(signals or {})},
        "events": {"database": str(folder / "events.db")},
        "web": {"listen": f"127.0.0.1:{PORT}", "folder": str(folder), "snapshots": True, "open_door_screen": True},
        "door_screen": {"mirror": mirror},
    }
    config = Config.model_validate(values)
    settings, accepted = Settings(lambda: config), AcceptedConfig(None)
    service = Service(config, settings=settings, accepted=accepted, report=lambda _: None, sinks={}, live=True)
    watching = Thread(target=service.run_live, args=(lambda _: ClipCamera(pictures, live=True),))
    watching.start()
    try:
        yield service
    finally:
        service.stop()
        watching.join()
        service.close()


def wait_for(service: Service, state: str) -> None:
    """Until the door has begun to show a state."""
    for is_over in (True, False):
        while (service.health.health().state == state) is is_over:
            time.sleep(0.05)


def log_in(page: Page) -> None:
    """And wait for the status page to hear from the kiosk."""
    page.goto(f"{URL}/login")
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    expect(page.locator("#state")).not_to_have_attribute("data-state", "unknown")


def draw_zone(page: Page) -> None:
    """Over the model of the shuttle."""
    page.goto(f"{URL}/settings")
    expect(page.locator("#draw-ignored")).to_be_enabled()
    page.click("#draw-ignored")
    box = page.locator("#zones").bounding_box()
    assert box is not None
    for x, y in ZONE:
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    page.click("#finish-zone")


def take_pictures_for_the_docs(browser: Browser, service: Service) -> None:
    """All but the mirror."""
    page = browser.new_page(viewport=DESK, locale="en-GB")
    log_in(page)
    wait_for(service, "pass")
    page.wait_for_timeout(1500)
    page.screenshot(path=DOCS / "web-status.png")
    page.set_viewport_size({"width": 880, "height": 1100})
    draw_zone(page)
    page.wait_for_timeout(500)
    page.locator("section").screenshot(path=DOCS / "web-zones.png")
    take_door_screen(browser, service, DOCS / "web-door.png")


def take_door_screen(browser: Browser, service: Service, path: Path) -> None:
    """The mask on the chin: the clip's second alert follows PASS at once."""
    page = browser.new_page(viewport={"width": 960, "height": 540}, locale="en-GB")
    page.goto(f"{URL}/door")
    wait_for(service, "pass")
    wait_for(service, "alert")
    page.wait_for_timeout(1000)
    page.screenshot(path=path)


def take_set_up_for_the_docs(browser: Browser) -> None:
    """Three more: why somebody does not count, the set-up, and lamps that are tried."""
    page = browser.new_page(viewport=DESK, locale="en-GB")
    log_in(page)
    expect(page.locator("#people")).to_contain_text("does not count: too small", timeout=60_000)
    page.set_viewport_size({"width": 1180, "height": 570})
    page.screenshot(path=DOCS / "web-ignored.png")
    page.set_viewport_size({"width": 880, "height": 1240})
    page.goto(f"{URL}/setup")
    page.click("#begin")
    expect(page.locator("#faces")).to_contain_text("too small", timeout=60_000)
    page.wait_for_timeout(1000)
    page.screenshot(path=DOCS / "web-setup.png")
    for role, was_seen in (("green", "It worked"), ("red", "It worked"), ("buzzer", "It did not")):
        item = page.locator(f"#pins li[data-role={role}]")
        item.get_by_role("button", name="Try it").click()
        expect(item.get_by_role("button", name="Try it")).to_be_enabled(timeout=60_000)
        item.get_by_role("button", name=was_seen).click()
        expect(item).to_contain_text("work", timeout=60_000)
    page.wait_for_timeout(1500)
    page.locator("section", has=page.locator("#pins")).screenshot(path=DOCS / "web-pins.png")
    page.click("#end")


def take_all(browser: Browser, service: Service, folder: Path) -> None:
    """Every page but the door screen."""
    looks: dict[str, dict[str, Any]] = {
        "light": {"viewport": DESK},
        "dark": {"viewport": DESK, "color_scheme": "dark"},
        "phone": {"viewport": PHONE},
        "phone-dark": {"viewport": PHONE, "color_scheme": "dark"},
    }
    for look, options in looks.items():
        page = browser.new_page(locale="en-GB", **options)
        page.goto(f"{URL}/login")
        page.screenshot(path=folder / f"login-{look}.png")
        log_in(page)
        for path, shown in PAGES.items():
            page.goto(URL + path)
            if path == "/":
                wait_for(service, "alert")
            page.wait_for_timeout(1500)
            page.screenshot(path=folder / f"{shown.template}-{look}.png", full_page=True)
        page.close()


def main(folder: Path | None) -> None:
    """Take the pictures."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        with TemporaryDirectory() as kept, kiosk(Path(kept)) as service:
            if folder is None:
                take_pictures_for_the_docs(browser, service)
            else:
                folder.mkdir(parents=True, exist_ok=True)
                take_all(browser, service, folder)
        if folder is None:
            with TemporaryDirectory() as kept, kiosk(Path(kept), mirror=True) as service:
                take_door_screen(browser, service, DOCS / "web-mirror.png")
            with TemporaryDirectory() as kept, kiosk(Path(kept), walk_up, EVERYTHING):
                take_set_up_for_the_docs(browser)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
