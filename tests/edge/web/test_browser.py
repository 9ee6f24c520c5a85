"""The pages in a real browser, before a real kiosk: what a person at the desk and at the door sees."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from edge.cameras.supply import FEW
from edge.languages.catalogue import translate
from edge.languages.language import RIGHT_TO_LEFT, Language
from edge.languages.messages import DOOR
from edge.types import Required
from edge.web.pages import PAGES
from tests.edge.web.conftest import BARE, EMPTY, MASKED, PASSWORD, UNSURE, WRONG, Site, log_in
from tests.network_camera import free_port

AT_ONCE_MS = 1000
"""What a change of the door's state may take to be seen."""

STAGES = (
    (EMPTY, "idle", "idle"),
    (UNSURE, "checking", "checking"),
    (MASKED, "pass", "pass"),
    (BARE, "alert", "without_mask"),
    (WRONG, "alert", "incorrect_mask"),
)
"""Scenes, the door's state, and what its screen shows; FAULT comes from a lost camera."""


def wait_for_line(page: Page) -> None:
    """Until the page hears from the kiosk."""
    expect(page.locator("#state")).to_have_attribute("data-state", "idle")


def test_what_happens_is_seen_at_once(site: Site, page: Page) -> None:
    """State, reason and people follow the door within a second, without a reload."""
    log_in(page, site.url)
    wait_for_line(page)
    for scene, state, words in ((MASKED, "pass", "wears a mask (95 %)"), (BARE, "alert", "no mask (95 %)")):
        site.show(scene, state)
        expect(page.locator("#state")).to_have_attribute("data-state", state, timeout=AT_ONCE_MS)
        expect(page.locator("#people li")).to_contain_text(words, timeout=AT_ONCE_MS)
    expect(page.locator("#reason")).to_have_text("somebody wears no mask")
    expect(page.locator("#today-alerts")).to_have_text("1")
    expect(page.locator("#events tbody")).to_contain_text("Alert")
    expect(page.locator("#events tbody")).not_to_contain_text("Checking → Alert")
    # The live picture is there, as large as the camera's.
    assert page.locator("#picture").evaluate("image => image.naturalWidth") == 320


def test_the_alert_is_silenced_and_the_buzzer_muted(site: Site, page: Page) -> None:
    """By buttons, and the events tell that it was done from the page."""
    log_in(page, site.url)
    site.show(BARE, "alert")
    page.click("#acknowledge")
    expect(page.locator("#message")).to_have_text("This alert is silent.")
    page.click("#mute")
    expect(page.locator("#mute")).to_have_text("Muted for 5 min: unmute")
    page.click("#mute")
    expect(page.locator("#mute")).to_have_text("Mute for 5 minutes")
    page.goto(site.url + "/events")
    page.check("input[value=audit]")
    page.click("#filter button")
    rows = page.locator("#events tbody")
    for words in ("web page: alert acknowledged", "web page: muted for 300 s", "web page: no longer muted"):
        expect(rows).to_contain_text(words)
    expect(rows).not_to_contain_text("Checking → Alert")


def test_the_door_is_locked_down_by_a_button(make_site: Callable[..., Site], page: Page) -> None:
    """Lock and contact are told in words, and what the kiosk refuses is said."""
    site = make_site(lock=True)
    log_in(page, site.url)
    expect(page.locator("#lock")).to_have_text("Unlocked: fire · the door is open")
    page.click("#lockdown")
    expect(page.locator("#lockdown")).to_have_text("End the lock-down")
    page.click("#reset-fire")
    expect(page.locator("#message")).to_contain_text("the fire contact is open")


