"""Network cameras: what they send is seen, and what they refuse is named."""

from __future__ import annotations

import base64
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Thread

import cv2
import numpy as np
import pytest

from edge.cameras.capture import CameraSettings
from edge.cameras.network import open_network
from edge.cameras.source import parse_source
from edge.errors import CameraError, CameraRefusedError
from edge.host.addresses import public_name
from tests.network_camera import free_port

NOISE = np.random.default_rng(0).integers(0, 256, (3, 48, 64, 3), np.uint8)
JPEGS = [cv2.imencode(".jpg", picture)[1].tobytes() for picture in NOISE]

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serving(answer: Answer, ssl_context: ssl.SSLContext | None = None) -> Iterator[str]:
    """The address of a server that answers so, on the loopback interface."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if ssl_context is not None:
        server.socket = ssl_context.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate as a camera makes its own, and its key."""
    made = folder / "certificate.pem", folder / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=camera"
    subprocess.run([*command.split(), "-out", made[0], "-keyout", made[1]], check=True, capture_output=True, timeout=60)
    return made


def decoded(jpeg: bytes) -> np.ndarray:
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return image


def shots(url: str, count: int, settings: CameraSettings | None = None) -> list[np.ndarray]:
    """Pictures of a camera."""
    with closing(open_network(url, public_name(url), settings or CameraSettings())) as capture:
        taken = [capture.read() for _ in range(count)]
    return [shot.image for shot in taken if shot is not None]


def reply(kind: str, body: bytes = b"", status: int = 200) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


def motion_jpeg(
    *,
    first: bytes = b"--b\r\n",
    head: str = "Content-Type: image/jpeg\r\n\r\n",
    between: bytes = b"\r\n--b\r\n",
    kind: str = "multipart/x-mixed-replace; boundary=b",
    chunk: int = 0,
) -> Answer:
    """Motion JPEG as this or that firmware writes it; in chunks of so many bytes (RFC 9112, 7.1), if any."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.protocol_version = "HTTP/1.1" if chunk else "HTTP/1.0"
        request.send_response(200)
        if kind:
            request.send_header("Content-Type", kind)
        if chunk:
            request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        parts = [head.replace("LENGTH", str(len(jpeg))).encode() + jpeg + between for jpeg in JPEGS]
        body = first + b"".join(parts)
        if chunk:
            pieces = [body[at : at + chunk] for at in range(0, len(body), chunk)]
            body = b"".join(b"%x;name=value\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
        request.wfile.write(body)

    return answer


FIRMWARE = ["plain", "length", "no-first-boundary", "bare", "another-boundary", "damage-between", "quotes", "no-dashes"]
FIRMWARE += ["none-announced", "chunked", "chunked-bare"]


@pytest.mark.parametrize(
    "answer",
    [
        motion_jpeg(),
        motion_jpeg(head="Content-Type: image/jpeg\r\nContent-Length: LENGTH\r\n\r\n"),
        motion_jpeg(first=b""),
        motion_jpeg(first=b"", head="", between=b""),
        motion_jpeg(between=b"\r\n----another\r\n", head="content-length:LENGTH\r\n\r\n"),
        motion_jpeg(between=b"\xff\xd8\xff\xe0\x00\x10damaged\r\n--b\r\n"),
        motion_jpeg(kind='multipart/x-mixed-replace; boundary="--b"'),
        motion_jpeg(kind="multipart/x-mixed-replace;boundary=b;", first=b"b\r\n", between=b"\r\nb\r\n"),
        motion_jpeg(kind="Multipart/X-Mixed-Replace"),
        motion_jpeg(chunk=100),
        motion_jpeg(chunk=100, first=b"", head="", between=b""),
    ],
    ids=FIRMWARE,
)
def test_motion_jpeg_of_every_firmware(answer: Answer) -> None:
    """With and without boundaries and lengths; a damaged picture loses at most the next one."""
    with serving(answer) as address:
        taken = shots(f"http://{address}/s", 4)
    assert np.array_equal(taken[0], decoded(JPEGS[0]))
    assert len(taken) >= 2


def test_an_address_of_one_picture_is_asked_again_and_again() -> None:
    """As many doorbells have it: `camera.fps` pictures a second, at most."""
    asked = iter([JPEGS[0], *JPEGS])

    def answer(request: BaseHTTPRequestHandler) -> None:
        reply("image/jpeg", next(asked))(request)

    with serving(answer) as address:
        taken = shots(f"http://{address}/snap.jpg", 3, CameraSettings(fps=100))
    assert [int(image.sum()) for image in taken] == [int(decoded(jpeg).sum()) for jpeg in JPEGS]


@pytest.mark.parametrize("trouble", ["busy", "cut", "silent", "web page"])
def test_an_answer_without_a_picture_now_and_then_is_passed_over(trouble: str) -> None:
    """A camera that is busy for a moment is not lost, and the pictures go on."""
    bad: dict[str, Answer] = {
        "busy": reply("text/plain", status=503),
        "cut": reply("image/jpeg", JPEGS[0][:500]),
        "silent": lambda request: request.connection.shutdown(socket.SHUT_RDWR),
        "web page": reply("text/html", b"<html>Busy"),
    }
    asked = count()

    def answer(request: BaseHTTPRequestHandler) -> None:
        (bad[trouble] if next(asked) % 3 == 2 else reply("image/jpeg", JPEGS[0]))(request)

    with serving(answer) as address:
        assert len(shots(f"http://{address}/snap.jpg", 6, CameraSettings(fps=100))) == 6


def test_a_camera_that_is_busy_for_good_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """After its patience, and by what it says."""
    monkeypatch.setattr("edge.cameras.http.PATIENCE_S", 0.5)
    asked = count()

    def answer(request: BaseHTTPRequestHandler) -> None:
        (reply("image/jpeg", JPEGS[0]) if next(asked) < 2 else reply("text/plain", status=503))(request)

    with serving(answer) as address, pytest.raises(CameraError, match=r"is busy \(503\)"):
        shots(f"http://{address}/snap.jpg", 2, CameraSettings(fps=100))
    assert next(asked) > 3


def to(address: str, status: int = 302) -> Answer:
    """Sends whoever asks on to another address."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Location", address)
        request.end_headers()

    return answer


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_keeps_the_password_for_its_host(status: int) -> None:
    """As from HTTP to HTTPS, which is another port; another host does not get it."""
    with serving(basic("door", "secret")) as address, serving(to(f"http://{address}/s", status)) as asked:
        assert len(shots(f"http://door:secret@{asked}/s", 1)) == 1
        with pytest.raises(CameraRefusedError):
            shots(f"http://door:secret@{asked.replace('127.0.0.1', 'localhost')}/s", 1)


