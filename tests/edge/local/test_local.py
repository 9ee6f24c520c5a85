"""The service's own socket: who may ask, what is answered, and what is not."""

from __future__ import annotations

import json
import os
import socket
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from edge.errors import MaskgateError, SignalError, UsageError
from edge.local.answers import seconds
from edge.local.client import ask_service
from edge.local.server import NAME, LocalServer


def _refuse(_asked: Mapping[str, Any]) -> Mapping[str, Any]:
    raise SignalError("GPIO 17 (green): cannot be driven")


def _break(_asked: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"never": 1 / 0}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LocalServer]:
    """One that answers, refuses, and breaks."""
    server = LocalServer(
        tmp_path,
        {"double": lambda asked: {"value": 2 * asked["value"]}, "refuse": _refuse, "break": _break},
    )
    yield server
    server.close()


@pytest.mark.usefixtures("server")
def test_a_question_is_answered(tmp_path: Path) -> None:
    """As often as it is asked."""
    assert [ask_service("double", tmp_path, value=number) for number in (1, 2)] == [{"value": 2}, {"value": 4}]


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("question", "values", "why"),
    [
        ("refuse", {}, "GPIO 17"),
        ("double", {}, "value: is not known"),
        ("sing", {}, "sing: is not known; was Maskgate upgraded"),
        ("break", {}, "ZeroDivisionError: division by zero; see the service's log"),
    ],
)
def test_a_refusal_says_why(tmp_path: Path, question: str, values: dict[str, object], why: str) -> None:
    """In one line, whatever goes wrong; the next question is answered."""
    with pytest.raises(MaskgateError, match=why):
        ask_service(question, tmp_path, **values)
    assert ask_service("double", tmp_path, value=3) == {"value": 6}


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    "line",
    [b"\n", b"[]\n", b"{\n", b"\xff\xfe\n", b"", b"x" * 10000, b"[" * 4000 + b"\n", b'{"ask": ["double"]}\n'],
)
def test_nonsense_is_refused(tmp_path: Path, line: bytes) -> None:
    """What is no line of JSON, or none that ends."""
    with socket.socket(socket.AF_UNIX) as asking:
        asking.connect(str(tmp_path / NAME))
        asking.sendall(line)
        asking.shutdown(socket.SHUT_WR)
        assert "error" in json.loads(asking.makefile().readline())


def test_who_asks_byte_by_byte_is_hung_up_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often a byte comes: there is room for eight at a time, and a technician waits."""
    monkeypatch.setattr("edge.local.server.PATIENCE_S", 0.3)
    server = LocalServer(tmp_path, {"double": lambda asked: {"value": 2 * asked["value"]}})
    with closing(server), socket.socket(socket.AF_UNIX) as slow:
        slow.connect(str(tmp_path / NAME))
        slow.settimeout(0.1)
        began = time.monotonic()
        told = None
        while told is None and time.monotonic() - began < 10:
            try:
                slow.sendall(b"x")
                told = slow.recv(1)
            except TimeoutError:
                continue
            except OSError:
                told = b""
        assert told == b""
        assert ask_service("double", tmp_path, value=3) == {"value": 6}


@pytest.mark.parametrize("wanted", [0, -1, float("nan"), float("inf"), "long", None, [1], 10**400])
def test_a_length_is_a_number_above_nothing(wanted: object) -> None:
    """A set-up without an end would show faces for ever."""
    with pytest.raises(UsageError, match="seconds: expected a number above 0"):
        seconds({"seconds": wanted})
    assert seconds({"seconds": 60}) == 60


def test_root_and_the_services_group_may_ask(server: LocalServer, tmp_path: Path) -> None:
    """Nobody else: whoever may ask may have the door opened."""
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o660


@pytest.mark.skipif(os.geteuid() != 0, reason="NOT TESTED: wants root, to ask as somebody else")
def test_others_are_told_to_use_sudo(server: LocalServer, tmp_path: Path) -> None:
    """A user without the right is told so, rather than that no service runs."""
    tmp_path.chmod(0o755)
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        try:
            ask_service("double", tmp_path, value=1)
        except UsageError:
            os._exit(7)
        os._exit(0)
    # Folders above may be root's alone as well: the answer is the same.
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_no_service_is_no_error(tmp_path: Path) -> None:
    """Neither without a socket, nor with one that a killed service left, which the next one replaces."""
    assert ask_service("double", tmp_path, value=1) is None
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / NAME))
    assert ask_service("double", tmp_path, value=1) is None
    server = LocalServer(tmp_path, {"double": lambda asked: {"value": 2}})
    assert ask_service("double", tmp_path) == {"value": 2}
    server.close()
    server.close()
    assert not (tmp_path / NAME).exists()
