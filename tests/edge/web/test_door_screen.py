"""The door screen in a real browser, before a real kiosk: on every monitor, in every language, in every state."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from edge.languages.catalogue import translate
from edge.languages.language import LANGUAGES, Language
from edge.languages.messages import DOOR, DoorText
from edge.web import door as door_module
from tests.edge.web.conftest import BARE, EMPTY, MASKED, UNSURE, WRONG, Site

MakeSite = Callable[..., Site]

MONITORS = ((1920, 1080), (1280, 1024), (1024, 768), (800, 480), (1080, 1920))
"""Width and height in pixels: 16:9, 5:4, 4:3, a small panel, and a monitor turned upright."""

SMALLEST = {"sentence": 0.045, "title": 0.03}
"""The smallest type, as a share of a monitor's shorter side; a sentence's is 4 mm high on a 7-inch panel, and read from
two metres."""

PATIENCE_MS = 120_000
"""For a browser on a machine that does much besides; how soon a state is seen is measured in test_browser.py."""

FONTS = {"ar": "Arabic", "hi": "Devanagari", "ja": "CJK JP", "ko": "CJK KR", "zh": "CJK SC"}
"""Part of the name of the font whose letters a language needs."""

MEASURE = """() => {
  const cut = [];
  const page = document.documentElement;
  if (page.scrollWidth > innerWidth || page.scrollHeight > innerHeight) cut.push("the page scrolls");
  const inside = (name, box, room) => {
    const ok = box.left >= room.left - 1 && box.right <= room.right + 1
      && box.top >= room.top - 1 && box.bottom <= room.bottom + 1;
    if (!ok || box.width < 1 || box.height < 1) cut.push(`${name} ${JSON.stringify(box)}`);
  };
  const screen = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
  const texts = [...document.querySelectorAll("#sentence, #title")].filter((text) => text.textContent);
  for (const text of texts) {
    if (text.scrollWidth > text.clientWidth) cut.push(`${text.id} is too wide`);
    inside(text.id, text.getBoundingClientRect(), text.parentElement.getBoundingClientRect());
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const line of range.getClientRects()) inside(text.id, line, screen);
    // A line ends after a word or a hyphen.
    for (const word of text.textContent.matchAll(/[^\\s-]+-?/g)) {
      range.setStart(text.firstChild, word.index);
      range.setEnd(text.firstChild, word.index + word[0].length);
      if (range.getClientRects().length > 1 && !/ja|zh/.test(page.lang)) cut.push(`${word[0]} is broken`);
    }
  }
  const signs = [...document.querySelectorAll("#symbol > g, #mirror > g, #logo")]
    .filter((sign) => getComputedStyle(sign).display !== "none");
  if (!signs.length) cut.push("no sign");
  for (const sign of signs) inside(sign.id || sign.className.baseVal || "sign", sign.getBoundingClientRect(), screen);
  const sizes = Object.fromEntries(texts.map((text) => [text.id, parseFloat(getComputedStyle(text).fontSize)]));
  return { cut, sizes };
}"""


MIDDLE = """() => {
  const [mirror, person] = ["#mirror", "#mirror g"].map((one) => document.querySelector(one).getBoundingClientRect());
  return (person.left + person.width / 2 - mirror.left) / mirror.width;
}"""
"""Where the person in the mirror stands, as a share of its width."""


def look(page: Page, monitor: tuple[int, int]) -> list[str]:
    """What is cut on a monitor, or too small to read."""
    width, height = monitor
    page.set_viewport_size({"width": width, "height": height})
    # Sizes follow the window when the browser draws next.
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    found: dict[str, Any] = page.evaluate(MEASURE)
    small = {text: size for text, size in found["sizes"].items() if size < SMALLEST[text] * min(monitor)}
    return [*found["cut"], *(f"{text} of {size:.0f} px" for text, size in small.items())]


def violations(page: Page) -> list[str]:
    """What WCAG 2.2 AA and axe's best practices object to."""
    return [rule["id"] for rule in Axe().run(page).response["violations"]]


