"""A release is uploaded to a running kiosk: by whom, how large, whole or not, and what root makes of it."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from edge.errors import UpdateError
from edge.web import app as app_module
from edge.web import start as start_module
from edge.web.guarding.guard import BodyBounds
from edge.web.people.access import Access
from edge.web.people.roles import Role, Scope
from edge.web.updates import spool as spool_module
from edge.web.updates.signed import MAX_SUMS
from edge.web.updates.spool import Spool
from tests.edge.web.conftest import Site, log_in
from tests.edge.web.people.visitors import client_of
from tests.edge.web.updates.releases import make_package, make_release
from tests.release import make_keys

FILES = "/api/v1/update/files"


class Machine:
    """Where releases are spooled, what root tells, and the publisher's keys."""

    def __init__(self, folder: Path) -> None:
        self.spool, self.told, self.settings = folder / "update", folder / "update-status", folder / "etc"
        self.spool.mkdir()
        self.settings.mkdir()
        self.private, _ = make_keys(self.settings)

    @property
    def content(self) -> set[str]:
        return {path.name for path in self.spool.iterdir()}


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """One on which the kiosk is installed as a service."""
    made = Machine(tmp_path)
    monkeypatch.setattr(start_module, "Spool", lambda: Spool(made.spool, made.told, made.settings))
    return made


def upload(client: httpx.Client, path: Path) -> httpx.Response:
    return client.put(f"{FILES}/{path.name}", content=path.read_bytes())


def test_a_signed_release_is_handed_to_root(machine: Machine, site: Site, tmp_path: Path) -> None:
    """Uploaded, verified, asked for; what root tells is told on."""
    made = make_release(tmp_path, machine.private, padding=300_000)
    with site.client() as client:
        assert client.get("/api/v1/update").json()["state"] == "none"
        assert upload(client, made).status_code == 204
        assert client.get("/api/v1/update").json()["files"] == [made.name]
        assert client.post("/api/v1/update", json={"file": made.name}).status_code == 204
        assert machine.content == {made.name, "request"}
        assert (machine.spool / made.name).read_bytes() == made.read_bytes()
        assert (machine.spool / "request").read_text() == made.name
        assert client.get("/api/v1/update").json()["state"] == "waiting"
        for refused in (upload(client, made), client.delete("/api/v1/update")):
            assert (refused.status_code, refused.json()["error"]) == (409, "an update is under way already")
        (machine.spool / "request").unlink()
        for state, text in (("working", "it proves itself"), ("done", "9.0.0 is installed"), ("failed", "it did not")):
            machine.told.write_text(f"{state}\n{made.name}\n{text}\n")
            told = client.get("/api/v1/update").json()
            assert (told["state"], told["file"], told["text"]) == (state, made.name, text)
        events = client.get("/api/v1/events", params={"kind": "audit"}).json()["events"]
    assert [event["detail"] for event in reversed(events)][-2:] == [
        f"web page: {made.name} uploaded",
        f"web page: update by {made.name} asked for",
    ]


def test_a_package_comes_with_its_sums(machine: Machine, site: Site, tmp_path: Path) -> None:
    """Three files."""
    made = make_package(tmp_path / "deb", machine.private)
    with site.client() as client:
        for path in (made, made.with_name("SHA256SUMS"), made.with_name("SHA256SUMS.sig")):
            assert upload(client, path).status_code == 204
        assert client.post("/api/v1/update", json={"file": made.name}).status_code == 204


def test_a_wrong_signature_leaves_nothing(machine: Machine, site: Site, tmp_path: Path) -> None:
    """Somebody else's release is refused before root hears of it."""
    (tmp_path / "others").mkdir()
    made = make_release(tmp_path, make_keys(tmp_path / "others")[0])
    with site.client() as client:
        assert upload(client, made).status_code == 204
        answer = client.post("/api/v1/update", json={"file": made.name})
    assert answer.status_code == 409
    assert answer.json()["error"] == f"{made.name}: its signature is wrong, or by none of release.pem"
    assert machine.content == set()


