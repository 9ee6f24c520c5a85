"""A kiosk is aimed: from a browser, on a clip of people who walk up; and by the command on the machine."""

from __future__ import annotations

import hashlib
import json
import re
import ssl
import urllib.request
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from playwright.sync_api import Page, expect

from edge.commands.setup import setup
from edge.errors import MaskgateError
from edge.web.people.access import Access
from tests.broker import wait_until
from tests.edge.web.conftest import BARE, PASSWORD, Site, log_in
from tests.edge.web.door import Start
from tests.network_camera import read

SLOW_MS = 120_000
"""For a machine that does something else besides."""


def test_the_smallest_face_is_set_at_the_line_and_then_the_alarm_is_raised(
    start: Start, page: Page, shared: Path
) -> None:
    """Two people walk up bare and are ignored, because they are far; from the set-up page on they are not."""
    walk_up = list(read(shared / "data/videos/cc_unmasked_walk_up.mp4"))
    door = start(room=walk_up)
    log_in(page, door.url)
    expect(page.locator("#people")).to_contain_text("does not count: too small", timeout=SLOW_MS)
    page.goto(door.url + "/setup")
    page.click("#begin")
    expect(page.locator("#left")).to_have_text("ends by itself in 30 min", timeout=SLOW_MS)
    expect(page.locator("#faces")).to_contain_text("too small", timeout=SLOW_MS)
    wait_until(lambda: bool(page.locator("#sharp").evaluate("image => image.naturalWidth >= 400")), SLOW_MS / 1000)
    # Near enough to stop there.
    expect(page.locator("#ruler")).to_have_text(re.compile(r"I stand at the line: 6\.\d %"), timeout=SLOW_MS)
    page.click("#ruler")
    expect(page.locator("#message")).to_contain_text(
        # He comes nearer between the look and the click.
        re.compile(r"From now on faces count from [56]\.\d %"),
        timeout=SLOW_MS,
    )
    door.kiosk.wait_for("alert")
    assert "too_small" in {change.get("reason") for change in door.kiosk.changes}
    page.click("#end")
    expect(page.locator("#view")).to_be_hidden(timeout=SLOW_MS)


def test_the_first_login_leads_to_the_set_up(site: Site, page: Page) -> None:
    """Once, and nobody who wanted another page; a zone is drawn there as in the settings."""
    Access(site.folder).shared.set(PASSWORD)
    kept = json.loads((site.folder / "access.json").read_text())
    (site.folder / "access.json").write_text(json.dumps(kept | {"opened": False}))
    site.show(BARE, "alert")
    page.goto(site.url + "/")
    page.fill("#password", PASSWORD)
    page.click("button[type=submit]")
    expect(page).to_have_url(site.url + "/setup")
    page.click("#begin")
    expect(page.locator("#draw-ignored")).to_be_enabled(timeout=SLOW_MS)
    page.click("#draw-ignored")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
        page.keyboard.press("Enter")
        page.keyboard.press("Shift+ArrowDown")
    page.click("#finish-zone")
    page.click("#save-zones")
    expect(page.locator("#zone-status")).to_have_text("Saved and in use.", timeout=SLOW_MS)
    assert len(site.service.in_use().zones.ignored) == 1
    page.goto("about:blank")  # Without a session the page itself would go to the login.
    page.context.clear_cookies()
    log_in(page, site.url)
    expect(page).to_have_url(site.url + "/")


def test_the_sharp_picture_is_there_for_the_set_up_alone(site: Site) -> None:
    """Before and after it is refused; programs without the scope for everything never see it."""
    site.show(BARE, "alert")
    with site.client() as client, site.token("read", "picture", "settings") as program:
        path = "/api/v1/setup/picture.mjpeg"
        assert client.get(path).status_code == 409
        assert client.post("/api/v1/setup", json={"minutes": 1}).status_code == 204
        with client.stream("GET", path) as pictures:
            assert next(pictures.iter_bytes()).startswith(b"--picture")
        told = client.get("/api/v1/setup").json()
        assert 0 < told["left_s"] <= 60
        assert told["aim"]["faces"][0]["size_px"] == 60
        for refused in (program.get(path), program.get("/api/v1/setup"), program.post("/api/v1/setup", json={})):
            assert refused.status_code == 403
        turned = program.patch("/api/v1/settings", json={"camera": {"turn_deg": 90}})
        assert (turned.status_code, "admin" in turned.text) == (403, True)
        assert client.delete("/api/v1/setup").status_code == 204
        assert client.get(path).status_code == 409
        assert client.get("/api/v1/setup").json()["aim"] is None