def test_from_http_to_https(tmp_path: Path) -> None:
    """With a certificate of the camera's own, and the password."""
    ssl_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ssl_context.load_cert_chain(*self_signed(tmp_path))
    with (
        serving(basic("door", "secret"), ssl_context) as address,
        serving(to(f"https://{address}/s", 301)) as asked,
        serving(basic("door", "secret")) as plain,
        serving(to(f"http://{plain}/s"), ssl_context) as downgrading,
    ):
        assert len(shots(f"http://door:secret@{asked}/s", 1)) == 1
        with pytest.raises(CameraRefusedError):
            shots(f"https://door:secret@{downgrading}/s", 1)


@pytest.mark.parametrize("address", ["/s", "", "rtsp://cam/1", "file:///etc/hostname"])
def test_a_redirect_to_nowhere_is_named(address: str) -> None:
    """In a circle, or to what is no web address."""
    with serving(to(address)) as asked, pytest.raises(CameraError, match="sends on in a circle, or to no web address"):
        shots(f"http://{asked}/s", 1)


def basic(user: str, password: str) -> Answer:
    """A camera that wants this user."""
    wanted = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def answer(request: BaseHTTPRequestHandler) -> None:
        if request.headers.get("Authorization") == wanted:
            motion_jpeg()(request)
            return
        request.send_response(401)
        request.send_header("WWW-Authenticate", 'Basic realm="camera"')
        request.end_headers()

    return answer


def test_a_password_is_sent_where_it_is_wanted() -> None:
    """Signs that an address must write as numbers included; and it is not sent in the address."""
    with serving(basic("door", "p@ss:w/rd")) as address:
        assert len(shots(f"http://door:p%40ss%3Aw%2Frd@{address}/s", 1)) == 1


