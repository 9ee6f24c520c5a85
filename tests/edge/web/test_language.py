"""Pages in the language of whoever looks at them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.requests import HTTPConnection

from edge.config.schema import Config
from edge.languages.language import Language
from edge.languages.words import offered, words_in
from edge.web.language import language_of
from edge.web.scripted import COUNTED
from tests.edge.web.conftest import BARE, MASKED, PASSWORD, Site
from tests.edge.web.test_browser import FILLED, violations

SHOWN = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) {
    const place = walker.currentNode.parentElement;
    const words = walker.currentNode.textContent.trim();
    if (words && place.checkVisibility() && !place.closest("[lang=en], code, pre, script")) texts.push(words);
  }
  for (const named of document.querySelectorAll("[aria-label], [alt]")) {
    if (named.checkVisibility()) texts.push(named.getAttribute("aria-label") ?? named.alt);
  }
  return texts;
}"""
"""Every text that is seen or read out, but for what is said to be English."""

PAGES = tuple(path for path in FILLED if path not in ("/door", "/api"))
"""The page API shows its document, which is English, below one translated paragraph."""


def same_in(language: Language) -> set[str]:
    """Words that are alike in both languages."""
    words = words_in(language)
    return {entry.text for entry in words.entries if words(entry.text) == entry.text}


def english() -> set[str]:
    """Texts of the pages that cannot be mistaken for another language's, or for a name."""
    return {entry.text for entry in words_in("de").entries if re.search("[a-z]{2}", entry.text)}


@pytest.fixture(params=["de", "ar"])
def language(request: pytest.FixtureRequest) -> Language:
    """One written like English, and one from right to left."""
    chosen: Language = request.param
    return chosen


@pytest.fixture
def foreign(browser: Browser, language: Language) -> Iterator[Page]:
    """A telephone of somebody who speaks the language."""
    locale = {"de": "de-AT", "ar": "ar-EG"}[language]
    context = browser.new_context(locale=locale, viewport={"width": 360, "height": 780})
    yield context.new_page()
    context.close()


def test_pages_are_in_the_language_of_the_browser(site: Site, foreign: Page, language: Language) -> None:
    """No English word is left on any, the direction is right, nothing is cut off, and axe finds nothing."""
    site.show(BARE, "alert")
    foreign.goto(site.url + "/login")
    found = {"/login": _faults(foreign, language)}
    foreign.fill("#password", PASSWORD)
    foreign.click("button[type=submit]")
    expect(foreign).to_have_url(site.url + "/")
    expect(foreign.locator("#state")).to_have_attribute("data-state", "alert")
    site.show(MASKED, "pass")
    expect(foreign.locator("#state")).to_have_attribute("data-state", "pass")
    for path in PAGES:
        foreign.goto(site.url + path)
        expect(foreign.locator(FILLED[path]).first).to_be_visible()
        foreign.locator("details").evaluate_all("all => all.forEach((details) => { details.open = true; })")
        found[path] = _faults(foreign, language)
    foreign.goto(site.url + "/nowhere")
    found["/nowhere"] = _faults(foreign, language)
    assert {path: faults for path, faults in found.items() if faults} == {}


def _faults(page: Page, language: Language) -> list[str]:
    faults = violations(page)
    root = page.evaluate("[document.documentElement.lang, document.documentElement.dir]")
    if root != [language, "rtl" if language == "ar" else "ltr"]:
        faults.append(f"is said to be {root}")
    if page.evaluate("document.documentElement.scrollWidth") > 360:
        faults.append("is too wide")
    left = english() - same_in(language)
    shown: list[str] = page.evaluate(SHOWN)
    assert len(shown) > 4, shown
    faults += [f"English: {text}" for text in shown if text.rstrip(" :") in left]
    if language == "ar":
        # Names and keys have Latin letters; sentences have not.
        faults += [f"not Arabic: {text}" for text in shown if re.search(r"[a-z]{3,} [a-z]{3,} [a-z]{3,}", text)]
    return faults


@pytest.mark.parametrize(
    ("accepted", "door", "expected"),
    [
        ("de", ["en"], "de"),
        ("de-AT,en;q=0.5", ["en"], "de"),
        ("en;q=0.5, de;q=0.8", ["en"], "de"),
        ("xx, fi;q=0.9", ["de", "en"], "de"),
        ("", ["de"], "de"),
        ("en-US,en;q=0.9", ["de"], "en"),
        ("de;q=0, *", ["en"], "en"),
        ("de;q=much, ,;q", ["en"], "en"),
    ],
)
def test_the_language_is_what_the_browser_asks_for(accepted: str, door: list[str], expected: str) -> None:
    """The most welcome of ours; of those that nobody speaks here, the door's own."""
    config = Config.model_validate({"web": {"languages": door}})
    headers = [(b"accept-language", accepted.encode())] if accepted else []
    assert language_of(HTTPConnection({"type": "http", "headers": headers}), config) == expected
    chosen = [*headers, (b"cookie", b"language=en")]
    assert language_of(HTTPConnection({"type": "http", "headers": chosen}), config) == "en"
    unknown = [*headers, (b"cookie", b"language=../x")]
    assert language_of(HTTPConnection({"type": "http", "headers": unknown}), config) == expected


