"""Writing events: in order, whatever happens to the disk, and without anybody waiting for it."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from threading import Event as Flag
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.events.database import MAX_ASIDE, Trouble, open_database
from edge.events.history import History
from edge.events.log import MAX_DETAIL
from edge.events.retention import EPOCH
from edge.types import Event, EventKind, Label
from tests.builders import event_log

T0 = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
WAIT_S = 20.0
"""Far more than a loaded machine needs; nothing here waits that long unless it has failed."""

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Where flushing costs nothing."""


def told(count: int, first: int = 0) -> list[Event]:
    return [Event(EventKind.STATE, T0, detail=str(number)) for number in range(first, first + count)]


def details(path: Path) -> list[str]:
    return [stored.event.detail for stored in History(path).events()]


class Troubles:
    """What the log told of its troubles; may be waited for."""

    def __init__(self) -> None:
        self.seen: list[Trouble | None] = []
        self.began, self.ended = Flag(), Flag()

    def __call__(self, trouble: Trouble | None) -> None:
        self.seen.append(trouble)
        (self.ended if trouble is None else self.began).set()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "events.db"


times = st.builds(
    lambda microseconds, zone: (EPOCH + timedelta(microseconds=microseconds)).astimezone(zone),
    st.integers(0, 2**53),
    st.sampled_from([UTC, timezone(timedelta(hours=9))]),
)
anything = st.builds(
    Event,
    kind=st.sampled_from(EventKind),
    at=times,
    track_id=st.none() | st.integers(-(2**63), 2**63 - 1),
    label=st.none() | st.sampled_from(Label),
    detail=st.text(st.characters(codec="utf-8"), max_size=MAX_DETAIL),
)


@settings(max_examples=12, deadline=None)
@given(st.lists(anything, max_size=30))
def test_what_is_recorded_can_be_read(recorded: list[Event]) -> None:
    """Every event comes back as it was, in the order in which it was told, whatever its time."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        path = Path(folder) / "events.db"
        with event_log(path) as log:
            for event in recorded:
                log.record(event)
            assert log.flush(WAIT_S)
        stored = list(History(path).events())
    assert [entry.event for entry in stored] == recorded
    assert [entry.id for entry in stored] == list(range(1, len(recorded) + 1))


@pytest.mark.parametrize(
    ("detail", "kept"), [("x" * 600, "x" * MAX_DETAIL), ("camera \udcff lost", "camera ? lost"), ("a\0b\n", "a\0b\n")]
)
def test_a_detail_that_cannot_be_kept_as_it_is(path: Path, detail: str, kept: str) -> None:
    """Too long a text is cut off, and half a character replaced: nothing stops the writing."""
    with event_log(path) as log:
        log.record(Event(EventKind.AUDIT, T0, detail=detail))
    assert details(path) == [kept]


def test_the_clock_may_jump(path: Path) -> None:
    """Order is the order of telling, when the clock goes back an hour too."""
    times = [T0, T0 + timedelta(days=400), T0 - timedelta(hours=1), T0]
    with event_log(path) as log:
        for at in times:
            log.record(Event(EventKind.STATE, at))
    assert [stored.event.at for stored in History(path).events()] == times


def test_runs_tell_people_apart(path: Path) -> None:
    """The same track id after a restart is another person."""
    for _ in range(2):
        with event_log(path) as log:
            log.record(Event(EventKind.ENTRY, T0, 1, Label.WITH_MASK))
    stored = list(History(path).events())
    assert len({entry.run for entry in stored}) == 2
    assert all(0 <= entry.run < 2**48 for entry in stored)


def test_nothing_is_recorded_after_the_end(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Closing twice is allowed; an event that comes too late is told to the log, not lost in silence."""
    log = event_log(path)
    log.close()
    log.close()
    log.record(Event(EventKind.STATE, T0))
    assert "event=lost kind=state" in caplog.text


def test_commits_are_on_the_disk(path: Path) -> None:
    """The connection that writes flushes the write-ahead log at every commit, and checks what refers to what."""
    with closing(open_database(path)) as connection:
        settings = {
            name: connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "auto_vacuum")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "auto_vacuum": 2}


@pytest.fixture
def lock(path: Path) -> Iterator[Callable[[], sqlite3.Connection]]:
    """Another program that holds the database's write lock until it rolls back."""
    with event_log(path) as log:
        log.record(Event(EventKind.STATE, T0, detail="before"))
    connection = sqlite3.connect(path, isolation_level=None)

    def take() -> sqlite3.Connection:
        connection.execute("BEGIN EXCLUSIVE")
        return connection

    yield take
    connection.close()