def test_a_kiosk_without_a_lock_says_nothing_of_one(site: Site, page: Page) -> None:
    """Lamps and sound are all that most have."""
    log_in(page, site.url)
    wait_for_line(page)
    expect(page.locator("#doorway")).to_be_hidden()


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there, and can be seen to be."""
    target = page.locator(selector)
    for _ in range(60):
        page.keyboard.press("Tab")
        if target.evaluate("it => it === document.activeElement"):
            assert target.evaluate("it => getComputedStyle(it).outlineStyle") != "none"
            return
    pytest.fail(f"{selector} cannot be reached with Tab")


def test_a_zone_is_drawn_with_the_keyboard_alone(site: Site, page: Page) -> None:
    """From the login on: the only part that counts lies on the right, where nobody stands, until it is removed."""
    site.show(BARE, "alert")
    page.goto(site.url + "/settings")
    # The browser gives the focus with its first picture, which may come after the page is loaded.
    expect(page.locator("#password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#draw-region")).to_be_enabled()
    tab_to(page, "#draw-region")
    page.keyboard.press("Enter")
    expect(page.locator("#zones")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Backspace")
    for keys in (["Shift+ArrowRight"] * 5, ["Shift+ArrowDown"] * 8, ["Shift+ArrowLeft"] * 5):
        for key in keys:
            page.keyboard.press(key)
        page.keyboard.press("Enter")
    expect(page.locator("#zone-status")).to_have_text("3 corners; choose the first again, or close the shape.")
    page.keyboard.press("Shift+Tab")
    expect(page.locator("#finish-zone")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, "#save-zones")
    page.keyboard.press("Enter")
    site.wait(lambda: site.service.health.health().state == "idle")
    assert site.service.in_use().zones.region == ((0.75, 0.5), (0.75, 0.9), (0.5, 0.9))
    expect(page.locator("#zone-status")).to_have_text("Saved and in use.")
    page.reload()
    tab_to(page, "#zone-list button")
    page.keyboard.press("Enter")
    tab_to(page, "#save-zones")
    page.keyboard.press("Enter")
    site.wait(lambda: site.service.health.health().state == "alert")
    assert site.service.in_use().zones.region is None


def test_every_refused_value_is_told_at_its_field(site: Site, page: Page) -> None:
    """All at once, in words, with the focus on the first; what is right then is in use, and can be taken back."""
    log_in(page, site.url, "/settings")
    hold, mute = (page.locator(f"[id='alarm.{key}']") for key in ("hold_s", "mute_s"))
    votes = page.locator("[id='people.min_votes']")
    page.locator("details summary").click()
    for field, value in ((hold, "-1"), (mute, "99999"), (votes, "99")):
        field.fill(value)
    page.locator("details summary").click()
    page.click("#settings button[type=submit]")
    expect(page.locator("#saved")).to_have_text("Nothing is saved: 3 values are refused.")
    expect(hold).to_be_focused()
    for field, text in ((hold, "greater than or equal to 0"), (mute, "less than or equal to 3600"), (votes, "30")):
        expect(field).to_have_attribute("aria-invalid", "true")
        error = page.locator(f"[id='{field.get_attribute('id')}-error']")
        expect(error).to_contain_text(text)
        expect(error).to_be_visible()
        assert (error.get_attribute("id") or "") in (field.get_attribute("aria-describedby") or "")
    assert violations(page) == []
    mute.fill("60")
    votes.fill("4")
    hold.fill("5")
    page.click("#settings button[type=submit]")
    expect(page.locator("#saved")).to_have_text("Saved and in use.")
    expect(page.locator("#saved")).to_be_in_viewport()
    expect(page.locator("#settings .complaint")).to_have_count(0)
    assert site.service.in_use().alarm.hold_s == 5
    page.locator(".field", has=hold).locator("text=Back to the configured value").click()
    expect(page.locator("[id='alarm.hold_s']")).to_be_focused()
    assert site.service.in_use().alarm.hold_s == 0.2


def test_which_masks_are_required_is_chosen_from_a_list(site: Site, page: Page) -> None:
    """The words of the configuration; hours are written as there, and a word that is none is told at its field."""
    log_in(page, site.url, "/settings")
    required, wrong = (page.locator(f"select[id='alarm.{key}']") for key in ("required", "wrong_kind"))
    hours = page.locator("[id='alarm.required_hours']")
    expect(required.locator("option")).to_have_text(list(Required))
    expect(required).to_have_value("any")
    required.select_option("medical")
    wrong.select_option("remind")
    hours.fill("ffp2 07:00-19:00")
    page.click("#settings button[type=submit]")
    expect(page.locator("[id='alarm.required_hours-error']")).to_contain_text("expected one of any, medical")
    hours.fill("respirator 07:00-19:00, any Sat 08:00-12:00")
    page.click("#settings button[type=submit]")
    expect(page.locator("#saved")).to_have_text("Saved and in use.")
    alarm = site.service.in_use().alarm
    assert (alarm.required, alarm.wrong_kind) == ("medical", "remind")
    assert alarm.required_hours == ("respirator 07:00-19:00", "any Sat 08:00-12:00")
    expect(required).to_have_value("medical")
    assert violations(page) == []


def test_values_that_do_not_go_together_are_told_at_their_field(site: Site, page: Page) -> None:
    """Also what only the whole configuration can refuse, and what is no number."""
    log_in(page, site.url, "/settings")
    hours = page.locator("[id='alarm.hours']")
    hours.fill("7 to 8")
    page.click("#settings button[type=submit]")
    expect(page.locator("[id='alarm.hours-error']")).to_contain_text("expected HH:MM-HH:MM")
    expect(hours).to_be_focused()


def test_hours_are_edited_by_weekday(site: Site, page: Page) -> None:
    """Without knowing how they are written; what is written otherwise is shown."""
    log_in(page, site.url, "/settings")
    hours = page.locator("[id='alarm.hours']")
    expect(page.locator(".hours")).to_contain_text("Always.")
    page.click("text=Add hours")
    expect(hours).to_have_value("Mon-Fri 07:00-19:00")
    row = page.locator(".hours .row")
    row.locator("label", has_text="Wed").click()
    row.locator("label", has_text="to ").locator("input").fill("18:30")
    expect(hours).to_have_value("Mon-Tue 07:00-18:30, Thu-Fri 07:00-18:30")
    page.click("#settings button[type=submit]")
    expect(page.locator("#saved")).to_have_text("Saved and in use.")
    assert site.service.in_use().alarm.hours == ("Mon-Tue 07:00-18:30", "Thu-Fri 07:00-18:30")
    expect(row).to_have_count(1)
    assert violations(page) == []
    hours.fill("Fri-Mon 22:00-06:00, 12:00-13:00")
    hours.press("Tab")
    expect(row).to_have_count(2)
    assert row.first.locator("input:checked").count() == 4
    row.first.locator("text=Remove").click()
    expect(hours).to_have_value("12:00-13:00")


def test_the_door_has_a_name_and_one_clock(make_site: Callable[..., Site], browser: Browser) -> None:
    """On every page, for whoever looks from another side of the world; tables agree."""
    door = {"name": "Main entrance", "place": "Building 3", "time_zone": "Asia/Kathmandu"}
    site = make_site(settings={"door": door})
    site.show(BARE, "alert")
    page = browser.new_context(locale="en-GB", timezone_id="America/New_York").new_page()
    page.goto(site.url + "/login")
    expect(page.locator("h1")).to_have_text("Main entrance")
    log_in(page, site.url)
    expect(page).to_have_title("Status · Main entrance")
    expect(page.locator(".brand")).to_have_text("Main entrance Building 3")
    expect(page.locator("#zone")).to_have_text("All times by the door's clock: Asia/Kathmandu (UTC+05:45).")
    with site.client() as client:
        [row] = csv.DictReader(io.StringIO(client.get("/api/v1/events.csv?kind=alert").text))
        assert client.get("/api/v1/tallies?by=day").json()["tallies"][-1]["begin"].endswith("T00:00+05:45")
    assert row["local_time"].endswith("+05:45")
    shown = page.locator("#events tr[data-kind=alert] td").first
    expect(shown).to_have_text(row["local_time"][11:19])
    asked = f"import('/static/span.js').then(({{ midnight }}) => midnight('{row['local_time'][:10]}').toISOString())"
    at = datetime.fromisoformat(row["local_time"])
    assert datetime.fromisoformat(page.evaluate(asked)) == at.replace(hour=0, minute=0, second=0)
    page.context.close()


@pytest.mark.parametrize("path", sorted(PAGES))
def test_a_page_is_used_only_once_its_script_listens(path: str, site: Site, page: Page) -> None:
    """What is pressed earlier would be lost, and a form sent without its script tells the password in the address."""
    log_in(page, site.url)
    page.route("**/static/*.js", lambda _route: None)
    page.goto(site.url + path, wait_until="commit")
    expect(page.locator("main")).to_have_attribute("inert", "")
    expect(page.locator("#logout")).to_be_disabled()
    page.unroute("**/static/*.js")
    page.goto(site.url + path)
    expect(page.locator("main")).not_to_have_attribute("inert", "")
    expect(page.locator("#logout")).to_be_enabled()


def test_an_invitation_waits_for_its_script(site: Site, page: Page) -> None:
    """The password would stand in the address otherwise."""
    page.route("**/static/*.js", lambda _route: None)
    page.goto(site.url + "/invitation#key", wait_until="commit")
    expect(page.locator("[type=submit]")).to_be_disabled()
    page.unroute("**/static/*.js")
    page.goto("about:blank")
    page.goto(site.url + "/invitation#key")
    expect(page.locator("[type=submit]")).to_be_enabled()


def test_a_page_that_is_not_there_says_so(site: Site, page: Page) -> None:
    """With the menu, to a person; a program is told in its own way."""
    log_in(page, site.url)
    answer = page.goto(site.url + "/nowhere")
    assert answer is not None
    assert answer.status == 404
    expect(page.locator("main")).to_contain_text("There is no page /nowhere: look for it in the menu above.")
    assert violations(page) == []
    with site.token("read") as program:
        told = program.get("/nowhere", headers={"Accept": "text/html"})
        assert (told.status_code, told.json()) == (404, {"error": "Not Found"})


def test_a_kiosk_that_is_gone_leaves_figures_that_look_old(make_site: Callable[..., Site], page: Page) -> None:
    """Words say since when; once it answers again, nothing of it is left."""
    port = free_port()
    site = make_site(port)
    log_in(page, site.url)
    site.show(BARE, "alert")
    expect(page.locator("#today-alerts")).to_have_text("1")
    site.close()
    expect(page.locator("#stale")).to_contain_text("The kiosk has not answered since", timeout=20_000)
    expect(page.locator("#state")).to_contain_text("No connection to the kiosk")
    expect(page.locator("#why-no-picture")).to_have_text("The kiosk does not answer.")
    expect(page.locator("#today-alerts")).to_have_text("1")
    assert page.locator(".figures").evaluate("it => getComputedStyle(it).filter") == "grayscale(1)"
    assert violations(page) == []
    make_site(port)
    expect(page.locator("#stale")).to_be_hidden(timeout=20_000)
    expect(page.locator("#state")).to_have_attribute("data-state", "idle")


def test_wrong_passwords_lock_the_login(site: Site, page: Page) -> None:
    """After five the page says when to try again, and refuses even the right one."""
    page.goto(site.url + "/login")
    for _ in range(5):
        page.fill("#password", "wrong guess")
        page.click("button[type=submit]")
        expect(page.locator("#complaint")).to_have_text("That is not the password.")
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    expect(page.locator("#complaint")).to_contain_text("Too many attempts. Try again in 15 minutes.")


def test_a_token_is_shown_once_and_works(site: Site, page: Page) -> None:
    """It is made and deleted on the page."""
    log_in(page, site.url, "/access")
    expect(page.locator("#tokens")).to_have_text("There are none.")
    page.fill("#name", "door lights")
    page.check("input[value=read]")
    page.click("text=Make a token")
    key = page.locator("#key code").inner_text()
    status = page.request.get(site.url + "/api/v1/status", headers={"Authorization": f"Bearer {key}", "Cookie": ""})
    assert status.status == 200
    page.reload()
    expect(page.locator("#tokens")).to_contain_text("door lights · read")
    assert key not in page.content()
    page.click("text=Delete")
    expect(page.locator("#tokens")).to_have_text("There are none.")


def test_an_operation_can_be_tried(site: Site, page: Page) -> None:
    """Every operation is listed, and answers on the spot."""
    log_in(page, site.url, "/api")
    item = page.locator("details", has_text="What the door shows, and who is there")
    item.locator("summary").click()
    item.locator("button").click()
    expect(item.locator("pre")).to_contain_text('"state": "idle"')


def test_snapshots_are_listed_and_erased(make_site: Callable[..., Site], page: Page) -> None:
    """One for each alert, if they are wanted."""
    site = make_site(snapshots=True)
    log_in(page, site.url, "/snapshots")
    site.show(BARE, "alert")
    site.wait(lambda: bool(list(site.folder.glob("snapshots/*.jpg"))))
    page.reload()
    expect(page.locator("#snapshots li")).to_have_count(1)
    assert page.locator("#snapshots img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 320
    page.locator("#snapshots button").click()
    expect(page.locator("#snapshots li")).to_have_count(0)
    assert not list(site.folder.glob("snapshots/*.jpg"))


@pytest.mark.parametrize("language", ["de", "ar"])
def test_the_door_screen_in_each_state(language: Language, make_site: Callable[..., Site], page: Page) -> None:
    """The right sentence and symbol for each state, in the language's own direction."""
    site = make_site(open_door_screen=True, languages=[language])
    page.goto(site.url + "/door")
    words: dict[str, str] = {shown: translate(text, language) for shown, text in DOOR.items()}
    for scene, state, shown in STAGES:
        site.show(scene, state)
        expect(page.locator("#sentence")).to_have_text(words[shown], timeout=2 * AT_ONCE_MS)
        assert page.locator("#symbol g:visible").get_attribute("class") == f"for-{shown}"
    assert page.locator("html").get_attribute("dir") == ("rtl" if language in RIGHT_TO_LEFT else "ltr")
    assert page.evaluate("getComputedStyle(document.body).cursor") == "none"
    site.door.is_lost = True
    expect(page.locator("#sentence")).to_have_text(words["fault"])


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_door_screen_says_that_it_cannot_check(
    language: Language, make_site: Callable[..., Site], page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where too few pictures come nobody is asked for patience; the status page has figure and remedy."""
    monkeypatch.setattr("edge.cameras.supply.WATCHED_S", 3600.0)
    site = make_site(open_door_screen=True, languages=[language])
    page.goto(site.url + "/door")
    site.service.health.fail(FEW, "1.0 pictures a second are too few to decide by", "set the camera to more")
    expect(page.locator("#sentence")).to_have_text(translate(DOOR["undecided"], language))
    assert page.locator("#symbol g:visible").get_attribute("class") == "for-fault"
    log_in(page, site.url)
    expect(page.locator("#problems")).to_contain_text("1.0 pictures a second are too few to decide by")


def test_the_door_screen_speaks_several_languages_in_turn(make_site: Callable[..., Site], page: Page) -> None:
    """Each for a few seconds, in the order of the configuration."""
    site = make_site(open_door_screen=True, languages=["ar", "en"])
    page.goto(site.url + "/door")
    turns: tuple[Language, ...] = ("ar", "en", "ar")
    for language in turns:
        expect(page.locator("html")).to_have_attribute("lang", language, timeout=8000)
        expect(page.locator("#sentence")).to_have_text(translate(DOOR["idle"], language))


LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in (360, 1280)]


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_nothing_keeps_people_out(scheme: Any, width: int, make_site: Callable[..., Site], page: Page) -> None:
    """axe-core finds nothing on any page, in light and dark, on a phone and a desk, and nothing is cut off."""
    site = make_site(snapshots=True)
    site.show(WRONG, "alert")
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(site.url + "/login")
    found = {"/login": violations(page)}
    log_in(page, site.url)
    for path, filled in FILLED.items():
        page.goto(site.url + path)
        expect(page.locator(filled).first).to_be_visible()
        page.locator("details").evaluate_all("all => all.forEach((details) => { details.open = true; })")
        found[path] = violations(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} is too wide"
    assert {path: rules for path, rules in found.items() if rules} == {}


FILLED = {
    "/": "#events tbody tr",
    "/doors": "#doors-hint:not(:empty)",
    "/incidents": "#incidents .card",
    "/events": "#events tbody tr",
    "/reports": ".report h1",
    "/settings": "#fields input",
    "/setup": "#pins li",
    "/snapshots": "#snapshots-hint:not(:empty)",
    "/health": "#log tr",
    "/access": "#sessions li strong",
    "/account": "#sessions li strong",
    "/api": "#operations details",
    "/door": "#sentence",
}
"""What is there once a page has been filled."""


def test_every_page_is_looked_at() -> None:
    """A new one, too."""
    assert set(FILLED) == {*PAGES, "/door"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_can_be_read(scheme: Any, make_site: Callable[..., Site], page: Page) -> None:
    """On the status page and at the door, whatever its colour; a lost camera is said to be lost, with a remedy."""
    site = make_site(open_door_screen=True)
    page.emulate_media(color_scheme=scheme)
    log_in(page, site.url)
    door = page.context.new_page()
    door.goto(site.url + "/door")
    found: dict[str, list[str]] = {}

    def look(state: str, shown: str) -> None:
        expect(page.locator("#state")).to_have_attribute("data-state", state)
        expect(door.locator("body")).to_have_attribute("data-show", shown)
        found[shown] = violations(page) + violations(door)

    for scene, state, shown in STAGES:
        site.show(scene, state)
        look(state, shown)
    expect(page.locator("#no-picture")).to_be_hidden()
    site.door.is_lost = True
    look("fault", "fault")
    expect(page.locator("#problems")).to_contain_text("What to do: check cable and power of the camera.")
    expect(page.locator("#no-picture")).to_be_visible(timeout=15_000)
    expect(page.locator("#why-no-picture")).to_contain_text("Usb:0: camera lost. What to do: ")
    assert {shown: rules for shown, rules in found.items() if rules} == {}


MAX_PAGE_BYTES = 150_000


@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
def test_pages_are_small(site: Site, browser: Browser, locale: str) -> None:
    """What crosses the wire for each, headers and all, but for the live picture: under 150 kB."""
    page = browser.new_context(locale=locale).new_page()
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.setCacheDisabled", {"cacheDisabled": True})
    urls: dict[str, str] = {}
    weights: Counter[str] = Counter()
    line.on("Network.requestWillBeSent", lambda told: urls.update({told["requestId"]: told["request"]["url"]}))
    line.on("Network.loadingFinished", lambda told: weights.update({told["requestId"]: int(told["encodedDataLength"])}))
    page.goto(site.url + "/login")
    measured = {"/login": weights.total()}
    log_in(page, site.url)
    for path, filled in FILLED.items():
        # What was still loading for the page before is of no weight here.
        page.goto("about:blank")
        weights.clear()
        page.goto(site.url + path)
        expect(page.locator(filled).first).to_be_attached()
        finished = {urls[request] for request in weights}
        assert not [url for url in finished if not url.startswith((site.url, "data:"))]
        assert len([url for url in finished if "/static/" in url]) >= 2, path
        measured[path] = weights.total()
    print(*(f"{path}: {weight / 1000:.0f} kB" for path, weight in measured.items()), sep="\n")
    assert {path: weight for path, weight in measured.items() if not 1000 < weight < MAX_PAGE_BYTES} == {}
    page.context.close()


def test_charts_show_the_kiosks_hours_wherever_the_browser_is(site: Site, browser: Browser) -> None:
    """Somebody who looks from half a world away sees today's figures, and whose hours they are."""
    site.show(MASKED, "pass")
    offset = round(datetime.now().astimezone().utcoffset().total_seconds())  # type: ignore[union-attr]
    abroad = "Asia/Kolkata" if offset != 19800 else "America/St_Johns"
    context = browser.new_context(timezone_id=abroad)
    page = context.new_page()
    log_in(page, site.url)
    expect(page.locator("#today-people")).to_have_text("1")
    expect(page.locator("#compliance")).to_have_text("100 %")
    expect(page.locator("#zone")).to_contain_text("by the door's clock: ")
    page.click("text=The same as a table")
    expect(page.locator("#tallies tbody th")).to_have_text(f"{datetime.now().astimezone():%H}:00")
    page.click("text=By day")
    expect(page.locator("#tallies tbody td").first).to_have_text("1")
    context.close()


def violations(page: Page) -> list[str]:
    """What WCAG 2.2 AA and axe's best practices object to."""
    answer = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {[node['html'][:120] for node in rule['nodes'][:3]]}" for rule in answer]
