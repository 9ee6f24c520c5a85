"""Who is let in, on every route; what each may do; and what comes with every answer."""

from __future__ import annotations

import csv
import io
import json
import re
import socket
import ssl
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.routing import Mount, Route

from edge import service as service_module
from edge.assembly import stages
from edge.cameras.supply import FEW
from edge.chain.tracker import Tracker
from edge.config.schema import Config
from edge.config.settings import CHANGEABLE
from edge.voice.voice import Voice
from edge.web import handlers
from edge.web.guarding.guard import RECHECK_S
from edge.web.operations import routes
from edge.web.pages import STATIC, page_routes
from edge.web.people.access import Access
from edge.web.people.roles import Scope
from edge.web.table import OPERATIONS
from tests.edge.web.conftest import BARE, MASKED, PASSWORD, WRONG, Site
from tests.network_camera import free_port

MakeSite = Callable[..., Site]

OPEN = {"/healthz", "/login", "/invitation", "/static/style.css", "/static/icon.svg", "/static/invitation.js"}
OPEN |= {"/static/words.js"}
"""All that a stranger may see."""


def everything() -> Iterator[tuple[str, str]]:
    """Method and path of all that the application answers, files included."""
    nobody: Any = None
    for route in [*routes(OPERATIONS, nobody), *page_routes(nobody)]:
        if isinstance(route, Mount):
            yield from (("GET", f"{route.path}/{path.relative_to(STATIC)}") for path in STATIC.rglob("*"))
        else:
            assert isinstance(route, Route)
            yield from ((method, re.sub(r"{\w+}", "x", route.path)) for method in sorted(route.methods or ()))


def test_nothing_is_shown_without_login(site: Site) -> None:
    """Every route refuses a stranger; a browser is led to the login."""
    tried = list(everything())
    assert len(tried) > 60
    for method, path in tried:
        answer = httpx.request(method, site.url + path)
        if path in OPEN:
            assert answer.status_code in (200, 403, 422), f"{method} {path}"
        else:
            assert answer.status_code == 401, f"{method} {path}"
            assert answer.headers["content-type"] == "application/json"
    page = httpx.get(site.url + "/events", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["location"]) == (303, "/login?next=/events")


@pytest.mark.parametrize(
    "path",
    [
        "/nothing", "/healthz/", "/HEALTHZ/../api/v1/status", "/healthz%2f..%2fapi/v1/status", "//api/v1/status",
        "/static/", "/static/style.css/", "/static/style.css%2f..%2fpage.js", "/static/..%2f..%2faccess.json",
        "/login/..%2fapi/v1/status", "/api/v1/status?next=/login", "/static/style.css%00.js",
    ],
)  # fmt: skip
def test_no_spelling_leads_past_the_login(path: str, site: Site) -> None:
    """Neither of a path nor of a method."""
    port = int(site.url.rpartition(":")[2])
    for method in ("GET", "HEAD", "POST", "PUT", "OPTIONS", "TRACE"):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(f"{method} {path} HTTP/1.1\r\nHost: door\r\nConnection: close\r\n\r\n".encode())
            assert connection.recv(12) == b"HTTP/1.1 401", method


def test_forged_keys_open_nothing(site: Site) -> None:
    """Neither as a cookie nor as a token."""
    for headers in ({"Cookie": "maskgate=x"}, {"Authorization": "Bearer mg_x"}, {"Authorization": "Basic eDp4"}):
        assert httpx.get(site.url + "/api/v1/status", headers=headers).status_code == 401


def test_health_is_open_and_tells_no_more(site: Site) -> None:
    """A watchdog learns whether the door is watched; a lost camera is a 503."""
    answer = httpx.get(site.url + "/healthz")
    assert (answer.status_code, answer.json()) == (200, {"level": "ok", "state": "idle"})
    site.door.is_lost = True
    site.wait(lambda: httpx.get(site.url + "/healthz").status_code == 503)