def test_a_locked_database_holds_nobody_up(path: Path, lock: Callable[[], sqlite3.Connection]) -> None:
    """Recording is instant all the same, flush gives up in time, the trouble is told once; then all follow."""
    holder, troubles = lock(), Troubles()
    with event_log(path, retry_s=0.01, on_trouble=troubles) as log:
        began = time.monotonic()
        for event in told(1000):
            log.record(event)
        assert time.monotonic() - began < 2.0
        assert not log.flush(0.2)
        assert troubles.began.wait(WAIT_S)
        assert "locked" in str(log.trouble)
        assert log.waiting == 1000
        holder.execute("ROLLBACK")
        assert log.flush(WAIT_S)
        assert troubles.ended.wait(WAIT_S)
        assert log.trouble is None
    assert details(path) == ["before", *(str(number) for number in range(1000))]
    assert [trouble is None for trouble in troubles.seen] == [False, True]


def test_the_end_does_not_wait_for_a_lock(
    path: Path, lock: Callable[[], sqlite3.Connection], caplog: pytest.LogCaptureFixture
) -> None:
    """Closing while the database is locked takes 2 s at most, and says how many events were lost."""
    lock()
    log = event_log(path, retry_s=60)
    for event in told(3):
        log.record(event)
    began = time.monotonic()
    log.close()
    assert time.monotonic() - began < 3.0
    assert "events=lost count=3" in caplog.text


def test_too_many_waiting_drop_the_oldest_with_a_count(path: Path, lock: Callable[[], sqlite3.Connection]) -> None:
    """Memory is bounded; an event where the gap is says how many are missing, dated by the last of them."""
    troubles = Troubles()
    with event_log(path, retry_s=0.01, queue_limit=5, on_trouble=troubles) as log:
        log.record(Event(EventKind.STATE, T0, detail="open"))
        assert log.flush(WAIT_S)
        holder = lock()
        log.record(told(1)[0])
        assert troubles.began.wait(WAIT_S)
        for event in told(20, first=1):
            log.record(event)
        assert log.waiting <= 6
        holder.execute("ROLLBACK")
        assert log.flush(WAIT_S)
    kept = list(History(path).events())[2:]
    assert [entry.event.detail for entry in kept] == [
        "0", "15 events: the queue in memory was full", "16", "17", "18", "19", "20"
    ]  # fmt: skip
    assert kept[1].event.kind == EventKind.DROPPED


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, of four MiB, in memory."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("NOT TESTED: a full disk; mounting a tmpfs needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def test_a_full_disk(small_disk: Path) -> None:
    """Nothing committed is lost, what comes meanwhile waits, and all is written in order when there is room again."""
    path, troubles = small_disk / "events.db", Troubles()
    ballast = small_disk / "ballast"
    with event_log(path, retry_s=0.01, on_trouble=troubles) as log:
        for event in told(10):
            log.record(event)
        assert log.flush(WAIT_S)
        with pytest.raises(OSError, match="No space"):
            fill(ballast)
        for event in told(3000, first=10):
            log.record(event)
        assert troubles.began.wait(WAIT_S)
        assert not log.flush(0.05)
        assert "the disk is full" in str(log.trouble)
        before = details(path)
        assert before == [str(number) for number in range(len(before))]
        assert len(before) >= 10
        ballast.unlink()
        assert log.flush(WAIT_S)
        assert troubles.ended.wait(WAIT_S)
    assert details(path) == [str(number) for number in range(3010)]


