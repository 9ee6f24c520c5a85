"""Opening, migrating and setting aside the kiosk's database."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.errors import EventsError
from edge.events import database
from edge.events.database import DamagedError, explain, is_damage, may_pass, open_database, open_for_reading, set_aside

T0 = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.db"


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def test_an_older_database_is_migrated(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A later version adds its tables to what is there, once; until then readers are told what to do."""
    with closing(open_database(path)) as connection:
        connection.execute("INSERT INTO events (at, kind, run, detail) VALUES (0, 'state', 1, 'old')")
    before = len(database.MIGRATIONS)
    assert version(path) == before
    monkeypatch.setattr(database, "MIGRATIONS", (*database.MIGRATIONS, ("CREATE TABLE outbox (sent INTEGER)",)))
    with pytest.raises(EventsError, match=f"is of version {before}, not {before + 1}; start the kiosk once"):
        open_for_reading(path)
    for _ in range(2):
        with closing(open_database(path)) as connection:
            assert connection.execute("SELECT detail FROM events").fetchall() == [("old",)]
            connection.execute("INSERT INTO outbox VALUES (7)")
    assert version(path) == before + 1


def test_a_migration_that_fails_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of a migration happens or none of it."""
    open_database(path).close()
    before = version(path)
    monkeypatch.setattr(database, "MIGRATIONS", (*database.MIGRATIONS, ("CREATE TABLE outbox (sent)", "NO SQL")))
    with pytest.raises(sqlite3.OperationalError, match="syntax error"):
        open_database(path)
    with closing(sqlite3.connect(path)) as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables == {"events", "visits", "readers", "incidents", "notices", "sqlite_sequence"}
    assert version(path) == before


def test_a_database_half_made_is_finished(path: Path) -> None:
    """A power cut while it was first made leaves an empty file, or one without tables."""
    path.touch()
    open_database(path).close()
    assert version(path) == len(database.MIGRATIONS)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such event database"),
        (b"no database at all" * 99, "cannot be read as an event database"),
        (b"", "is of version 0"),
    ],
)
def test_what_cannot_be_read(path: Path, content: bytes | None, message: str) -> None:
    """A reader says what is wrong with the file, and changes nothing."""
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EventsError, match=message):
        open_for_reading(path)
    assert (path.read_bytes() if path.exists() else None) == content


def test_readers_cannot_write(path: Path) -> None:
    """Reading never changes the file, be it by mistake."""
    open_database(path).close()
    with closing(open_for_reading(path)) as connection, pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM events")


def test_a_copy_on_a_read_only_disk_can_be_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the right to make SQLite's lock files beside it."""
    open_database(path).close()
    monkeypatch.setattr("os.access", lambda folder, mode: False)
    with closing(open_for_reading(path)) as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchone() == (0,)
    assert [file.name for file in path.parent.iterdir()] == ["events.db"]


def test_names_set_aside_are_never_used_twice(path: Path) -> None:
    """Two damaged databases within a second both stay, each with its write-ahead log."""
    for content in (b"first", b"second"):
        path.write_bytes(content)
        path.with_name("events.db-wal").write_bytes(content + b" log")
        set_aside(path, T0)
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == {
        "events.db.damaged-20260301T080000": b"first",
        "events.db.damaged-20260301T080000-wal": b"first log",
        "events.db.damaged-20260301T080000-2": b"second",
        "events.db.damaged-20260301T080000-2-wal": b"second log",
    }


def test_too_many_set_aside(path: Path) -> None:
    """Logs do not count; the eleventh database is left where it is."""
    for number in range(database.MAX_ASIDE):
        path.write_bytes(b"%d" % number)
        path.with_name("events.db-wal").touch()
        set_aside(path, T0)
    path.write_bytes(b"one more")
    with pytest.raises(EventsError, match="10 damaged databases are there; replace the disk"):
        set_aside(path, T0)
    assert path.read_bytes() == b"one more"


def sqlite_error(code: int, text: str = "as SQLite says") -> sqlite3.Error:
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("error", "cause", "damage", "passing"),
    [
        (sqlite_error(sqlite3.SQLITE_FULL), "the disk is full", False, True),
        (sqlite_error(sqlite3.SQLITE_BUSY), "locked", False, True),
        (sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT), "locked", False, True),
        (sqlite_error(sqlite3.SQLITE_READONLY_DIRECTORY), "cannot be written", False, False),
        (sqlite_error(sqlite3.SQLITE_CANTOPEN), "cannot be written", False, False),
        (sqlite_error(sqlite3.SQLITE_IOERR_FSYNC), "as SQLite says", False, False),
        (sqlite_error(sqlite3.SQLITE_CORRUPT), "as SQLite says", True, False),
        (sqlite_error(sqlite3.SQLITE_NOTADB), "as SQLite says", True, False),
        (PermissionError(13, "Permission denied"), "cannot be written", False, False),
        (DamagedError("events.db: torn"), "events.db: torn", True, False),
        (EventsError("events.db: another's"), "events.db: another's", False, False),
    ],
)
def test_each_error_has_its_remedy(path: Path, error: Exception, cause: str, damage: bool, passing: bool) -> None:
    """What to tell a person, whether the file is at fault, and whether the same connection may be tried again."""
    trouble = explain(error, path)
    assert cause in trouble.cause
    assert trouble.remedy
    assert (is_damage(error), may_pass(error)) == (damage, passing)
