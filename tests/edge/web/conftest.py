"""A real kiosk with its pages on a real port, before a door that the test directs."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from edge import service as service_module
from edge.config.accepted import AcceptedConfig
from edge.config.schema import Config
from edge.config.settings import Settings
from edge.errors import CameraError
from edge.service import Service
from edge.sinks import Sink
from edge.types import Box, Face, Frame, Image, Label, Reading
from edge.web.people.access import Access
from tests.builders import PlainDetector, lively
from tests.edge.web.door import ROOM, Start, WatchedDoor
from tests.network_camera import free_port

CHROMIUM = shutil.which("chromium")

# A page beside other work may take longer than the five seconds that are the default.
expect.set_options(timeout=20_000)

EMPTY, UNSURE, MASKED, BARE, WRONG = range(5)
"""Scenes: the grey value of the picture's first pixel, which the networks below understand."""

SIZE = (240, 320)
FACE = Box(60, 60, 120, 120)
"""In the upper left quarter."""

FPS = 20.0
PASSWORD = "four brown horses"
LABELS = {MASKED: Label.WITH_MASK, BARE: Label.WITHOUT_MASK, WRONG: Label.INCORRECT_MASK}


@PlainDetector
def find_face(image: Image) -> tuple[Face, ...]:
    return (Face(FACE, 0.9),) if image[0, 0, 0] != EMPTY else ()


def judge(image: Image, box: Box) -> Reading:
    label = LABELS.get(int(image[0, 0, 0]))
    if label is None:
        return Reading(Label.UNCERTAIN, ((Label.WITH_MASK, 0.5),))
    return Reading(label, ((label, 0.95),))


class Door:
    """The camera's view: shows `scene` until another is set; `is_lost` unplugs it."""

    def __init__(self) -> None:
        self.scene = EMPTY
        self.is_lost = False
        self.is_over = False
        self.chance = np.random.default_rng(5)
        self.background = self.chance.integers(40, 200, (*SIZE, 3)).astype(np.uint8)

    def frames(self) -> Iterator[Frame]:
        for index in count():
            if self.is_over:
                return
            if self.is_lost:
                raise CameraError("usb:0: camera lost")
            # A sensor's noise: a view that stays the same to the bit is a stuck camera's.
            noise = self.chance.integers(0, 3, self.background.shape, np.uint8)
            image = lively(self.background + noise, FACE, index)
            image[0, 0] = self.scene
            yield Frame(image, time.monotonic(), index)
            time.sleep(1 / FPS)

    def stop(self) -> None:
        self.is_over = True

    def close(self) -> None:
        """Nothing is held open."""


class Site:
    """A running kiosk: `door` is what it sees, `url` where its pages are.

    Args:
        folder: holds password and events.
        port: of its pages.
        lock: whether it has a lock, a contact and a fire contact, too; both stand open, as their lines are pulled up.
        door_screen: that section of the configuration.
        web: keys of the section for the pages.
    """

    def __init__(
        self,
        folder: Path,
        port: int,
        *,
        lock: bool = False,
        door_screen: dict[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
        sinks: Mapping[str, Sink] | None = None,
        **web: Any,
    ) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self.door = Door()
        values = {
            "signals": {"driver": "mock"} | ({"relay": 24} if lock else {}),
            "inputs": {"contact": 5, "fire": 6} if lock else {},
            "alarm": {"hold_s": 0.2, "settle_s": 0.1},
            "people": {"min_presence_s": 0.1, "min_votes": 3},
            "events": {"database": str(folder / "events.db")},
            "web": {"listen": f"127.0.0.1:{port}", "folder": str(folder)} | web,
            "door_screen": door_screen or {},
            **(settings or {}),
        }
        self.config = Config.model_validate(values)
        self.service = Service(
            self.config,
            settings=Settings(lambda: self.config),
            accepted=AcceptedConfig(None),
            report=lambda change: None,
            sinks=sinks or {},
            live=True,
        )
        self._thread = Thread(target=self.service.run_live, args=(lambda source: self.door,), daemon=True)
        self._thread.start()
        self.wait(self.is_up)

    @property
    def is_watching(self) -> bool:
        """Whether the loop still runs."""
        return self._thread.is_alive()

    def is_up(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz").status_code in (200, 503)
        except httpx.TransportError:
            return False

    def wait(self, condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, f"waited {timeout_s} s in vain"
            time.sleep(0.02)

    def write_events(self) -> None:
        """Until all that happened is in the database: a thread of its own writes it."""
        log = self.service._event_log
        assert log is not None
        assert log.flush(10.0)

    def show(self, scene: int, state: str) -> None:
        """Set the scene, and wait until the door shows `state`."""
        self.door.scene = scene
        self.wait(lambda: self.service.health.health().state == state)

    @contextmanager
    def client(self) -> Iterator[httpx.Client]:
        """A client that is logged in, as a browser with one of our pages open."""
        with httpx.Client(base_url=self.url) as client:
            answer = client.post("/login", data={"password": PASSWORD})
            assert answer.status_code == 303, answer.text
            page = client.get("/", headers={"Accept": "text/html"}).text
            client.headers["X-CSRF-Token"] = page.partition('<meta name="csrf" content="')[2].partition('"')[0]
            yield client

    @contextmanager
    def token(self, *scopes: str) -> Iterator[httpx.Client]:
        """A client with a token for these scopes."""
        with self.client() as admin:
            body = {"name": f"test {time.monotonic_ns()}", "scopes": scopes}
            key = admin.post("/api/v1/tokens", json=body).json()["key"]
        with httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {key}"}) as client:
            yield client

    def close(self) -> None:
        self.service.stop()
        self._thread.join()
        self.service.close()


@pytest.fixture(scope="session")
def password_hash(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Hashing takes its time on purpose: once is enough."""
    folder = tmp_path_factory.mktemp("access")
    access = Access(folder)
    access.shared.set(PASSWORD)
    # Not the first visit, which leads to the set-up.
    access.sessions.close(access.sessions.open())
    return (folder / "access.json").read_text()


@pytest.fixture
def make_site(tmp_path: Path, password_hash: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Site]]:
    """Starts kiosks, and ends them after the test."""
    monkeypatch.setattr(service_module, "load_networks", lambda config: (find_face, judge))
    (tmp_path / "access.json").write_text(password_hash)
    sites: list[Site] = []

    def make(port: int | None = None, **sections: Any) -> Site:
        sites.append(Site(tmp_path, port or free_port(), **sections))
        return sites[-1]

    yield make
    for site in sites:
        site.close()


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    """A kiosk as it is by default, but for its address."""
    return make_site()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    if CHROMIUM is None:
        pytest.skip("NOT TESTED: chromium is missing (apt install chromium)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh browser window; whatever its console complains of fails the test."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda message: complaints.append(message.text) if "Security Policy" in message.text else None)
    yield opened
    context.close()
    assert complaints == []


def log_in(page: Page, url: str, path: str = "/") -> None:
    """As a person does, and on to a page."""
    page.goto(url + path)
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    expect(page).to_have_url(url + path)


@pytest.fixture
def start(tmp_path: Path, password_hash: str) -> Iterator[Start]:
    """Begins to watch a door."""
    with ExitStack() as stack:

        def watch(settings: str = "", room: list[Image] = ROOM, web: str = "") -> WatchedDoor:
            return stack.enter_context(closing(WatchedDoor(tmp_path, password_hash, settings, room, web)))

        yield watch