def overwrite(path: Path, place: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        file.write(content)


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version=99")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "no database": lambda path: path.write_bytes(b"once upon a time " * 400),
    "zeroed header": lambda path: overwrite(path, 0, bytes(100)),
    "torn page": lambda path: overwrite(path, 4096, os.urandom(3000)),
    "cut off": lambda path: os.truncate(path, 6000),
    "newer version": newer,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_database_is_set_aside(
    path: Path, damage: Callable[[Path], object], caplog: pytest.LogCaptureFixture
) -> None:
    """It gets a new name, nothing of it is deleted, and a fresh one begins by saying so."""
    with event_log(path) as log:
        for event in told(300):
            log.record(event)
    damage(path)
    content = path.read_bytes()
    with event_log(path, retry_s=0.01, wall_clock=lambda: T0) as log:
        log.record(Event(EventKind.STATE, T0, detail="after"))
        assert log.flush(WAIT_S)
    aside = path.with_name("events.db.damaged-20260301T080000")
    assert aside.read_bytes() == content
    first, second = History(path).events()
    assert first.event.kind == EventKind.DATABASE
    assert f"set aside as {aside.name}" in first.event.detail
    assert second.event.detail == "after"
    assert "database=damaged" in caplog.text


def test_damage_while_running(path: Path) -> None:
    """A database that goes bad under the writer is set aside with its log; what could not be written is."""
    with event_log(path, retry_s=0.01) as log:
        for event in told(300):
            log.record(event)
        assert log.flush(WAIT_S)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for place in range(4096, path.stat().st_size, 4096):
            overwrite(path, place, b"\xff" * 64)
        for event in told(5, first=300):
            log.record(event)
        assert log.flush(WAIT_S)
    assert details(path)[1:] == ["300", "301", "302", "303", "304"]
    assert len([file for file in path.parent.iterdir() if "damaged" in file.name]) >= 1


def test_a_disk_that_damages_everything_is_not_filled(path: Path) -> None:
    """After ten damaged databases the next stays where it is, and the trouble says what to do."""
    path.parent.mkdir()
    for number in range(MAX_ASIDE):
        path.with_name(f"events.db.damaged-{number}").touch()
        path.with_name(f"events.db.damaged-{number}-wal").touch()
    path.write_bytes(b"no database" * 1000)
    troubles = Troubles()
    with event_log(path, retry_s=0.01, on_trouble=troubles) as log:
        log.record(told(1)[0])
        assert troubles.began.wait(WAIT_S)
        assert not log.flush(0.05)
    assert path.read_bytes().startswith(b"no database")


def test_another_programs_database_is_not_touched(path: Path) -> None:
    """A wrong file name in the configuration is a trouble, and the file stays as it is."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE accounts (name TEXT)")
    content, troubles = path.read_bytes(), Troubles()
    with event_log(path, retry_s=0.01, on_trouble=troubles) as log:
        assert troubles.began.wait(WAIT_S)
        assert "another program's database" in str(log.trouble)
    assert path.read_bytes() == content
    assert [file.name for file in path.parent.iterdir()] == ["events.db"]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """The log starts all the same, says what is wrong, and writes as soon as the folder can be made."""
    (tmp_path / "state").write_text("a file in the way")
    troubles = Troubles()
    with event_log(tmp_path / "state" / "events.db", retry_s=0.01, on_trouble=troubles) as log:
        log.record(told(1)[0])
        assert troubles.began.wait(WAIT_S)
        assert "cannot be written" in str(log.trouble)
        (tmp_path / "state").unlink()
        assert log.flush(WAIT_S)
    assert details(tmp_path / "state" / "events.db") == ["0"]


def test_a_deleted_database_is_begun_anew(path: Path) -> None:
    """Whoever deletes the file under a running kiosk loses the past, not the future."""
    with event_log(path) as log:
        log.record(told(1)[0])
        assert log.flush(WAIT_S)
        for file in path.parent.iterdir():
            file.unlink()
        log.record(told(1, first=1)[0])
        assert log.flush(WAIT_S)
    assert details(path) == ["1"]


def test_a_listener_that_fails_stops_nothing(path: Path, lock: Callable[[], sqlite3.Connection]) -> None:
    """What `on_trouble` raises is logged, and the events are written when the trouble is over."""
    asked = Flag()

    def fail(trouble: Trouble | None) -> None:
        asked.set()
        raise RuntimeError("no lamp for that")

    holder = lock()
    with event_log(path, retry_s=0.01, on_trouble=fail) as log:
        log.record(told(1)[0])
        assert asked.wait(WAIT_S)
        holder.execute("ROLLBACK")
        assert log.flush(WAIT_S)
    assert details(path) == ["before", "0"]


def test_an_event_that_cannot_be_understood_holds_up_no_other(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A mistake in our own code costs that event, loudly."""
    with event_log(path) as log, caplog.at_level(logging.ERROR):
        log.record(Event(EventKind.STATE, T0, detail=None))  # type: ignore[arg-type]
        assert log.flush(WAIT_S)
        log.record(told(1)[0])
        assert log.flush(WAIT_S)
    assert details(path) == ["0"]
    assert "events=lost count=1" in caplog.text


def test_many_threads_may_record(path: Path) -> None:
    """Nothing is lost or doubled, and each thread's events keep their order."""

    def tell(name: int) -> None:
        for number in range(50):
            log.record(Event(EventKind.AUDIT, T0, name, detail=str(number)))

    with event_log(path) as log:
        threads = [Thread(target=tell, args=(name,)) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert log.flush(WAIT_S)
    stored = [entry.event for entry in History(path).events()]
    for name in range(4):
        assert [event.detail for event in stored if event.track_id == name] == [str(number) for number in range(50)]
    assert len(stored) == 200