def test_a_machine_without_a_key_takes_nothing(machine: Machine, site: Site, tmp_path: Path) -> None:
    """Nor does one on which it is no service; both say what to do."""
    made = make_release(tmp_path, machine.private)
    (machine.settings / "release.pem").unlink()
    with site.client() as client:
        answer = upload(client, made)
        assert (answer.status_code, answer.json()["error"]) == (409, client.get("/api/v1/update").json()["why_not"])
        assert "knows no publisher: put the public key into" in answer.json()["error"]
        shutil.rmtree(machine.spool)
        assert "was not installed as a service" in upload(client, made).json()["error"]


@pytest.mark.parametrize("name", ["settings.json", "maskgate-1.0.zip", "request", "maskgate-1.tar.gz.part", ".hidden"])
def test_other_files_are_not_taken(name: str, machine: Machine, site: Site) -> None:
    """Nothing but a release, and what tells of it."""
    with site.client() as client:
        assert client.put(f"{FILES}/{name}", content=b"x").status_code == 409
        assert client.post("/api/v1/update", json={"file": name}).status_code == 409
    assert machine.content == set()


def test_nobody_but_an_admin_fills_the_card(machine: Machine, site: Site, tmp_path: Path) -> None:
    """Of anybody else not even the bytes are taken."""
    made = make_release(tmp_path, machine.private, padding=0)
    large = bytes(100_000)
    with client_of(site, Role.OPERATOR) as client:
        assert upload(client, made).status_code == 403
        assert client.put(f"{FILES}/{made.name}", content=large).status_code == 413
    assert httpx.put(f"{site.url}{FILES}/{made.name}", content=large).status_code in (401, 413)
    key = Access(site.folder).tokens.add("program", (Scope.SETTINGS,))
    with httpx.Client(base_url=site.url, headers={"Authorization": f"Bearer {key}"}) as client:
        assert upload(client, made).status_code == 403
    assert machine.content == set()


def pieces(count: int) -> Iterator[bytes]:
    """A body whose length nobody is told."""
    for _ in range(count):
        yield bytes(64_000)


def test_what_is_too_large_is_cut_off(
    machine: Machine, make_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Announced or not, and nothing of it stays."""
    monkeypatch.setattr(app_module, "UPLOAD", BodyBounds(size=200_000, next_s=5.0, all_s=20.0))
    site = make_site()
    with site.client() as client:
        assert client.put(f"{FILES}/maskgate-1.0.tar.gz", content=bytes(200_001)).status_code == 413
        assert client.put(f"{FILES}/maskgate-1.0.tar.gz", content=pieces(10)).status_code == 413
    assert machine.content == set()


def test_the_list_of_a_release_is_small(machine: Machine, site: Site) -> None:
    """It is read into memory whole, and no room is asked for it."""
    with site.client() as client:
        answer = client.put(f"{FILES}/SHA256SUMS", content=bytes(MAX_SUMS + 1))
    assert (answer.status_code, answer.json()) == (409, {"error": "SHA256SUMS: has more than 1 MB; no release has"})
    assert machine.content == set()


def test_what_is_verified_is_not_replaced_meanwhile(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root is asked for what was verified, and nothing is verified that still comes."""
    spool = Spool(machine.spool, machine.told, machine.settings)
    made = make_release(tmp_path, machine.private)

    async def parts() -> AsyncIterator[bytes]:
        with pytest.raises(UpdateError, match="somebody else uploads"):
            spool.ask(made.name)
        yield made.read_bytes()

    def verify(*_: object) -> None:
        with pytest.raises(UpdateError, match="somebody else uploads"):
            asyncio.run(spool.receive(made.name, 0, parts()))

    asyncio.run(spool.receive(made.name, 0, parts()))
    monkeypatch.setattr(spool_module, "check_release", verify)
    spool.ask(made.name)
    assert spool.outcome().state == "waiting"


def test_an_upload_that_breaks_off_leaves_nothing(machine: Machine, site: Site) -> None:
    """The line is cut in the middle; the next upload is taken."""
    key = Access(site.folder).tokens.add("technician", (Scope.ADMIN,))
    head = (
        f"PUT {FILES}/maskgate-1.0.tar.gz HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
        "Content-Length: 5000000\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", int(site.url.rpartition(":")[2])), timeout=10) as connection:
        connection.sendall(head.encode() + bytes(3_000_000))
        site.wait(lambda: machine.content == {"maskgate-1.0.tar.gz.part"})
    site.wait(lambda: machine.content == set())
    (machine.spool / "maskgate-0.9.tar.gz.part").write_text("of a process that was killed")
    with site.client() as client:
        assert client.put(f"{FILES}/maskgate-1.0.tar.gz", content=b"x").status_code == 204
    assert machine.content == {"maskgate-1.0.tar.gz"}