def test_a_browser_of_another_language_sees_the_doors(make_site: Callable[..., Site], browser: Browser) -> None:
    """From the login on."""
    site = make_site(languages=["de", "en"])
    page = browser.new_context(locale="fi-FI").new_page()
    page.goto(site.url + "/login")
    assert page.evaluate("document.documentElement.lang") == "de"
    expect(page.locator("button[type=submit]")).to_have_text("Anmelden")
    page.context.close()


def test_a_person_chooses_the_language(site: Site, page: Page) -> None:
    """On the page Account; this browser keeps it, at the login as well, until it is given up there."""
    page.goto(site.url + "/account")
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    expect(page.locator("h1")).to_have_text("Account")
    offers = page.locator("#language option").evaluate_all("all => all.map((one) => one.value)")
    assert offers == ["", *offered()]
    page.select_option("#language", "de")
    page.click("#language-form button")
    expect(page.locator("h1")).to_have_text("Konto")
    page.click("#logout")
    expect(page).to_have_url(site.url + "/login")
    expect(page.locator("button[type=submit]")).to_have_text("Anmelden")
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    page.goto(site.url + "/account")
    expect(page.locator("#language")).to_have_value("de")
    page.select_option("#language", "")
    page.click("#language-form button")
    expect(page.locator("h1")).to_have_text("Account")


def test_refusals_are_told_in_the_language(site: Site, browser: Browser) -> None:
    """A wrong password at the login, a value out of its bounds in the settings, with the number as it is written."""
    page = browser.new_context(locale="de-DE").new_page()
    page.goto(site.url + "/settings")
    page.fill("#password", "wrong")
    page.click("button[type=submit]")
    expect(page.locator("#complaint")).to_have_text("Das ist nicht das Passwort.")
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    page.fill("[id='alarm.hold_s']", "-1")
    page.click("#settings button[type=submit]")
    expect(page.locator("[id='alarm.hold_s-error']")).to_have_text("Der Wert muss mindestens 0 sein")
    expect(page.locator("#saved")).to_have_text("Nichts ist gespeichert: Ein Wert wird abgelehnt.")
    page.context.close()


def test_numbers_and_dates_are_written_as_the_language_writes(site: Site, browser: Browser) -> None:
    """Decimals, percents, plurals and times; with the digits 0 to 9 everywhere."""
    ask = """async () => {
      const { number, percent, _n, LOCALE } = await import("/static/words.js");
      const { when } = await import("/static/page.js");
      return [LOCALE, number(1234.5, 1), percent(0.064, 1), when("2026-01-31T12:00:00Z"),
        [1, 2, 5].map((n) => _n("{n} person", "{n} people", n)).join(", ")];
    }"""
    found = {}
    for locale in ("en-GB", "de-AT", "ar-EG"):
        context = browser.new_context(locale=locale)
        page = context.new_page()
        page.goto(site.url + "/account")
        page.fill("#password", PASSWORD)
        page.click("button[type=submit]")
        expect(page.locator("#sessions li strong").first).to_be_visible()
        found[locale] = page.evaluate(ask)
        context.close()
    assert found["en-GB"][:3] == ["en-GB-u-nu-latn", "1,234.5", "6.4 %"]
    assert found["en-GB"][3].startswith("31/01/2026, ")
    assert found["en-GB"][4] == "1 person, 2 people, 5 people"
    assert found["de-AT"][1:3] == ["1 234,5".replace(" ", "\N{NO-BREAK SPACE}"), "6,4 %"]
    assert found["de-AT"][3].startswith("31.01.26, ")
    assert found["de-AT"][4] == "1 Person, 2 Personen, 5 Personen"
    assert not re.search("[\N{ARABIC-INDIC DIGIT ZERO}-\N{ARABIC-INDIC DIGIT NINE}]", "".join(found["ar-EG"]))


def test_the_words_of_scripts_are_kept_by_browsers(site: Site) -> None:
    """Small, for a year, at an address that changes with them; nothing but our languages, in plain or packed."""
    login = httpx.get(site.url + "/login", headers={"Accept-Language": "de"}).text
    address = re.search(r'src="(/words/de.js[^"]*)"', login)
    assert address is not None
    packed = httpx.get(site.url + address[1])
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) < 12_000
    assert "immutable" in packed.headers["Cache-Control"]
    assert packed.headers["Content-Type"].startswith("text/javascript")
    plain = httpx.get(site.url + address[1], headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert plain.text == packed.text
    table = re.search(r'"plural":"(\d+)"', plain.text)
    assert table is not None
    assert len(table[1]) == 2 * COUNTED
    assert httpx.get(site.url + "/words/xx.js").status_code == 401
