"""Talking to systemd, listened to on real datagram sockets."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.cameras.camera import FRAME_TIMEOUT_S
from edge.host.systemd import CLOSE_WATCH_S, IDLE_STATUS_S, ServiceManager


class FakeClock:
    """Monotonic seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Listener:
    """systemd's end of the line."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self._socket.setblocking(False)
        self.address = address

    def messages(self) -> list[str]:
        """All that has arrived since the last call."""
        arrived = []
        while True:
            try:
                arrived.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return arrived

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=["path", "abstract"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Listener]:
    """A socket in the file system, and one in the abstract namespace."""
    opened = Listener(str(tmp_path / "notify") if request.param == "path" else f"@maskgate-test-{os.getpid()}")
    yield opened
    opened.close()


def test_messages(listener: Listener, clock: FakeClock) -> None:
    """The life of a service, as systemd is told of it."""
    with ServiceManager(listener.address, clock=clock) as manager:
        manager.ready("state=idle")
        manager.status("state=fault\nREADY=1")
        manager.reloading()
        manager.stopping()
    assert listener.messages() == [
        "READY=1\nSTATUS=state=idle",
        "STATUS=state=fault READY=1",
        "RELOADING=1\nMONOTONIC_USEC=1000000000",
        "STOPPING=1",
    ]


@pytest.mark.parametrize(
    ("watchdog_s", "expected"),
    [
        (30.0, [(0, "WATCHDOG=1\nSTATUS=frame 0"), (15, "WATCHDOG=1\nSTATUS=frame 15")]),
        (None, [(0, "STATUS=frame 0"), (10, "STATUS=frame 10"), (20, "STATUS=frame 20")]),
    ],
)
def test_beats(listener: Listener, clock: FakeClock, watchdog_s: float | None, expected: list[tuple[int, str]]) -> None:
    """Of a beat a second, one each half of the watchdog's interval is passed on; without one only the status is."""
    manager = ServiceManager(listener.address, watchdog_s=watchdog_s, clock=clock)
    heard = []
    for second in range(30):
        clock.now = 1000.0 + second
        manager.beat(lambda second=second: f"frame {second}")  # type: ignore[misc]
        heard += [(second, message) for message in listener.messages()]
    manager.close()
    assert heard == expected


