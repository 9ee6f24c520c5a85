"""Runs a soak: starts the kiosk, has everything fail as planned, and writes down what it did and what it cost."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

from tests.machines.soak.plan import WITHIN, Fault
from tests.machines.soak.surroundings import Surroundings
from tests.machines.soak.viewers import Viewers

ROOT = Path(__file__).resolve().parents[3]
UNIT = ROOT / "systemd" / "maskgate.service"

Record = dict[str, Any]

STUCK_S = 120.0
"""Without a word from the kiosk for so long it is given up."""

RECOVERY_S = 120.0
"""After the last fault health is well again by then; the longest pause before the broker is tried again is a minute."""


def watchdog_s() -> float:
    """Silence after which systemd would kill the kiosk, as the unit has it."""
    found = re.search(r"^WatchdogSec=(\d+)$", UNIT.read_text(), re.MULTILINE)
    assert found is not None
    return float(found[1])


def unit_environment() -> dict[str, str]:
    """Variables that the unit sets, those apart that name the service's folders."""
    lines = re.findall(r"^Environment=(.+)$", UNIT.read_text(), re.MULTILINE)
    words = [word for line in lines for word in line.split() if "%" not in word]
    return dict(word.split("=", 1) for word in words)


@dataclass(frozen=True, slots=True)
class Sample:
    """What the kiosk's process holds: at a media time, after so many real seconds and frames.

    `at_rest` if nothing is broken then, and health is well again after what was.
    """

    at_s: float
    real_s: float
    frames: int
    rss_kb: int
    used_kb: int
    descriptors: int
    threads: int
    wal_kb: int
    at_rest: bool


@dataclass(frozen=True, slots=True)
class Done:
    """A fault that was made, from and to which media time.

    A camera's lasts from the last picture before it, which is what a door stands by that hears no more, until it shows
    pictures again.
    """

    fault: Fault
    since_s: float
    over_s: float


@dataclass(frozen=True, slots=True)
class Reload:
    """A configuration that was read again, between two pictures.

    The lines that it exchanges are told to be off with the time of the first; the second is seen by the new one.
    """

    since_s: float
    over_s: float


@dataclass(slots=True)
class Outcome:
    """All that was heard of a run, in order."""

    changes: list[Record] = field(default_factory=list)
    faults: list[Done] = field(default_factory=list)
    reloads: list[Reload] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    beats: list[float] = field(default_factory=list)
    """When the watchdog was told, and when the kiosk was ready and stopping: monotonic seconds."""
    level: str | None = None
    """Health at the end."""
    took_s: float = 0.0
    exit_code: int | None = None
    log: list[str] = field(default_factory=list)


class ServiceManager:
    """systemd's end of the line: a real socket, and when each beat came."""

    def __init__(self, path: Path) -> None:
        self.beats: list[float] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self.environment = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": f"{watchdog_s() * 1e6:.0f}"}
        self._thread = Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        while message := self._socket.recv(4096):
            if re.search(rb"^(WATCHDOG|READY|STOPPING)=1$", message, re.MULTILINE):
                self.beats.append(time.monotonic())

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RD)
        self._thread.join()
        self._socket.close()


class Process:
    """The kiosk's process, the lines it told and its log; both come through pipes, which no full disk holds up."""

    def __init__(self, orders: Path, environment: dict[str, str]) -> None:
        self.lines: Queue[Record | None] = Queue()
        self.log: list[str] = []
        command = [sys.executable, "-m", "tests.machines.soak.kiosk", str(orders)]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | unit_environment() | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._threads = [Thread(target=self._listen), Thread(target=self._read_log)]
        for thread in self._threads:
            thread.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(json.loads(line))
        self.lines.put(None)

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        self.log.extend(line.rstrip() for line in self.process.stderr)

    def next(self, timeout_s: float) -> Record | None:
        """The next line; None if there is none yet.

        Raises:
            AssertionError: if the kiosk has ended.
        """
        try:
            record = self.lines.get(timeout=timeout_s)
        except Empty:
            return None
        assert record is not None, "\n".join(["the kiosk ended by itself:", *self.log[-40:]])
        return record

    def abort(self) -> None:
        """It hangs: have it tell where.

        Raises:
            AssertionError: always.
        """
        self.process.send_signal(signal.SIGABRT)
        self.process.wait()
        for thread in self._threads:
            thread.join()
        raise AssertionError("\n".join(["the kiosk says nothing any more:", *self.log]))

    def rest(self) -> Iterator[Record]:
        """What is told until the end."""
        while (record := self.lines.get(timeout=STUCK_S)) is not None:
            yield record

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for thread in self._threads:
            thread.join()
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()


