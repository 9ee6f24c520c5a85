"""What a kiosk stands among - disk, broker, viewers, owner, clock - and how each of them fails."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from itertools import count
from pathlib import Path

from tests.broker import Mosquitto
from tests.machines.soak.plan import Fault, Kind
from tests.machines.soak.viewers import Viewers, request

DISK = "size=24m"
DAY_S = 86_400
LONGEST_JUMP_S = 400 * DAY_S
"""Forwards, as when a battery-less clock is set; backwards a twentieth of it, within the broker's certificate."""

SHIM = Path(__file__).with_name("wall_clock.c")

GOOD: tuple[dict[str, str], ...] = (
    {"alarm": "mute_s = 301"},
    {"signals": "button = 16"},
    # Other settings of the detector: both networks are loaded again.
    {"detector": "min_score = {min_score}"},
    {},
)
"""What the owner changes, in turn: nothing that decides otherwise."""


class Surroundings:
    """Everything outside the kiosk's process.

    Args:
        folder: for its files; `disk` in it is a disk of its own where one can be mounted.
        broker: real.
        viewers: whose port and key a silent viewer uses.
        min_score: the detector's own, which a changed configuration spells out.
    """

    def __init__(self, folder: Path, broker: Mosquitto, viewers: Viewers, min_score: float) -> None:
        self.folder = folder
        self.config = folder / "maskgate.toml"
        self.process_id = 0
        self._broker = broker
        self._viewers = viewers
        self._min_score = min_score
        self._changes = count()
        self._disk = folder / "disk"
        self._disk.mkdir()
        self._has_disk = _succeeds("mount", "-t", "tmpfs", "-o", DISK, "tmpfs", str(self._disk))
        (self._disk / "events").mkdir()
        self._clock = folder / "clock"
        self._clock.write_bytes(bytes(8))
        self._shim = folder / "wall_clock.so"
        self._has_shim = _succeeds("cc", "-shared", "-fPIC", "-O2", "-o", str(self._shim), str(SHIM), "-ldl")
        self._configure()

    @property
    def database(self) -> Path:
        """Of events."""
        return self._disk / "events" / "events.db"

    @property
    def cannot(self) -> dict[Kind, str]:
        """Faults that cannot be made on this machine, and why."""
        missing = {}
        if not self._has_disk:
            missing[Kind.DISK_FULL] = "mounting a tmpfs needs root"
        if not self._has_shim:
            missing[Kind.CLOCK] = "there is no C compiler (apt install gcc libc6-dev)"
        return missing

    @property
    def environment(self) -> dict[str, str]:
        """For the kiosk."""
        return {"WALL_CLOCK": str(self._clock), "LD_PRELOAD": str(self._shim)} if self._has_shim else {}

    def fault(self, fault: Fault) -> AbstractContextManager[None]:
        """Break on entry, mend on exit."""
        ways: dict[Kind, Callable[[Fault], AbstractContextManager[None]]] = {
            Kind.DISK_FULL: self._disk_full,
            Kind.DISK_ERROR: self._disk_error,
            Kind.FOLDER_GONE: self._folder_gone,
            Kind.LOCKED: self._locked,
            Kind.BROKER_RESTART: self._broker_restart,
            Kind.BROKER_HANGS: self._broker_hangs,
            Kind.SILENT_VIEWER: self._silent_viewer,
            Kind.RELOAD: self._reload,
            Kind.BAD_RELOAD: self._bad_reload,
            Kind.CLOCK: self._clock_jump,
        }
        return ways[fault.kind](fault)

    def close(self) -> None:
        """Give the disk back."""
        if self._has_disk:
            subprocess.run(["umount", str(self._disk)], check=True)

    @contextmanager
    def _disk_full(self, _: Fault) -> Iterator[None]:
        ballast = self._disk / "ballast"
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        yield
        ballast.unlink()

    @contextmanager
    def _disk_error(self, _: Fault) -> Iterator[None]:
        """Every write to a file fails (setrlimit(2), RLIMIT_FSIZE)."""
        before = resource.prlimit(self.process_id, resource.RLIMIT_FSIZE)
        resource.prlimit(self.process_id, resource.RLIMIT_FSIZE, (0, before[1]))
        yield
        resource.prlimit(self.process_id, resource.RLIMIT_FSIZE, before)

    @contextmanager
    def _folder_gone(self, _: Fault) -> Iterator[None]:
        folder = self.database.parent
        away = folder.with_name("away")
        folder.rename(away)
        folder.touch()
        yield
        folder.unlink()
        away.rename(folder)

    @contextmanager
    def _locked(self, _: Fault) -> Iterator[None]:
        with closing(sqlite3.connect(self.database, timeout=10, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")

    @contextmanager
    def _broker_restart(self, _: Fault) -> Iterator[None]:
        self._broker.stop()
        yield
        self._broker.start()

    @contextmanager
    def _broker_hangs(self, _: Fault) -> Iterator[None]:
        process_id = self._broker.process_id
        os.kill(process_id, signal.SIGSTOP)
        yield
        os.kill(process_id, signal.SIGCONT)

    @contextmanager
    def _silent_viewer(self, _: Fault) -> Iterator[None]:
        with closing(socket.create_connection(("127.0.0.1", self._viewers.port), timeout=10)) as connection:
            connection.sendall(request("/api/v1/picture.mjpeg", self._viewers.key))
            yield

    @contextmanager
    def _reload(self, _: Fault) -> Iterator[None]:
        self._configure(**GOOD[next(self._changes) % len(GOOD)])
        os.kill(self.process_id, signal.SIGHUP)
        yield

    @contextmanager
    def _bad_reload(self, _: Fault) -> Iterator[None]:
        good = self.config.read_text()
        self.config.write_text(good + "[people]\nmajority = 7\n")
        os.kill(self.process_id, signal.SIGHUP)
        yield
        self.config.write_text(good)
        os.kill(self.process_id, signal.SIGHUP)

    @contextmanager
    def _clock_jump(self, fault: Fault) -> Iterator[None]:
        ahead_s = fault.size * (LONGEST_JUMP_S if fault.size > 0 else LONGEST_JUMP_S / 20)
        self._set_clock(round(ahead_s))
        yield
        self._set_clock(0)

    def _set_clock(self, ahead_s: int) -> None:
        with self._clock.open("r+b") as file:
            file.write(struct.pack("=q", ahead_s))

    def _configure(self, **changes: str) -> None:
        address = self._broker.address
        assert address.tls is not None
        sections = {
            "camera": 'source = "usb:0"',
            "signals": 'driver = "mock"\namber = 6\nrelay = 5',
            "events": f'database = "{self.database}"',
            "web": f'listen = "127.0.0.1:{self._viewers.port}"\nfolder = "{self.folder}"\nsnapshots = true',
            "mqtt": f'host = "127.0.0.1"\nport = {address.port}\nauthorities = "{address.tls.authorities}"\n'
            f'username = "{address.username}"\npassword_file = "{address.password_file}"\nname = "soak"',
        }
        for name, line in changes.items():
            text = line.format(min_score=self._min_score)
            sections[name] = f"{sections[name]}\n{text}" if name in sections else text
        fresh = self.config.with_suffix(".new")
        fresh.write_text("".join(f"[{name}]\n{text}\n" for name, text in sections.items()))
        fresh.replace(self.config)


def _succeeds(program: str, *arguments: str) -> bool:
    found = shutil.which(program)
    return found is not None and not subprocess.run([found, *arguments], capture_output=True, check=False).returncode