def test_a_card_without_room_is_told(machine: Machine, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is sent; the small files are taken all the same."""
    monkeypatch.setattr(spool_module, "SPARE", 2**60)
    with site.client() as client:
        answer = client.put(f"{FILES}/maskgate-1.0.tar.gz", content=b"x")
        assert client.put(f"{FILES}/SHA256SUMS", content=b"x").status_code == 204
    assert answer.status_code == 409
    assert "MB are free on the card" in answer.json()["error"]


@pytest.mark.skipif(os.geteuid() != 0, reason="NOT TESTED: only root can fill a disk")
def test_a_full_disk_leaves_nothing(machine: Machine, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fills it is taken away again, with one clear error."""
    monkeypatch.setattr(spool_module, "SPARE", -(2**40))
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", machine.spool], check=False)
    if mounted.returncode:
        pytest.skip("NOT TESTED: this machine mounts no tmpfs")
    try:
        with site.client() as client:
            answer = client.put(f"{FILES}/maskgate-1.0.tar.gz", content=bytes(6_000_000))
        assert (answer.status_code, machine.content) == (409, set())
        assert answer.json()["error"] == "maskgate-1.0.tar.gz: cannot be kept (No space left on device)"
    finally:
        subprocess.run(["umount", machine.spool], check=True)


def test_an_update_that_was_cut_off_is_over(machine: Machine) -> None:
    """Root told that it works, and then the power failed: an hour later nobody waits for it."""
    machine.told.write_text("working\nmaskgate-9.0.0.tar.gz\nit proves itself\n")
    spool = Spool(machine.spool, machine.told, machine.settings)
    assert spool.outcome().state == "working"
    late = Spool(machine.spool, machine.told, machine.settings, clock=lambda: time.time() + 4000)
    assert (late.outcome().state, late.outcome().text) == (
        "failed",
        "it was interrupted; the version before goes on",
    )


def test_the_page_uploads_and_tells_what_came_of_it(machine: Machine, site: Site, page: Page, tmp_path: Path) -> None:
    """Chosen, confirmed, sent, handed over; refused with the reason where the signature is wrong."""
    (tmp_path / "others").mkdir()
    wrong = make_release(tmp_path / "others", make_keys(tmp_path / "others")[0], "9.0.1")
    right = make_release(tmp_path, machine.private, padding=200_000)
    page.on("dialog", lambda dialog: dialog.accept())
    log_in(page, site.url, "/health")
    page.set_input_files("#update-files", wrong)
    page.click("#update-send")
    expect(page.locator("#message")).to_contain_text("its signature is wrong, or by none of release.pem")
    assert machine.content == set()
    page.set_input_files("#update-files", right)
    page.click("#update-send")
    expect(page.locator("#update-state")).to_have_text("Handed to the system.")
    expect(page.locator("#update-form")).to_be_hidden()
    (machine.spool / "request").unlink()
    machine.told.write_text(f"failed\n{right.name}\n9.0.0 does not become ready; going back to 0.1\n")
    expect(page.locator("#update-state")).to_contain_text("was not installed: 9.0.0 does not become ready")
    expect(page.locator("#update-form")).to_be_visible()
