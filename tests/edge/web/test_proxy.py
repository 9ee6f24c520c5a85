"""Behind a real nginx, set up as docs/web.md says."""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.edge.web.conftest import BARE, PASSWORD, Site
from tests.network_camera import free_port

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
PAGE = Path(__file__).resolve().parents[3] / "docs/web.md"

pytestmark = pytest.mark.skipif(NGINX is None, reason="NOT TESTED: nginx is missing (apt install nginx-light)")


def configuration(folder: Path, port: int, site: Site) -> str:
    """The page's example, with the addresses and files of this test."""
    [example] = re.findall(r"```nginx\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    for before, after in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("/etc/ssl/door", str(folder / "door")),
        ("http://127.0.0.1:8080", site.url),
    ):
        assert before in example
        example = example.replace(before, after)
    places = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return f"pid {folder}/nginx.pid; daemon off; events {{}} http {{ access_log off; {places}\n{example}\n}}"


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    """A kiosk that believes the proxy on its own machine."""
    return make_site(trusted_proxies=["127.0.0.1"])


@pytest.fixture
def proxy(site: Site, tmp_path: Path) -> Iterator[str]:
    """Its address."""
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=door.example.org"
    command += f" -addext subjectAltName=IP:127.0.0.1 -out {tmp_path}/door.pem -keyout {tmp_path}/door.key"
    subprocess.run(command.split(), check=True, capture_output=True)
    port = free_port()
    (tmp_path / "nginx.conf").write_text(configuration(tmp_path, port, site))
    assert NGINX is not None
    log = tmp_path / "nginx.log"
    nginx = subprocess.Popen([NGINX, "-c", tmp_path / "nginx.conf", "-e", log, "-p", tmp_path])
    url = f"https://127.0.0.1:{port}"

    def is_up() -> bool:
        assert nginx.poll() is None, log.read_text()
        try:
            return httpx.get(f"{url}/healthz", verify=trusting(tmp_path)).status_code == 200
        except httpx.TransportError:
            return False

    try:
        site.wait(is_up)
        yield url
    finally:
        nginx.terminate()
        nginx.wait(10)


def trusting(folder: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(folder / "door.pem"))


def browser(proxy: str, folder: Path, address: str = "127.0.0.1", **headers: str) -> httpx.Client:
    """A visitor who comes from an address of this machine's."""
    transport = httpx.HTTPTransport(verify=trusting(folder), local_address=address)
    return httpx.Client(base_url=proxy, transport=transport, headers={"Origin": proxy, **headers})


def test_the_pages_work_through_the_proxy(proxy: str, site: Site, tmp_path: Path) -> None:
    """Cookies are bound to https, changes pass the check of their origin, and news come at once."""
    with browser(proxy, tmp_path) as client:
        answer = client.post("/login", data={"password": PASSWORD})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert answer.headers["set-cookie"].startswith("__Host-maskgate=")
        assert "Secure" in answer.headers["set-cookie"]
        page = client.get("/").text
        token = page.partition('<meta name="csrf" content="')[2].partition('"')[0]
        muted = client.post("/api/v1/mute", json={"seconds": 5}, headers={"X-CSRF-Token": token})
        assert muted.status_code == 204
        with client.stream("GET", "/api/v1/stream") as stream:
            lines = stream.iter_lines()
            assert '"state":"idle"' in next(lines)
            site.show(BARE, "alert")
            shown_at = time.monotonic()
            assert next(line for line in lines if '"state":"alert"' in line)
            assert time.monotonic() - shown_at < 1.0
        with client.stream("GET", "/api/v1/picture.mjpeg") as stream:
            received = b""
            for part in stream.iter_raw():
                received += part
                if received.count(b"--picture") >= 3:
                    break


def test_the_proxy_tells_who_guesses(proxy: str, tmp_path: Path) -> None:
    """One who is locked out locks out nobody else, and hides behind no header."""
    with browser(proxy, tmp_path, **{"X-Forwarded-For": "192.0.2.1"}) as guesser:
        for _ in range(5):
            assert guesser.post("/login", data={"password": "wrong guess"}).status_code == 403
        guesser.headers["X-Forwarded-For"] = "192.0.2.2"
        assert guesser.post("/login", data={"password": PASSWORD}).status_code == 429
    with browser(proxy, tmp_path, address="127.0.0.2") as client:
        assert client.post("/login", data={"password": PASSWORD}).status_code == 303