def test_the_door_screen_is_open_if_so_configured(make_site: MakeSite) -> None:
    """It and what it loads, and nothing else."""
    site = make_site(open_door_screen=True)
    for path in ("/door", "/static/door.css", "/static/door.js", "/static/mirror.js"):
        assert httpx.get(site.url + path).status_code == 200
    with httpx.stream("GET", site.url + "/door/stream") as stream:
        assert next(stream.iter_lines()).startswith('data: {"shows":"idle","reminds":false,"progress":1.0,')
    assert httpx.get(site.url + "/api/v1/status").status_code == 401
    assert httpx.get(site.url + "/static/page.js").status_code == 401


def test_the_door_screen_learns_that_nobody_can_be_decided_on(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too few pictures change no state, and a screen that says "one moment, please" for ever would lie."""
    monkeypatch.setattr("edge.cameras.supply.WATCHED_S", 3600.0)
    site = make_site(open_door_screen=True)

    def told() -> dict[str, Any]:
        with httpx.stream("GET", site.url + "/door/stream") as stream:
            return dict(json.loads(next(stream.iter_lines()).removeprefix("data: ")))

    assert told()["shows"] == "idle"
    site.service.health.fail(FEW, "1.0 pictures a second are too few to decide by", "set the camera to more")
    site.wait(lambda: told()["shows"] == "undecided")


def test_the_door_is_locked_down_and_a_fire_reset(make_site: MakeSite) -> None:
    """By whoever may operate, with the outcome told, in status, events and door screen alike."""
    site = make_site(lock=True)
    site.wait(lambda: (doorway := site.service.health.health().doorway) is not None and doorway.fire)
    with site.token(Scope.READ) as reader:
        assert reader.post("/api/v1/door/lockdown", json={"on": True}).status_code == 403
    with site.client() as client:
        assert client.post("/api/v1/door/lockdown", json={"on": "yes please"}).status_code == 422
        assert client.post("/api/v1/door/lockdown", json={"on": True}).status_code == 204
        site.wait(lambda: client.get("/api/v1/status").json()["door"]["lockdown"])
        # Fire beats lock-down, and is not over while its contact is open.
        door = client.get("/api/v1/status").json()["door"]
        assert (door["ruling"], door["unlocked"], door["open"]) == ("fire", True, True)
        refused = client.post("/api/v1/door/reset-fire")
        assert refused.status_code == 409
        assert "the fire contact is open" in refused.json()["error"]
        assert client.post("/api/v1/door/lockdown", json={"on": False}).status_code == 204
        site.wait(lambda: len(client.get("/api/v1/events?kind=lockdown").json()["events"]) == 2)
        site.write_events()
        told = [event["detail"] for event in client.get("/api/v1/events?kind=audit").json()["events"]]
    for words in ("web page: lock-down on", "web page: lock-down off", "web page: fire not reset, its contact is open"):
        assert words in told


def test_the_voice_is_tested_where_there_is_one(make_site: MakeSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """By whoever may operate; without a voice that is said, and the page has no button for it; or it may not."""
    site = make_site()
    with site.client() as client:
        refused = client.post("/api/v1/sound/test")
        assert (refused.status_code, "voice.enabled" in refused.json()["error"]) == (409, True)
        assert 'id="sound-test"' not in client.get("/", headers={"Accept": "text/html"}).text
    monkeypatch.setattr(Voice, "test", lambda self: False)
    site = make_site(settings={"voice": {"enabled": True}})
    with site.client() as client:
        refused = client.post("/api/v1/sound/test")
        assert (refused.status_code, "says something else" in refused.json()["error"]) == (409, True)


def test_a_test_message_is_sent_where_anybody_is_told(make_site: MakeSite, tmp_path: Path) -> None:
    """By an admin, who is told who took it; where nobody is told that is said, and the page has no button for it."""
    with make_site().client() as client:
        assert client.post("/api/v1/notify/test").status_code == 409
        assert 'id="notify-test"' not in client.get("/", headers={"Accept": "text/html"}).text
    secret = tmp_path / "webhook-secret"
    secret.write_text("0123456789abcdef")
    notify = {"webhook": f"http://127.0.0.1:{free_port()}/t0ken", "webhook_secret_file": str(secret)}
    with make_site(settings={"notify": notify}).client() as client:
        answer = client.post("/api/v1/notify/test")
        assert answer.json() == {
            "deliveries": [{"destination": "webhook", "sent": False, "cause": "Connection refused"}]
        }
        assert 'id="notify-test"' in client.get("/", headers={"Accept": "text/html"}).text


def test_every_answer_has_the_security_headers(site: Site) -> None:
    """Pages, refusals and errors alike."""
    with site.client() as client:
        answers = [client.get(path) for path in ("/", "/nothing", "/static/page.js", "/static/nothing")]
    answers += [httpx.get(site.url + "/api/v1/status"), httpx.get(site.url + "/login")]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'")
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "server" not in answer.headers
    assert answers[0].headers["cache-control"] == "no-store"
    assert answers[2].headers["cache-control"] == "no-cache"


def test_the_session_cookie_is_guarded(site: Site) -> None:
    """No script reads it, no other site sends it."""
    cookie = httpx.post(site.url + "/login", data={"password": PASSWORD}).headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    # Over plain http a browser would not keep it.
    assert "Secure" not in cookie


def test_logging_out_ends_the_session(site: Site) -> None:
    """The cookie is worth nothing afterwards."""
    with site.client() as client:
        cookie = client.cookies["maskgate"]
        assert client.post("/logout").status_code == 204
    assert httpx.get(site.url + "/api/v1/status", headers={"Cookie": f"maskgate={cookie}"}).status_code == 401


@pytest.mark.parametrize(
    ("target", "leads_to"),
    [("/events", "/events"), ("/door", "/door"), ("//evil.example", "/"), ("https://evil.example", "/"), ("", "/")],
)
def test_the_login_leads_only_to_our_pages(target: str, leads_to: str, site: Site) -> None:
    """A crafted link leads nowhere else."""
    answer = httpx.post(site.url + "/login", data={"password": PASSWORD, "next": target})
    assert answer.headers["location"] == leads_to


def test_guessing_is_locked_out(site: Site) -> None:
    """After five wrong passwords not even the right one opens, and the events tell."""
    for _ in range(5):
        answer = httpx.post(site.url + "/login", data={"password": "wrong guess"})
        assert (answer.status_code, "not the password" in answer.text) == (403, True)
    answer = httpx.post(site.url + "/login", data={"password": PASSWORD})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 800


def test_a_new_password_ends_the_lock_out(site: Site, tmp_path: Path) -> None:
    """Whoever runs `maskgate web-password` on the kiosk gets in with what it prints, at once."""
    for _ in range(5):
        httpx.post(site.url + "/login", data={"password": "wrong guess"})
    assert httpx.post(site.url + "/login", data={"password": PASSWORD}).status_code == 429
    config = tmp_path / "maskgate.toml"
    config.write_text(f'[web]\nfolder = "{site.folder}"\n')
    command = [sys.executable, "-m", "edge", "web-password", "--config", str(config)]
    password = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    assert httpx.post(site.url + "/login", data={"password": password}).status_code == 303


@pytest.mark.parametrize("keep", [False, True])
def test_a_new_password_ends_tokens_unless_they_are_kept(keep: bool, site: Site) -> None:
    """Whoever knew the old one may have made themselves a token for everything; the events tell which are gone."""
    with site.token(*Scope) as program, site.client() as client:
        body = {"current": PASSWORD, "new": "five brown horses"} | ({"keep_tokens": True} if keep else {})
        assert client.post("/api/v1/password", json=body).status_code == 204
        assert client.get("/api/v1/status").status_code == 401
        assert program.get("/api/v1/status").status_code == (200 if keep else 401)
    key = Access(site.folder).tokens.add("reader", (Scope.READ,))
    url, headers = f"{site.url}/api/v1/events?kind=audit", {"Authorization": f"Bearer {key}"}
    site.wait(lambda: "password changed" in httpx.get(url, headers=headers).text)
    assert ("password changed; tokens deleted: test" in httpx.get(url, headers=headers).text) != keep


@pytest.mark.parametrize("form", [{f"field{number}": "x" for number in range(6)}, {"password": ["x"] * 1000}, {}])
def test_any_form_is_a_wrong_password(form: dict[str, Any], site: Site) -> None:
    """However many fields it has."""
    assert httpx.post(site.url + "/login", data=form).status_code == 403


def test_no_foreign_name_leads_here(make_site: MakeSite) -> None:
    """A page of another site that has its own name point at the kiosk can neither guess passwords nor read anything."""
    site = make_site(host_names=["door.example.org"], trusted_proxies=["127.0.0.1"], open_door_screen=True)

    def asked_as(host: str) -> list[int]:
        seen = [httpx.get(site.url + path, headers={"Host": host}).status_code for path in ("/healthz", "/door")]
        form = {"password": PASSWORD}
        return [*seen, httpx.post(site.url + "/login", data=form, headers={"Host": host}).status_code]

    for host in ("evil.example", "127.0.0.1.evil.example:8080"):
        assert asked_as(host) == [421, 421, 421]
    for host in ("127.0.0.1:8080", "door.example.org", "kiosk"):
        assert asked_as(host) == [200, 200, 303]
    # A program is led by nobody, and over https the certificate says whose name it is.
    with site.token("read") as program:
        assert program.get("/api/v1/status", headers={"Host": "evil.example"}).status_code == 200
    proxied = {"Host": "www.example.com", "X-Forwarded-Proto": "https"}
    assert httpx.get(site.url + "/healthz", headers=proxied).status_code == 200


def test_without_a_password_nobody_gets_in(site: Site) -> None:
    """And the page says how to make one."""
    (site.folder / "access.json").unlink()
    answer = httpx.post(site.url + "/login", data={"password": ""})
    assert (answer.status_code, "web-password" in answer.text) == (403, True)


def test_a_damaged_file_of_logins_lets_nobody_in(site: Site) -> None:
    """It is an error of ours, told without a traceback."""
    with site.client() as client:
        (site.folder / "access.json").write_text("{")
        assert client.get("/api/v1/status").status_code == 503


def test_changes_need_the_pages_own_token(site: Site) -> None:
    """Another site's form is refused whatever it sends, and so is a page without its token."""
    with site.client() as client:
        token = client.headers.pop("X-CSRF-Token")
        refused = [
            {},
            {"X-CSRF-Token": "0" * 64},
            {"X-CSRF-Token": "\xe9"},
            {"X-CSRF-Token": token, "Origin": "https://evil.example"},
            {"X-CSRF-Token": token, "Origin": "null"},
            {"X-CSRF-Token": token, "Sec-Fetch-Site": "cross-site"},
        ]
        for headers in refused:
            encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
            answer = client.post("/api/v1/mute", json={"seconds": 5}, headers=encoded)
            assert answer.status_code == 403, headers
        headers = {"X-CSRF-Token": token, "Origin": site.url}
        assert client.post("/api/v1/mute", json={"seconds": 5}, headers=headers).status_code == 204
    foreign = httpx.post(site.url + "/login", data={"password": PASSWORD}, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403


def test_a_token_may_do_what_its_scopes_say(site: Site) -> None:
    """Each operation of the API's own document, with each scope; pages are not for programs."""
    with site.token("read") as client:
        paths = client.get("/openapi.json").json()["paths"]
    wanted = {
        (method.upper(), re.sub(r"{\w+}", "x", path)): described["tags"]
        for path, methods in paths.items()
        for method, described in methods.items()
    }
    assert len(wanted) == len(OPERATIONS)
    for scope in Scope:
        with site.token(scope) as client:
            for (method, path), tags in wanted.items():
                with client.stream(method, path, json={} if method in ("POST", "PATCH") else None) as answer:
                    is_refused = answer.status_code in (401, 403)
                assert is_refused == (tags != [scope]), f"{scope} {method} {path}: {answer.status_code}"
            assert client.get("/").status_code == 403
            assert client.get("/openapi.json").status_code == (200 if scope is Scope.READ else 403)


def test_every_change_needs_the_pages_own_token(site: Site) -> None:
    """A session alone, which a browser sends along for anybody, changes nothing, whatever the operation."""
    with site.client() as client:
        del client.headers["X-CSRF-Token"]
        changes = [
            (method, path) for method, path in everything() if method not in ("GET", "HEAD") and path != "/login"
        ]
        assert len(changes) >= 9
        for method, path in changes:
            assert client.request(method, path, json={}).status_code == 403, f"{method} {path}"
        assert client.get("/api/v1/status").status_code == 200


def test_large_and_strange_requests_are_refused(site: Site) -> None:
    """Before they are read, and the connection is closed."""
    port = int(site.url.rpartition(":")[2])

    def send(text: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            received = b""
            # Who is still sending may be cut off before the answer is read.
            with suppress(ConnectionError):
                connection.sendall(text)
                while part := connection.recv(65536):
                    received += part
            return received

    host = b"Host: door\r\n"
    large = send(b"POST /login HTTP/1.1\r\n" + host + b"Content-Length: 1073741824\r\n\r\n")
    assert large.startswith(b"HTTP/1.1 413")
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    chunked = send(b"POST /login HTTP/1.1\r\n" + host + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 2)
    assert chunked.startswith(b"HTTP/1.1 413")
    assert send(b"GET /healthz HTTP/1.1\r\n" + host + b"Content-Length: 5\r\n\r\nhello").startswith(b"HTTP/1.1 400")
    flood = b"".join(b"X-%d: %s\r\n" % (number, b"y" * 100) for number in range(1000))
    assert send(b"GET / HTTP/1.1\r\n" + host + flood).startswith(b"HTTP/1.1 400")
    assert send(b"\x00\xff\r\n\r\n").startswith(b"HTTP/1.1 400")


def test_a_refused_body_does_not_reset_the_connection(site: Site) -> None:
    """A browser that is still sending gets the answer, rather than an error of its own."""
    port = int(site.url.rpartition(":")[2])
    length = 4 * 10_000
    head = f"POST /api/v1/mute HTTP/1.1\r\nHost: door\r\nContent-Length: {length}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(head.encode())
        answer = connection.recv(65536)
        while b'"}' not in answer:
            answer += connection.recv(65536)
        # Each of these would meet a reset by the one before it.
        for _ in range(4):
            connection.sendall(b"x" * 10_000)
        assert connection.recv(65536) == b""
    assert answer.startswith(b"HTTP/1.1 401")
    assert b"connection: close" in answer.lower()


def test_over_https_the_cookie_is_bound_to_it(make_site: MakeSite, tmp_path: Path) -> None:
    """With a certificate of one's own."""
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost "
    command += "-addext subjectAltName=IP:127.0.0.1"
    files = {"certificate": tmp_path / "cert.pem", "key": tmp_path / "key.pem"}
    arguments = ["-out", str(files["certificate"]), "-keyout", str(files["key"])]
    subprocess.run([*command.split(), *arguments], check=True, capture_output=True)
    site = make_site_over_tls(make_site, {name: str(path) for name, path in files.items()})
    context = ssl.create_default_context(cafile=files["certificate"])
    answer = httpx.post(site.replace("http:", "https:") + "/login", data={"password": PASSWORD}, verify=context)
    assert answer.headers["set-cookie"].startswith("__Host-maskgate=")
    assert {"Secure", "HttpOnly", "SameSite=strict", "Path=/"} <= set(answer.headers["set-cookie"].split("; "))
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_a_certificate_that_is_of_no_use_is_told(make_site: MakeSite, tmp_path: Path) -> None:
    """With its remedy; the door is watched all the same."""
    files = {"certificate": tmp_path / "cert.pem", "key": tmp_path / "key.pem"}
    for path in files.values():
        path.write_text("nothing of use")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Site, "is_up", lambda self: bool(self.service.health.health().faults))
        site = make_site(**{name: str(path) for name, path in files.items()})
    site.show(BARE, "alert")
    # Pictures go on, and the fault lasts.
    [fault] = site.service.health.health().faults
    assert fault.component == "web"
    assert "web.certificate" in fault.remedy


def make_site_over_tls(make_site: MakeSite, files: dict[str, str]) -> str:
    with pytest.MonkeyPatch.context() as patch:
        # Plain http is answered by nobody here.
        patch.setattr(Site, "is_up", lambda self: self.service.health.health().frames > 5)
        return make_site(**files).url


def test_passwords_are_checked_one_at_a_time(make_site: MakeSite) -> None:
    """A crowd from many addresses is told to wait: each check costs as much as a few frames, and 19 MiB."""
    site = make_site(trusted_proxies=["127.0.0.1"])

    def guess(number: int) -> int:
        headers = {"X-Forwarded-For": f"192.0.2.{number}"}
        return httpx.post(f"{site.url}/login", data={"password": "guess"}, headers=headers, timeout=30).status_code

    with ThreadPoolExecutor(20) as crowd:
        answers = Counter(crowd.map(guess, range(20)))
    assert set(answers) == {403, 429}


def test_exported_text_is_no_formula(site: Site) -> None:
    """A spreadsheet that opens it computes nothing."""
    for text in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1"):
        site.service._journal.audit(text)
    with site.client() as client:
        site.wait(lambda: client.get("/api/v1/events.csv?kind=audit").text.count("\n") >= 7)
        table = list(csv.DictReader(io.StringIO(client.get("/api/v1/events.csv?kind=audit").text)))
    told = [row["detail"] for row in table if "login from" not in row["detail"]]
    assert told == ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\t=1"]


def test_events_are_read_page_by_page(site: Site) -> None:
    """Each once, in whatever order they are asked for, and by any filter."""
    for number in range(25):
        site.service._journal.audit(f"change {number}")
    with site.client() as client:
        site.wait(lambda: len(client.get("/api/v1/events?kind=audit").json()["events"]) >= 26)
        seen: list[dict[str, Any]] = []
        before = 2**40
        while page := client.get(f"/api/v1/events?kind=audit&limit=4&before={before}").json()["events"]:
            before = page[-1]["id"]
            seen += page
        told = [event["detail"] for event in seen if event["detail"].startswith("change")]
        assert told == [f"change {number}" for number in reversed(range(25))]
        both = client.get("/api/v1/events?kind=audit&kind=service&newest_first=false").json()["events"]
        assert {event["kind"] for event in both} == {"audit", "service"}
        since = seen[3]["at"]
        assert all(
            event["at"] >= since for event in client.get("/api/v1/events", params={"since": since}).json()["events"]
        )


@pytest.mark.parametrize(("by", "count"), [("hour", 24), ("day", 30)])
def test_every_hour_and_day_is_told(by: str, count: int, site: Site) -> None:
    """Also those in which nobody came; the last one is that of now, by the kiosk's clock."""
    site.show(MASKED, "pass")
    with site.client() as client:

        def told() -> Any:
            return client.get(f"/api/v1/tallies?by={by}").json()["tallies"]

        site.wait(lambda: told()[-1]["with_mask"] == 1)
        tallies = told()
        assert len(tallies) == count
        assert tallies[-1] | {"begin": ""} == {
            "begin": "", "with_mask": 1, "without_mask": 0, "incorrect_mask": 0, "wrong_kind": 0, "uncertain": 0,
            "alerts": 0, "compliance": 1.0,
        }  # fmt: skip
        now = datetime.now().astimezone()
        assert datetime.fromisoformat(tallies[-1]["begin"]) == now.replace(
            hour=now.hour if by == "hour" else 0, minute=0, second=0, microsecond=0
        )


@pytest.mark.parametrize(
    "span", ["since=0001-01-01T00:00:00Z", "until=9999-12-31T23:59:59Z", "until=0001-01-01T00:00:00Z"]
)
def test_no_calendar_is_left(span: str, site: Site) -> None:
    """Times at its ends are refused, not stumbled over."""
    with site.client() as client:
        for path in ("tallies", "tallies.csv"):
            for by in ("hour", "day"):
                assert client.get(f"/api/v1/{path}?by={by}&{span}").status_code == 422
        assert client.get(f"/api/v1/events?{span}").status_code == 200


def test_a_proxy_is_believed_only_if_it_is_trusted(make_site: MakeSite) -> None:
    """It tells that the visitor came over https."""
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    for proxies, name in (([], "maskgate="), (["127.0.0.1"], "__Host-maskgate=")):
        site = make_site(trusted_proxies=proxies)
        answer = httpx.post(site.url + "/login", data={"password": PASSWORD}, headers=headers)
        assert answer.headers["set-cookie"].startswith(name)


def test_a_proxy_is_believed_where_both_internet_protocols_are_spoken(make_site: MakeSite) -> None:
    """`[::]` calls 127.0.0.1 by another name; the visitor whom the proxy tells of is the one who is locked out."""
    port = free_port()
    site = make_site(port, listen=f"[::]:{port}", trusted_proxies=["127.0.0.1"])
    guesser, other = ({"X-Forwarded-Proto": "https", "X-Forwarded-For": f"192.0.2.{number}"} for number in (7, 8))
    for _ in range(5):
        assert httpx.post(site.url + "/login", data={"password": "guess"}, headers=guesser).status_code == 403
    assert httpx.post(site.url + "/login", data={"password": PASSWORD}, headers=guesser).status_code == 429
    answer = httpx.post(site.url + "/login", data={"password": PASSWORD}, headers=other)
    assert answer.headers["set-cookie"].startswith("__Host-maskgate=")


@pytest.mark.parametrize(
    ("scene", "state", "reason"),
    [(MASKED, "pass", None), (BARE, "alert", "without_mask"), (WRONG, "alert", "incorrect_mask")],
)
def test_the_state_is_told_within_a_second(scene: int, state: str, reason: str | None, site: Site) -> None:
    """From the change of the pins to the visitor's side of the wire, with its reason."""
    with site.token("read") as client, client.stream("GET", "/api/v1/stream") as stream:
        lines = (line for line in stream.iter_lines() if line)
        assert '"state":"idle"' in next(lines)
        site.show(scene, state)
        shown_at = site.service.health.health().uptime_s
        news = next(line for line in lines if f'"state":"{state}"' in line)
        assert site.service.health.health().uptime_s - shown_at < 1.0
    assert ('"reason":null' if reason is None else f'"reason":"{reason}"') in news


@pytest.mark.parametrize("path", ["/api/v1/stream", "/api/v1/picture.mjpeg", "/door/stream"])
@pytest.mark.parametrize("end", ["logout", "password"])
def test_a_stream_ends_with_the_login(path: str, end: str, site: Site) -> None:
    """Who is logged out, by themselves or by a new password, sees no more of the door."""
    with site.client() as client, client.stream("GET", path) as stream:
        parts = stream.iter_raw()
        assert next(parts)
        if end == "logout":
            assert client.post("/logout").status_code == 204
        else:
            Access(site.folder).shared.set("another password")
        begun = time.monotonic()
        for _ in parts:
            assert time.monotonic() - begun < 3 * RECHECK_S


def test_a_stream_ends_with_its_token(site: Site) -> None:
    """A token that is deleted shows no more, either."""
    with site.client() as admin:
        key = admin.post("/api/v1/tokens", json={"name": "lights", "scopes": ["read"]}).json()["key"]
        headers = {"Authorization": f"Bearer {key}"}
        with httpx.stream("GET", site.url + "/api/v1/stream", headers=headers) as stream:
            lines = stream.iter_lines()
            assert next(lines)
            assert admin.delete("/api/v1/tokens/lights").status_code == 204
            begun = time.monotonic()
            for _ in lines:
                assert time.monotonic() - begun < 3 * RECHECK_S


def test_settings_tell_what_is_in_use(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not what a file says that the kiosk could not take over yet, as its camera is lost."""
    monkeypatch.setattr(service_module, "RETRY_S", (5.0,))
    monkeypatch.setattr(handlers, "APPLY_S", 0.1)
    with site.client() as client:
        site.door.is_lost = True
        site.wait(lambda: client.get("/healthz").status_code == 503)
        before = client.get("/api/v1/settings").json()
        assert before["changed"] == {}
        assert client.patch("/api/v1/settings", json={"alarm": {"hold_s": 7}}).json()["in_use"] is False
        after = client.get("/api/v1/settings").json()
        assert after == before | {"changed": {"alarm": {"hold_s": 7.0}}}
        site.door.is_lost = False
        site.wait(lambda: client.get("/api/v1/settings").json()["values"]["alarm"]["hold_s"] == 7, timeout_s=20)


def numbers() -> Iterator[tuple[str, str]]:
    """Section and key of every number that may be changed."""
    for section, keys in CHANGEABLE.items():
        values = getattr(Config(), section)
        yield from ((section, key) for key in keys if isinstance(getattr(values, key), int | float | None))


@pytest.mark.parametrize("digits", [400, 5000])
def test_a_number_of_hundreds_of_digits_ends_nothing(site: Site, digits: int) -> None:
    """It is refused, whatever its key: the process goes on, no file has changed, and the next start is as this one."""
    tried = list(numbers())
    assert ("people", "min_votes") in tried
    with site.client() as client:
        for section, key in tried:
            body = f'{{"{section}": {{"{key}": 1{digits * "0"}}}}}'
            answer = client.patch("/api/v1/settings", content=body, headers={"Content-Type": "application/json"})
            assert answer.status_code == 422, (section, key, answer.text[:200])
            assert len(answer.text) < 1000
        assert client.get("/api/v1/settings").json()["changed"] == {}
    site.show(MASKED, "pass")


def test_a_setting_that_breaks_the_chain_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it raises: refused in one line, taken back in the file, and the door is watched as before."""

    def make_tracker(**parts: Any) -> Tracker:
        if parts["memory_s"] == 0.123:
            raise OverflowError("int too large to convert to float")
        return Tracker(**parts)

    monkeypatch.setattr(stages, "Tracker", make_tracker)
    with site.client() as client:
        assert client.patch("/api/v1/settings", json={"alarm": {"hold_s": 0.5}}).json()["in_use"]
        answer = client.patch("/api/v1/settings", json={"alarm": {"hold_s": 0.7}, "people": {"memory_s": 0.123}})
        assert answer.status_code == 409
        assert "OverflowError" in answer.json()["error"]
        assert client.get("/api/v1/settings").json()["changed"] == {"alarm": {"hold_s": 0.5}}
        site.show(MASKED, "pass")
        # Also if the kiosk comes to it long after the visitor has been told that it is kept.
        monkeypatch.setattr(handlers, "APPLY_S", 0.0)
        assert not client.patch("/api/v1/settings", json={"people": {"memory_s": 0.123}}).json()["in_use"]
        site.wait(lambda: client.get("/api/v1/settings").json()["changed"] == {"alarm": {"hold_s": 0.5}})
        site.show(BARE, "alert")


def test_snapshots_of_before_can_still_be_erased(site: Site) -> None:
    """Also where no more are taken."""
    folder = site.folder / "snapshots"
    folder.mkdir()
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.jpg"
    (folder / name).write_bytes(b"")
    with site.client() as client:
        assert client.get("/api/v1/snapshots").json() == {"enabled": False, "names": [name]}
        assert client.delete(f"/api/v1/snapshots/{name}").status_code == 204
        assert client.get("/api/v1/snapshots").json() == {"enabled": False, "names": []}


def test_faces_kept_for_labelling_can_be_seen_and_erased(site: Site) -> None:
    """Also where no more are kept; a name that leads elsewhere finds nothing; who erased is noted."""
    folder = site.folder / "uncertain"
    folder.mkdir()
    at = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    names = [f"{at}-m0200-without_mask-p0550.jpg", f"{at}-m0100-with_mask-p0550.jpg"]
    for name in names:
        (folder / name).write_bytes(b"face")
    with site.client() as client:
        assert client.get("/api/v1/uncertain").json() == {"until": None, "names": names}
        assert client.get(f"/api/v1/uncertain/{names[0]}").content == b"face"
        assert client.get("/api/v1/uncertain/maskgate.toml").status_code == 404
        assert client.delete(f"/api/v1/uncertain/{names[0]}").status_code == 204
        assert client.delete("/api/v1/uncertain").status_code == 204
        assert client.get("/api/v1/uncertain").json()["names"] == []
        site.write_events()
        told = [event["detail"] for event in client.get("/api/v1/events?kind=audit").json()["events"]]
    assert any("1 uncertain faces erased" in detail for detail in told)
    assert list(folder.iterdir()) == []
