"""The event database through kill -9 and power cuts: nothing committed is lost, nothing is damaged."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.events.database import open_for_reading
from edge.events.history import History
from edge.types import Event, EventKind, Label
from tests.builders import event_log

MILLION = 1_000_000
T0 = datetime(2026, 3, 1, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[3]

KILLER = """
import os, random, select, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from edge.events.log import EventLog
from edge.events.retention import Bounds
from edge.types import Event, EventKind, Label

path, rounds, max_bytes, length = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])


def write(first, out):
    log = EventLog(path, bounds=lambda: Bounds(90.0, max_bytes)).start()
    number = first
    while True:
        for _ in range(random.randrange(1, 4)):
            number += 1
            detail = f"{number} ".ljust(length, ".")
            log.record(Event(EventKind.ENTRY, datetime.now(UTC), number, Label.WITH_MASK, detail))
        if not log.flush(60):
            os._exit(1)
        os.write(out, b"%d\\n" % number)


for round in range(rounds):
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        write(round * 1_000_000, writer)
    os.close(writer)
    # In any phase: while it opens, between two commits, or within one.
    said = b"".join(os.read(reader, 4096) for _ in range(random.randrange(4)))
    select.select([reader], [], [], random.random() * 0.01)
    os.kill(child, signal.SIGKILL)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1]), "the writer failed by itself"
    with os.fdopen(reader, "rb") as rest:
        said += rest.read()
    print(round, *said.split()[-1:] and [int(said.split()[-1])], flush=True)
"""
"""Forks a writer, hears what it says is committed, kills it; over and over: a fork costs less than a fresh Python."""


def kill_writers(path: Path, *, rounds: int, max_bytes: int, length: int) -> list[int]:
    """The greatest number that each writer said was committed; it counts up from a million times its round."""
    command = [sys.executable, "-c", KILLER, str(path), str(rounds), str(max_bytes), str(length)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "damaged" not in result.stderr
    lines = [[int(word) for word in line.split()] for line in result.stdout.splitlines()]
    assert len(lines) == rounds
    return [line[-1] if len(line) == 2 else line[0] * MILLION for line in lines]


def numbers(path: Path) -> list[int]:
    return [int(stored.event.detail.split()[0]) for stored in History(path).events()]


def check_integrity(path: Path) -> None:
    with closing(open_for_reading(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        events, visits = (connection.execute(f"SELECT count(*) FROM {t}").fetchone() for t in ("events", "visits"))
        assert events == visits
    assert {file.name.removeprefix(path.name) for file in path.parent.iterdir()} <= {"", "-wal", "-shm"}


def test_two_hundred_kills_lose_nothing(tmp_path: Path) -> None:
    """Every event that a writer called committed is there, once and in order, after 200 kills at any moment."""
    path = tmp_path / "events.db"
    said = kill_writers(path, rounds=200, max_bytes=64 * MILLION, length=40)
    assert sum(last % MILLION > 0 for last in said) > 50
    found = numbers(path)
    assert found == sorted(set(found))
    committed = {number for last in said for number in range(last - last % MILLION + 1, last + 1)}
    assert committed <= set(found)
    check_integrity(path)


@pytest.mark.slow
def test_kills_while_old_events_are_deleted(tmp_path: Path) -> None:
    """With the file at its bound only the oldest are missing, and the file stays within it."""
    path = tmp_path / "events.db"
    with event_log(path, max_bytes=2**20) as log:
        for number in range(-3000, 0):
            log.record(Event(EventKind.ENTRY, T0, number, Label.WITH_MASK, f"{number} ".ljust(480, ".")))
        assert log.flush(60)
    said = kill_writers(path, rounds=40, max_bytes=2**20, length=480)
    found = numbers(path)
    assert found[0] > -3000
    assert found == sorted(set(found))
    committed = {number for last in said for number in range(last - last % MILLION + 1, last + 1)}
    assert {number for number in committed if number >= found[0]} <= set(found)
    check_integrity(path)
    assert path.stat().st_size <= 2**20


CUT = """
import sqlite3, sys
from datetime import UTC, datetime
from pathlib import Path
from edge.events import log as events
from edge.events.retention import Bounds
from edge.types import Event, EventKind

open_database = events.open_database


def open_careless(path):
    connection = open_database(path)
    connection.execute(f"PRAGMA synchronous={sys.argv[2]}")
    return connection


events.open_database = open_careless
log = events.EventLog(Path(sys.argv[1]), bounds=lambda: Bounds(90.0, 2**26)).start()
for number in range(1, 4):
    log.record(Event(EventKind.STATE, datetime.now(UTC), detail=str(number)))
    assert log.flush(60)
    print(number, flush=True)
sys.stdin.read()
"""


@contextmanager
def mounted(image: Path, folder: Path) -> Iterator[Path]:
    folder.mkdir()
    # A long commit interval: nothing reaches the disk but what is flushed.
    command = ["mount", "-o", "loop,commit=300", str(image), str(folder)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        pytest.skip(f"NOT TESTED: a power cut; a disk image cannot be mounted ({result.stderr.strip()})")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize(("synchronous", "kept"), [("FULL", [1, 2, 3]), ("NORMAL", [])])
def test_a_power_cut(tmp_path: Path, synchronous: str, kept: list[int]) -> None:
    """A copy of the disk taken after the last commit holds every event; with a lesser setting it holds none."""
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("NOT TESTED: a power cut; mkfs.ext4 is missing")
    image, copy = tmp_path / "disk", tmp_path / "copy"
    with image.open("wb") as file:
        file.truncate(16 * 2**20)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    with mounted(image, tmp_path / "before") as disk:
        command = [sys.executable, "-c", CUT, str(disk / "events.db"), synchronous]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            assert [writer.stdout.readline() for _ in range(3)] == ["1\n", "2\n", "3\n"]
            shutil.copy(image, copy)
            writer.communicate()
    with mounted(copy, tmp_path / "after") as disk:
        assert (numbers(disk / "events.db") if (disk / "events.db").exists() else []) == kept
