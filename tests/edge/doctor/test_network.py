"""A network camera is gone through step by step, up to what fails."""

from __future__ import annotations

import json
import socket
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from edge.cameras.capture import CameraSettings
from edge.cameras.source import parse_source
from edge.commands.main import cli
from edge.doctor import network
from edge.doctor.finding import Finding, Level
from edge.doctor.network import look_at_network_camera
from edge.types import Image
from tests.edge.cameras.test_network import Answer, reply, serving
from tests.network_camera import free_port

NOISE = np.random.default_rng(0).integers(0, 256, (30, 48, 64, 3), np.uint8)


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Watch for half a second."""
    monkeypatch.setattr(network, "WATCHED_S", 0.5)


def jpeg(image: Image) -> bytes:
    return cv2.imencode(".jpg", image)[1].tobytes()


def stream(*pictures: bytes, fps: float = 20) -> Answer:
    """Motion JPEG, for as long as somebody looks."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "multipart/x-mixed-replace; boundary=b")
        request.end_headers()
        for number in range(10_000):
            try:
                request.wfile.write(b"--b\r\n\r\n" + pictures[number % len(pictures)] + b"\r\n")
            except OSError:
                return
            time.sleep(1 / fps)

    return answer


def unauthorised(request: BaseHTTPRequestHandler) -> None:
    request.send_response(401)
    request.send_header("WWW-Authenticate", 'Basic realm="camera"')
    request.send_header("Content-Length", "0")
    request.end_headers()


def steps(url: str) -> list[Finding]:
    return list(look_at_network_camera(parse_source(url), CameraSettings()))


def test_a_camera_that_is_well_passes_every_step() -> None:
    """With what it serves, its size, and how many pictures came."""
    with serving(stream(*map(jpeg, NOISE))) as host:
        findings = steps(f"http://{host}/s")
    assert [finding.name for finding in findings] == [
        "address", "name", "connect", "login", "stream", "picture", "pictures",
    ]  # fmt: skip
    assert {finding.level for finding in findings} == {Level.OK}
    assert findings[4].text == "Motion JPEG over HTTP"
    assert findings[5].text.startswith("64x48, after ")


SERVED = [
    (stream(jpeg(np.zeros((48, 64, 3), np.uint8))), "picture", "black all over", "choose H.264"),
    (stream(jpeg(np.full((48, 64, 3), (0, 135, 0), np.uint8))), "picture", "green all over", "choose H.264"),
    (stream(jpeg(NOISE[0])), "pictures", "all the same to the bit", "move before the camera"),
    (stream(*map(jpeg, NOISE), fps=3), "pictures", " a second", "5 or more"),
    (stream(*map(jpeg, NOISE[:3]), b"\xff\xd8\xff\xe0\x00\x10broken"), "pictures", "damaged", "cable in place"),
    (unauthorised, "login", "rejects the user name or password (401)", "check camera.source"),
    (reply("text/html", b"<html>"), "stream", "is a web page", "manual"),
    (reply("text/plain", status=404), "stream", "(404)", "path"),
]


@pytest.mark.parametrize(("answer", "step", "text", "remedy"), SERVED, ids=[f"{row[1]}: {row[2]}" for row in SERVED])
def test_what_is_wrong_is_told_where_it_is(answer: Answer, step: str, text: str, remedy: str) -> None:
    """By the step that it concerns, with a remedy; all before it is well."""
    with serving(answer) as host:
        findings = steps(f"http://admin:S3cretPW@{host}/s")
    wrong = next(finding for finding in findings if finding.level is not Level.OK)
    assert wrong.name == step
    assert text in wrong.text
    assert remedy in wrong.remedy
    assert not [finding for finding in findings if "S3cretPW" in finding.as_text()]
    assert wrong.level is Level.WARN or findings[-1] is wrong


def test_a_port_and_a_name_that_nobody_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing after them is tried."""
    assert [(f.name, f.level) for f in steps(f"rtsp://127.0.0.1:{free_port()}/s")][2:] == [("connect", Level.FAIL)]

    def nobody(*_: object, **__: object) -> None:
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    *_, last = steps("rtsp://nobody.invalid/s")
    assert (last.name, last.level, last.text) == ("name", Level.FAIL, "no host is called nobody.invalid")


def test_a_server_without_tls() -> None:
    """Is told before any password is sent."""
    with serving(reply("text/plain")) as host:
        *_, last = steps(f"https://admin:S3cretPW@{host}/s")
    assert (last.name, last.level) == ("tls", Level.FAIL)
    assert "http://" in last.remedy


def test_the_command(tmp_path: Path) -> None:
    """As lines, and as JSON; a failed step is the exit code's. Only a network camera has such steps."""
    with serving(stream(*map(jpeg, NOISE))) as host:
        asked = ["doctor", "--state", str(tmp_path), "--camera", f"http://{host}/s", "--json"]
        answer = CliRunner().invoke(cli, asked)
        assert answer.exit_code == 0
        assert json.loads(answer.stdout)["ok"] is True
        assert len(json.loads(answer.stdout)["findings"]) == 7
    refused = CliRunner().invoke(cli, ["doctor", "--state", str(tmp_path), "--camera", f"http://{host}/s"])
    assert "fail connect" in refused.stdout
    assert refused.exit_code != 0
    other = CliRunner().invoke(cli, ["doctor", "--state", str(tmp_path), "--camera", "usb:0"])
    assert "expected the address of a network camera" in str(other.exception)