@pytest.mark.parametrize("user", ["", "door:wrong@"])
def test_a_wrong_password_is_named(user: str) -> None:
    """As one that may be tried again later only."""
    with serving(basic("door", "secret")) as address, pytest.raises(CameraRefusedError, match=r"\(401\)") as caught:
        shots(f"http://{user}{address}/s", 1)
    assert "wrong" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (reply("text/html", b"<html>Log in"), "is a web page, not a stream"),
        (reply("application/octet-stream", b"<!DOCTYPE html><html>Log in"), "is a web page, not"),
        (reply("image/jpeg", b"\r\n<html>Log in"), "is a web page"),
        (reply("application/json", b'{"error": "session"}'), r"answers with text \(application/json\)"),
        (reply("text/xml", b'<?xml version="1.0"?><fault/>'), r"answers with text \(text/xml\)"),
        (reply("image/jpeg"), "sends nothing"),
        (lambda request: request.connection.shutdown(socket.SHUT_RDWR), "ends the connection without an answer"),
        (reply("text/plain", status=404), r"has no such page \(404\)"),
        (reply("text/plain", status=503), r"is busy \(503\)"),
        (reply("text/plain", status=500), "answers with error 500"),
        (reply("image/jpeg", b"nothing"), "sends no pictures that can be decoded"),
        (reply("video/mp4", b"nothing" * 99), "stream that cannot be decoded"),
    ],
)
def test_what_a_server_says_instead_is_named(answer: Answer, cause: str) -> None:
    """Not cable, address and a group of users."""
    with serving(answer) as address, pytest.raises(CameraError, match=cause):
        shots(f"http://{address}/s", 1)


@pytest.mark.parametrize("scheme", ["rtsp", "http", "https", "rtmp"])
def test_a_closed_port_is_named(scheme: str) -> None:
    """Whatever the protocol."""
    port = free_port()
    with pytest.raises(CameraError, match=f"nothing listens on port {port}"):
        shots(f"{scheme}://127.0.0.1:{port}/s", 1)


def test_a_name_nobody_has_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """From an address that does not answer."""

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(CameraError, match="no host is called camera"):
        shots("rtsp://camera/1", 1)


@pytest.mark.parametrize(
    ("status", "cause", "kind"),
    [
        ("401 Unauthorized", r"\(401\)", CameraRefusedError),
        ("403 Forbidden", r"\(403\)", CameraRefusedError),
        ("404 Not Found", r"no such stream \(404\)", CameraError),
        ("454 Session Not Found", "refuses the stream", CameraError),
        ("", "stream that cannot be decoded|refuses the stream", CameraError),
    ],
)
def test_what_an_rtsp_server_refuses_is_named(status: str, cause: str, kind: type[Exception]) -> None:
    """By its own status; the password is never part of it."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]

        def serve() -> None:
            try:
                while True:
                    with closing(listener.accept()[0]) as client:
                        while status and (request := client.recv(4096)):
                            number = request.partition(b"CSeq: ")[2].partition(b"\r\n")[0].decode()
                            answer = "200 OK\r\nPublic: DESCRIBE" if request.startswith(b"OPTIONS") else status
                            client.sendall(f"RTSP/1.0 {answer}\r\nCSeq: {number}\r\n\r\n".encode())
            except OSError:
                return

        Thread(target=serve, daemon=True).start()
        with pytest.raises(kind, match=cause) as caught:
            shots(f"rtsp://door:secret@127.0.0.1:{port}/1", 1)
    assert "secret" not in str(caught.value)


def test_settings_that_cannot_be_asked_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody should wonder why a setting does nothing."""
    with serving(motion_jpeg()) as address:
        shots(f"http://user:secret@{address}/s", 1, CameraSettings(width=640, gain=2))
    assert "ignored=width,gain " in caplog.text
    assert "secret" not in caplog.text


def test_of_single_pictures_the_rate_can_be_asked(caplog: pytest.LogCaptureFixture) -> None:
    """It says how often they are fetched, and so is not ignored."""
    with serving(reply("image/jpeg", JPEGS[0])) as address:
        shots(f"http://{address}/s", 1, CameraSettings(fps=9, gain=2))
    assert "ignored=gain " in caplog.text


@pytest.mark.parametrize("password", ["p@ss:w", "p%40ss%3Aw", "p@ss%3Aw"])
def test_a_password_of_signs_reaches_an_rtsp_camera(password: str) -> None:
    """Written as it is, or by numbers."""
    seen = []
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            listener.accept()[0].close()  # looks whether anybody listens
            with closing(listener.accept()[0]) as client:
                while request := client.recv(4096):
                    number = request.partition(b"CSeq: ")[2].partition(b"\r\n")[0].decode()
                    login = request.partition(b"Authorization: Basic ")[2].partition(b"\r\n")[0]
                    seen.append(base64.b64decode(login).decode())
                    answer = "404 Not Found" if login else '401 Unauthorized\r\nWWW-Authenticate: Basic realm="x"'
                    client.sendall(f"RTSP/1.0 {answer}\r\nCSeq: {number}\r\n\r\n".encode())

        Thread(target=serve, daemon=True).start()
        source = parse_source(f"rtsp://door:{password}@127.0.0.1:{listener.getsockname()[1]}/1")
        with pytest.raises(CameraError, match="404"):
            shots(source.address, 1)
    assert seen[-1] == "door:p@ss:w"
