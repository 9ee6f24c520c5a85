"""Health in figures, the log, and a restart, asked of a running kiosk."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import httpx
import pytest
from playwright.sync_api import Page, expect

from edge import __version__
from edge import service as service_module
from edge.command_line import run_command
from edge.commands.main import cli
from edge.events.history import History
from edge.service import RESTART_CODE
from edge.types import EventKind
from edge.web.people.access import Access
from edge.web.people.roles import Role, Scope
from tests.edge.web.conftest import Site, log_in
from tests.edge.web.people.visitors import let_in
from tests.network_camera import free_port


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """It runs the kiosk, and would start it again, also one that has only just started."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setattr(service_module, "RESTART_AFTER_S", 0.0)
        yield


def test_figures_and_checks(site: Site) -> None:
    """Versions, memory, disk, and what the doctor says without being asked."""
    with site.client() as client:
        health = client.get("/api/v1/health").json()
    versions = {one["name"]: one["version"] for one in health["versions"]}
    assert versions["Maskgate"] == __version__
    assert versions["Classifier"].startswith(f"{site.config.classifier.model}, ")
    assert versions["Detector"] == site.config.detector.name
    assert {"Runtime", "OpenCV", "Python", "System", "Board"} < set(versions)
    assert 10 * 2**20 < health["used_by_us"] < health["memory"]
    assert 0 < health["disk_left"] < health["disk"]
    assert {"python", "opencv", "interpreter", "clock"} <= {one["name"] for one in health["checks"]}
    assert health["may_restart"] is False


def test_a_fault_is_told_with_its_remedy(site: Site) -> None:
    """The camera is lost."""
    site.door.is_lost = True
    with site.client() as client:
        site.wait(lambda: client.get("/api/v1/health").json()["level"] == "fault")
        (problem,) = client.get("/api/v1/health").json()["problems"]
    assert problem["component"] == "camera"
    assert problem["remedy"] == "check cable and power of the camera"


def test_the_log_keeps_secrets_to_itself(site: Site) -> None:
    """The last lines, with what a library may have written into them taken out."""
    logging.getLogger("some.library").warning("cannot open rtsp://anna:s3cret@10.0.0.7/live password='hunter2'")
    with site.client() as client:
        lines = client.get("/api/v1/log").json()["lines"]
    (line,) = (one for one in lines if one["name"] == "some.library")
    assert line["level"] == "WARNING"
    assert line["text"] == "cannot open rtsp://***@10.0.0.7/live password=***"


def test_what_runs_by_hand_is_not_restarted(site: Site) -> None:
    """Nobody would start it again."""
    with site.client() as client:
        answer = client.post("/api/v1/restart")
        assert (answer.status_code, answer.json()["error"].partition(":")[0]) == (409, "nobody would start it again")
        assert client.get("/api/v1/status").status_code == 200


@pytest.mark.usefixtures("systemd")
def test_a_kiosk_that_has_only_just_started_stays(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five starts in five minutes, and systemd would give it up."""
    monkeypatch.setattr(service_module, "RESTART_AFTER_S", 60.0)
    with site.client() as client:
        answer = client.post("/api/v1/restart")
    assert answer.status_code == 409
    assert "only just started; wait" in answer.json()["error"]
    assert not site.service.is_to_restart


@pytest.mark.usefixtures("systemd")
def test_a_restart_ends_the_process_as_the_unit_wants_it(tmp_path: Path) -> None:
    """Asked by a program with a token: the process ends by itself, and its exit code has systemd start it again."""
    key, port = Access(tmp_path).tokens.add("technician", (Scope.ADMIN,)), free_port()
    config, database = tmp_path / "maskgate.toml", tmp_path / "events.db"
    config.write_text(
        f'[signals]\ndriver = "mock"\n[web]\nlisten = "127.0.0.1:{port}"\nfolder = "{tmp_path}"\n'
        f'[events]\ndatabase = "{database}"\n[camera]\nsource = "usb:99"\n'
    )
    answers: list[int] = []

    def ask() -> None:
        until = time.monotonic() + 60
        while not answers and time.monotonic() < until:
            try:
                headers = {"Authorization": f"Bearer {key}"}
                answers.append(httpx.post(f"http://127.0.0.1:{port}/api/v1/restart", headers=headers).status_code)
            except httpx.TransportError:
                time.sleep(0.1)

    technician = Thread(target=ask)
    technician.start()
    code = run_command(cli, "maskgate", ["run", "--config", str(config)])
    technician.join()
    assert (code, answers) == (RESTART_CODE, [204])
    told = {stored.event.kind: stored.event.detail for stored in History(database).events(limit=50)}
    assert told[EventKind.AUDIT] == "token technician: restart of the service"
    assert told[EventKind.SERVICE] == "stopped"


def test_the_page(make_site: Callable[..., Site], page: Page) -> None:
    """Figures, checks and log are there; what runs by hand has no button."""
    site = make_site()
    log_in(page, site.url, "/health")
    expect(page.locator("#log")).to_have_text("Nothing yet.")
    logging.getLogger("door").warning("fault=begins component=camera")
    page.click("#again")
    expect(page.locator("#log")).to_contain_text("door fault=begins component=camera")
    expect(page.locator("#versions")).to_contain_text(__version__)
    expect(page.locator("#problems")).to_have_text("Everything works.")
    expect(page.locator("#figures")).to_contain_text("Memory of the service")
    expect(page.locator("#restart")).to_be_disabled()
    expect(page.locator("#by-hand")).to_be_visible()


@pytest.mark.usefixtures("systemd")
def test_a_restart_is_asked_for_twice_and_the_page_comes_back(make_site: Callable[..., Site], page: Page) -> None:
    """The first answer is no; after the second the page waits for the kiosk, and is loaded again."""
    port = free_port()
    site = make_site(port)
    log_in(page, site.url, "/health")
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.click("#restart")
    assert not site.service.is_to_restart
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("#restart")
    expect(page.locator("#restarted")).to_have_text("It restarts; this page comes back by itself.")
    site.wait(lambda: not site.is_watching)
    site.close()
    page.wait_for_event("requestfailed")
    with page.expect_navigation():
        make_site(port)
    expect(page.locator("#versions")).to_contain_text(__version__)
    expect(page.locator("#restarted")).to_be_empty()


def test_an_operator_sees_figures_and_no_log(site: Site, page: Page) -> None:
    """What the service writes may name people and addresses."""
    let_in(page, site, Role.OPERATOR)
    page.goto(site.url + "/health")
    expect(page.locator("#versions")).to_contain_text(__version__)
    assert page.locator("#log, #restart").count() == 0