def test_status_is_made_only_when_due(listener: Listener, clock: FakeClock) -> None:
    """A frame does not pay for a status line that nobody gets."""
    made = []
    manager = ServiceManager(listener.address, clock=clock)
    for _ in range(5):
        manager.beat(lambda: made.append("made") or "")  # type: ignore[func-returns-value]
    clock.now += IDLE_STATUS_S
    manager.beat(lambda: made.append("made") or "")  # type: ignore[func-returns-value]
    manager.close()
    assert len(made) == 2


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"WATCHDOG_USEC": "30000000"}, "WATCHDOG=1\nSTATUS=x"),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, "WATCHDOG=1\nSTATUS=x"),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, "STATUS=x"),
        ({"WATCHDOG_USEC": "0"}, "STATUS=x"),
        ({"WATCHDOG_USEC": "soon"}, "STATUS=x"),
        ({}, "STATUS=x"),
    ],
)
def test_environment(listener: Listener, environment: dict[str, str], expected: str) -> None:
    """A watchdog counts if it is ours and has an interval."""
    with ServiceManager.from_environment({"NOTIFY_SOCKET": listener.address, **environment}) as manager:
        manager.beat(lambda: "x")
    assert listener.messages() == [expected]


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:1234"}])
def test_nobody_listens(environment: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
    """Outside systemd every call does nothing, and says nothing."""
    manager = ServiceManager.from_environment(environment)
    manager.ready("x")
    manager.status("x")
    manager.reloading()
    manager.beat(lambda: pytest.fail("no status is needed"))
    manager.stopping()
    manager.close()
    assert caplog.records == []


def test_unreachable_socket_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A socket that went away is one warning, and the service goes on."""
    caplog.set_level(logging.DEBUG)
    with ServiceManager(str(tmp_path / "gone")) as manager:
        manager.ready("x")
        manager.status("x")
    assert [record.levelname for record in caplog.records] == ["WARNING", "DEBUG"]
    assert "systemd=unreachable" in caplog.text


def test_full_queue_does_not_block(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A thousand messages that nobody reads return at once, and the line works again once they are read."""
    listener = Listener(str(tmp_path / "notify"))
    with ServiceManager(listener.address) as manager:
        for _ in range(1000):
            manager.status("x")
        assert 0 < len(listener.messages()) < 1000
        manager.status("still here")
    assert listener.messages() == ["STATUS=still here"]
    listener.close()
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_lost_beat_is_sent_again(tmp_path: Path, clock: FakeClock) -> None:
    """A beat that found nobody is repeated a second later, not half an interval."""
    address = str(tmp_path / "notify")
    with ServiceManager(address, watchdog_s=30.0, clock=clock) as manager:
        manager.beat(lambda: "x")
        listener = Listener(address)
        manager.beat(lambda: "x")
        assert listener.messages() == []
        clock.now += 1
        manager.beat(lambda: "x")
        assert listener.messages() == ["WATCHDOG=1\nSTATUS=x"]
    listener.close()


def test_closed_twice(listener: Listener) -> None:
    """Closing again is allowed, and silences the line."""
    manager = ServiceManager(listener.address)
    manager.close()
    manager.close()
    manager.ready("x")
    assert listener.messages() == []


def test_an_open_door_is_watched_closely(listener: Listener, clock: FakeClock) -> None:
    """systemd is told a shorter time, and beats come as often as that needs; a reload takes its own time."""
    with ServiceManager(listener.address, watchdog_s=45.0, clock=clock) as manager:
        manager.watch_closely(True)
        manager.watch_closely(True)
        assert listener.messages() == ["WATCHDOG=1\nWATCHDOG_USEC=10000000"]
        silence_s = 0.0
        for _ in range(100):
            clock.now += 0.1
            silence_s += 0.1
            manager.beat(lambda: "")
            if listener.messages():
                # A camera that hangs from just before the next beat on is FAULT in time.
                assert silence_s + FRAME_TIMEOUT_S < CLOSE_WATCH_S
                silence_s = 0.0
        manager.reloading()
        assert listener.messages()[0] == "WATCHDOG=1\nWATCHDOG_USEC=45000000"
        manager.watch_closely(False)
        assert listener.messages() == []


def test_the_status_line_is_renewed_whatever_the_door_does(listener: Listener, clock: FakeClock) -> None:
    """A door that opens and closes all the time does not leave an old line standing; what matters is told at once."""
    with ServiceManager(listener.address, watchdog_s=45.0, clock=clock) as manager:
        manager.beat(lambda: "level=fault")
        told_at = clock.now
        for turn in range(100):
            clock.now += 0.1
            manager.watch_closely(turn // 20 % 2 == 0)
            manager.beat(lambda: "level=ok")
            if any("STATUS=level=ok" in message for message in listener.messages()):
                break
        assert clock.now - told_at < 45.0 / 2
        manager.renew_status()
        manager.beat(lambda: "level=degraded")
        assert listener.messages() == ["WATCHDOG=1\nSTATUS=level=degraded"]


def test_a_watchdog_that_is_short_or_none_stays_so(listener: Listener, clock: FakeClock) -> None:
    """Only the unit may say that it watches, and more closely than the kiosk asks for."""
    with ServiceManager(listener.address, clock=clock) as manager:
        manager.watch_closely(True)
        assert listener.messages() == []
    with ServiceManager(listener.address, watchdog_s=2.0, clock=clock) as manager:
        manager.watch_closely(True)
        assert listener.messages() == ["WATCHDOG=1\nWATCHDOG_USEC=2000000"]