def replay(orders: Record, folder: Path) -> list[Record]:
    """Every change of a replay without faults: what the door should do."""
    config = folder / "replay.toml"
    config.write_text('[signals]\ndriver = "mock"\namber = 6\nrelay = 5\n')
    path = folder / "replay.json"
    path.write_text(json.dumps(orders | {"replay": True, "faults": [], "config": str(config)}))
    with ExitStack() as stack:
        process = Process(path, {})
        stack.callback(process.close)
        return [record for record in process.rest() if record["event"] in ("state", "pin")]


class Soak:
    """One run with faults.

    Args:
        orders: for the kiosk: `film`, `seed`, `media_s`.
        faults: in order.
        folder: for files; also the service's state folder.
        surroundings, viewers: what is around it.
    """

    def __init__(
        self,
        orders: Record,
        faults: tuple[Fault, ...],
        folder: Path,
        surroundings: Surroundings,
        viewers: Viewers,
    ) -> None:
        self.outcome = Outcome()
        self._surroundings = surroundings
        self._viewers = viewers
        self._media_s: float = orders["media_s"]
        self._waiting = deque(fault for fault in faults if fault.kind not in WITHIN)
        self._within = [fault for fault in faults if fault.kind in WITHIN]
        self._running: list[tuple[Fault, AbstractContextManager[None], float]] = []
        self._orders = folder / "orders.json"
        mine = [fault.as_record() for fault in self._within]
        self._orders.write_text(
            json.dumps(orders | {"replay": False, "faults": mine, "config": str(surroundings.config)})
        )
        self._folder = folder
        self._at_s = 0.0
        self._heard_at = time.monotonic()

    def run(self) -> Outcome:
        """From the start to the end of the kiosk."""
        began = time.monotonic()
        with ExitStack() as stack:
            manager = ServiceManager(self._folder / "notify")
            stack.callback(manager.close)
            environment = manager.environment | self._surroundings.environment
            process = Process(self._orders, environment | {"STATE_DIRECTORY": str(self._folder)})
            stack.callback(process.close)
            self._surroundings.process_id = process.process.pid
            self._wait(process, lambda: self._viewers.level() is not None)
            with self._viewers:
                self._wait(process, lambda: self._at_s >= self._media_s and not self._waiting and not self._running)
                self.outcome.took_s = time.monotonic() - began
                self._wait(process, lambda: self._viewers.level() == "ok", RECOVERY_S)
                self.outcome.level = self._viewers.level()
            process.process.send_signal(signal.SIGTERM)
            for record in process.rest():
                self._hear(record)
            self.outcome.exit_code = process.process.wait(STUCK_S)
            self.outcome.beats = manager.beats
        self.outcome.log = process.log
        return self.outcome

    def _wait(self, process: Process, is_so: Callable[[], bool], timeout_s: float | None = None) -> None:
        """Listen, and have things fail, until something is so, or for `timeout_s` at most."""
        until = None if timeout_s is None else time.monotonic() + timeout_s
        while not is_so() and (until is None or time.monotonic() < until):
            record = process.next(0.05)
            if record is not None:
                self._hear(record)
            if time.monotonic() - self._heard_at > STUCK_S:
                process.abort()
            self._break_and_mend()

    def _hear(self, record: Record) -> None:
        self._heard_at = time.monotonic()
        event, at_s = record["event"], record["at"]
        if event in ("state", "pin"):
            self.outcome.changes.append(record)
        elif event == "reloaded":
            self.outcome.reloads.append(Reload(record["since"], at_s))
        elif event == "fault":
            fault = next(fault for fault in self._within if fault.at_s == at_s)
            self.outcome.faults.append(Done(fault, record["since"], record["back"]))
        elif event == "tick":
            self._at_s = at_s
            if at_s < self._media_s:
                self.outcome.samples.append(self._sample(record))

    def _break_and_mend(self) -> None:
        now = time.monotonic()
        for fault, way, ends in list(self._running):
            if now >= ends:
                way.__exit__(None, None, None)
                self._running.remove((fault, way, ends))
                self.outcome.faults.append(Done(fault, fault.at_s, self._at_s))
        broken = {fault.kind.part for fault, _, _ in self._running}
        while self._waiting and self._waiting[0].at_s <= self._at_s and self._waiting[0].kind.part not in broken:
            fault = self._waiting.popleft()
            way = self._surroundings.fault(fault)
            way.__enter__()
            self._running.append((fault, way, now + fault.lasts_s))
            broken.add(fault.kind.part)

    def _sample(self, record: Record) -> Sample:
        process = Path("/proc") / str(self._surroundings.process_id)
        status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
        wal = Path(f"{self._surroundings.database}-wal")
        try:
            wal_kb = wal.stat().st_size // 1024
        except OSError:
            wal_kb = 0
        return Sample(
            at_s=record["at"],
            real_s=time.monotonic(),
            frames=record["frames"],
            rss_kb=int(status["VmRSS"].split()[0]),
            used_kb=record["used_kb"],
            descriptors=len(list((process / "fd").iterdir())),
            threads=int(status["Threads"]),
            wal_kb=wal_kb,
            at_rest=record["is_well"] and not self._running,
        )
