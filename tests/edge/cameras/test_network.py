"""Network cameras: what they send is seen, and what they refuse is named."""

from __future__ import annotations

import base64
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import cv2
import numpy as np
import pytest

from edge.cameras.capture import CameraSettings
from edge.cameras.network import open_network
from edge.errors import CameraError, CameraRefusedError
from edge.host.addresses import public_name
from tests.network_camera import free_port

NOISE = np.random.default_rng(0).integers(0, 256, (3, 48, 64, 3), np.uint8)
JPEGS = [cv2.imencode(".jpg", picture)[1].tobytes() for picture in NOISE]

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """The address of a server that answers so, on the loopback interface."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


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
    *, first: bytes = b"--b\r\n", head: str = "Content-Type: image/jpeg\r\n\r\n", between: bytes = b"\r\n--b\r\n"
) -> Answer:
    """Motion JPEG as this or that firmware writes it."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "multipart/x-mixed-replace; boundary=b")
        request.end_headers()
        request.wfile.write(first)
        for jpeg in JPEGS:
            request.wfile.write(head.replace("LENGTH", str(len(jpeg))).encode() + jpeg + between)

    return answer


@pytest.mark.parametrize(
    "answer",
    [
        motion_jpeg(),
        motion_jpeg(head="Content-Type: image/jpeg\r\nContent-Length: LENGTH\r\n\r\n"),
        motion_jpeg(first=b""),
        motion_jpeg(first=b"", head="", between=b""),
        motion_jpeg(between=b"\r\n----another\r\n", head="content-length:LENGTH\r\n\r\n"),
        motion_jpeg(between=b"\xff\xd8\xff\xe0\x00\x10damaged\r\n--b\r\n"),
    ],
    ids=["plain", "length", "no-first-boundary", "bare", "another-boundary", "damage-between"],
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