def fonts_of(page: Page, selector: str) -> set[str]:
    """The fonts whose letters an element is drawn with."""
    line = page.context.new_cdp_session(page)
    line.send("DOM.enable")
    line.send("CSS.enable")
    root = line.send("DOM.getDocument")["root"]["nodeId"]
    node = line.send("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
    fonts = line.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
    line.detach()
    return {font["familyName"] for font in fonts}


FindFaults = Callable[[Site, tuple[Language, ...], tuple[DoorText, ...]], list[str]]


@pytest.fixture
def find_faults(page: Page, monkeypatch: pytest.MonkeyPatch) -> FindFaults:
    """Tells all that is cut, of each state in each language on every monitor, and all that axe objects to.

    Which state leads to which sign is tested in test_door.py; here the signs are called for directly.
    """

    def find(site: Site, languages: tuple[Language, ...], states: tuple[DoorText, ...]) -> list[str]:
        faults: list[str] = []
        for shown in states:
            monkeypatch.setattr(door_module, "what_is_shown", lambda _, shown=shown: shown)
            for language in languages:
                page.goto(f"{site.url}/door?lang={language}", timeout=PATIENCE_MS)
                expect(page.locator("body")).to_have_attribute("data-show", shown, timeout=PATIENCE_MS)
                expect(page.locator("#sentence")).to_have_text(translate(DOOR[shown], language))
                for monitor in MONITORS:
                    faults += [f"{shown} {language} {monitor}: {fault}" for fault in look(page, monitor)]
                # A language changes words and direction, a state colours and sign: each is looked at once.
                if shown == states[0] or language == languages[0]:
                    faults += [f"{shown} {language}: {fault}" for fault in violations(page)]
                drawn = fonts_of(page, "#sentence")
                if not any(FONTS.get(language, "Noto Sans") in font for font in drawn):
                    faults.append(f"{shown} {language}: drawn with {drawn}")
        return faults

    return find


@pytest.fixture(autouse=True)
def _fonts() -> None:
    """Those that docs/door-screen.md names."""
    listed = subprocess.run(["fc-list", ":", "family"], capture_output=True, text=True, check=False).stdout
    if not all(name in listed for name in FONTS.values()):
        pytest.skip("NOT TESTED: fonts are missing (apt install fonts-noto-core fonts-noto-cjk)")


def test_a_fault_is_told_in_full_on_every_monitor(make_site: MakeSite, find_faults: FindFaults) -> None:
    """The longest sentences, which once ran off the screen, beside the owner's logo and a title."""
    title = "Klinikum am Rosengarten, Eingang Süd"
    site = make_site(open_door_screen=True, door_screen={"title": title})
    assert find_faults(site, ("de", "fr", "hi", "ja"), ("fault",)) == []


def test_the_owners_logo_title_and_texts_are_shown_whole(make_site: MakeSite, page: Page, tmp_path: Path) -> None:
    """A long text becomes smaller rather than cut; what looks like a script is a text."""
    logo = tmp_path / "logo.png"
    logo.write_bytes(cv2.imencode(".png", np.full((90, 400, 3), (90, 30, 160), np.uint8))[1].tobytes())
    own = "Bitte tragen Sie auf dem ganzen Gelände des Klinikums eine Maske, die Mund & Nase bedeckt <script>"
    screen = {"logo": str(logo), "title": "Klinikum am Rosengarten", "texts": {"de": {"idle": own}}}
    site = make_site(open_door_screen=True, languages=["de"], door_screen=screen)
    page.goto(site.url + "/door")
    expect(page.locator("#sentence")).to_have_text(own)
    expect(page.locator("#title")).to_have_text("Klinikum am Rosengarten")
    assert page.locator("#logo").evaluate("image => image.decode().then(() => image.naturalWidth)") == 400
    found = {monitor: look(page, monitor) for monitor in MONITORS}
    assert {monitor: faults for monitor, faults in found.items() if faults} == {}
    assert violations(page) == []


def test_a_screen_that_is_open_follows_the_configuration(make_site: MakeSite, page: Page) -> None:
    """Another title or text is there after a reload of the kiosk; nobody walks to the monitor."""
    site = make_site(open_door_screen=True)
    page.goto(site.url + "/door")
    expect(page.locator("#sentence")).to_have_text("Please wear a mask")
    texts = {"en": {"idle": "Masks are worn here"}}
    site.config = site.config.model_validate(site.config.model_dump() | {"door_screen": {"texts": texts}})
    site.service.controls.reload().result(10)
    expect(page.locator("#sentence")).to_have_text("Masks are worn here")


def test_the_mirror_shows_people_and_what_is_uncovered(make_site: MakeSite, page: Page) -> None:
    """Left and right as in a mirror; it is empty when they are gone, and so it is when the camera is."""
    site = make_site(open_door_screen=True, door_screen={"mirror": True})
    page.goto(site.url + "/door")
    people = page.locator("#mirror g")
    expect(people).to_have_count(0)
    for scene, state, label, marks in (
        (BARE, "alert", "without_mask", 2), (WRONG, "alert", "incorrect_mask", 2), (MASKED, "pass", "with_mask", 0)
    ):  # fmt: skip
        site.show(scene, state)
        expect(people).to_have_attribute("data-label", label)
        expect(page.locator("#mirror .bare")).to_have_count(marks)
        assert [look(page, monitor) for monitor in MONITORS] == [[]] * len(MONITORS)
        # The face is left of the picture's middle.
        assert page.evaluate(MIDDLE) > 0.5
    expect(page.locator("#mirror .mask")).to_have_count(1)
    assert violations(page) == []
    site.show(EMPTY, "idle")
    expect(people).to_have_count(0)
    expect(page.locator("#mirror")).to_be_hidden()
    site.show(BARE, "alert")
    expect(people).to_have_count(1)
    site.door.is_lost = True
    expect(page.locator("#mirror")).to_be_hidden()


def test_whoever_waits_sees_how_long(make_site: MakeSite, page: Page) -> None:
    """The bar has the length of the share of readings that are in."""
    site = make_site(open_door_screen=True)
    page.goto(site.url + "/door")
    site.show(UNSURE, "checking")
    # Nothing can be read in this face.
    expect(page.locator("#progress")).to_have_css("stroke-dasharray", "0px, 100px")
    site.show(MASKED, "pass")
    expect(page.locator("#progress")).to_have_css("stroke-dasharray", "100px, 100px")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("title", "states"), [("", tuple(DOOR)), ("Krankenhaus zum Heiligen Geist, Eingang Süd", ("fault",))]
)
def test_nothing_is_cut_in_any_language_on_any_monitor(
    title: str, states: tuple[DoorText, ...], make_site: MakeSite, find_faults: FindFaults
) -> None:
    """Every language, state and monitor: texts and signs whole, type large enough, letters of the right font."""
    site = make_site(open_door_screen=True, door_screen={"title": title} if title else {})
    assert find_faults(site, LANGUAGES, states) == []