def test_the_door_screen_says_so(make_site: Callable[..., Site], page: Page) -> None:
    """Whoever passes is told that staff see the picture."""
    site = make_site(open_door_screen=True)
    page.goto(site.url + "/door")
    expect(page.locator("#setup")).to_be_hidden()
    with site.client() as client:
        client.post("/api/v1/setup", json={})
        expect(page.locator("#setup")).to_be_visible(timeout=SLOW_MS)
        client.delete("/api/v1/setup")
        expect(page.locator("#setup")).to_be_hidden(timeout=SLOW_MS)


def test_lamps_are_tried_on_the_page(make_site: Callable[..., Site], page: Page) -> None:
    """The relay asks first; what was seen is kept, and all of it is noted."""
    site = make_site(settings={"signals": {"driver": "mock", "relay": 24, "button": 25}})
    log_in(page, site.url, "/setup")
    red, relay = page.locator("[data-role=red]"), page.locator("[data-role=relay]")
    red.locator("text=Try it").click()
    expect(red.locator("button").first).to_be_enabled(timeout=SLOW_MS)
    red.locator("text=It worked").click()
    expect(red).to_contain_text("worked,", timeout=SLOW_MS)
    relay.locator("text=Try it").click()
    relay.locator("text=It opens the door: go on").click()
    expect(page.locator("[data-role=button]")).to_have_attribute("data-pressed", "false")
    with site.client() as client:

        def noted() -> set[str]:
            return {event["detail"] for event in client.get("/api/v1/events?kind=audit").json()["events"]}

        wanted = {"web page: red tried", "web page: red works", "web page: relay tried"}
        site.wait(lambda: wanted <= noted(), timeout_s=60)
        assert client.post("/api/v1/pins/relay/try", json={}).status_code == 409
        assert client.post("/api/v1/pins/amber/try", json={}).status_code == 409
    with site.token("read", "control") as program:
        assert program.post("/api/v1/pins/red/try", json={}).status_code == 403
        assert len(program.get("/api/v1/pins").json()["pins"]) == 5


def test_the_command_opens_pages_for_the_set_up_alone(
    tmp_path: Path, make_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By https with the kiosk's own certificate, whose fingerprint it shows; they end with the set-up."""
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    site = make_site()
    site.show(BARE, "alert")
    config = tmp_path / "maskgate.toml"
    config.write_text(f'[web]\nfolder = "{tmp_path}"\n')
    result = CliRunner().invoke(setup, ["--config", str(config)])
    assert result.exit_code == 0, (result.output, result.exception)
    assert "for 30 minutes" in result.output
    port = int(re.search(r"https://[^:]+:(\d+)/setup", result.output)[1])  # type: ignore[index]

    def answers() -> bool:
        try:
            urllib.request.urlopen(f"https://127.0.0.1:{port}/healthz", context=context, timeout=5).close()
        except OSError as error:
            return isinstance(error, urllib.request.HTTPError)
        return True

    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    site.wait(answers, timeout_s=60)
    pem = ssl.get_server_certificate(("127.0.0.1", port))
    shown = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper()
    assert ":".join(re.findall("..", shown)) in result.output
    with httpx.Client(base_url=f"https://127.0.0.1:{port}", verify=context) as client:
        assert client.post("/login", data={"password": PASSWORD}).status_code == 303
        site.wait(lambda: client.get("/api/v1/setup").json()["aim"] is not None, timeout_s=60)
    ended = CliRunner().invoke(setup, ["--end", "--config", str(config)])
    assert "the set-up is over" in ended.output
    site.wait(lambda: not answers(), timeout_s=60)
    assert site.service.health.health().faults == ()


def test_without_the_service_it_says_how_to_start_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no camera to show."""
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    config = tmp_path / "maskgate.toml"
    config.write_text(f'[web]\nfolder = "{tmp_path}"\n')
    result = CliRunner().invoke(setup, ["--config", str(config)])
    assert isinstance(result.exception, MaskgateError)
    assert "sudo systemctl start maskgate" in str(result.exception)
