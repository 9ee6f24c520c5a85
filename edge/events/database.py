"""The kiosk's one database file: its schema, how it is opened, and how a damaged one is set aside."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from edge.errors import EventsError
from edge.host.files import sync_folder

BUSY_S = 0.5
"""How long to wait for another program's lock: a few waits in a row must fit into the 2 s in which all must answer."""

NEWEST = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'events'"
"""The id of the newest event ever written."""

APPLICATION_ID = 0x4D534B47
"""Marks the file as Maskgate's ("MSKG"), so that another program's database is never touched."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # Ids give the order, whatever the clock does; AUTOINCREMENT never gives one twice, so that whoever has read up
        # to an id can tell what is new, and how many were deleted unread.
        """CREATE TABLE events (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,      -- microseconds since 1970, UTC
            kind TEXT NOT NULL,
            run INTEGER NOT NULL,     -- track ids are unique within a run
            track_id INTEGER,
            label TEXT,
            detail TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX events_at ON events(at)",
        # One row for each person who came, with the label they left with.
        """CREATE TABLE visits (
            first_event INTEGER PRIMARY KEY REFERENCES events(id) ON DELETE CASCADE,
            run INTEGER NOT NULL,
            track_id INTEGER,
            label TEXT NOT NULL,
            UNIQUE (run, track_id)
        ) STRICT""",
    ),
    (
        # Up to which event each reader outside has them all: what comes after is its queue.
        """CREATE TABLE readers (
            name TEXT PRIMARY KEY,
            last_event INTEGER NOT NULL,
            dropped INTEGER NOT NULL      -- events that were never passed on, in all
        ) STRICT""",
    ),
)
"""Statements that lead from each schema version (`user_version`) to the next; add, never edit."""

ADDITIONS = (
    # What is known of an alert, and what a person made of it; gone with its event.
    """CREATE TABLE IF NOT EXISTS incidents (
        alert INTEGER PRIMARY KEY REFERENCES events(id) ON DELETE CASCADE,
        lasted_ms INTEGER,            -- null while it lasts
        people INTEGER,
        seen TEXT,                    -- JSON: a list of id, label and probability
        silenced_by TEXT,
        status TEXT NOT NULL DEFAULT 'new',
        note TEXT,
        reviewed_by TEXT,
        reviewed_at INTEGER           -- microseconds since 1970, UTC
    ) STRICT""",
    "CREATE INDEX IF NOT EXISTS alerts ON events(id) WHERE kind = 'alert'",
    # What people are to be told, once for each who is told; kept for a while after it was sent, so that no restart
    # tells it twice, or more in an hour than is wanted.
    """CREATE TABLE IF NOT EXISTS notices (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        destination TEXT NOT NULL,
        rule TEXT NOT NULL,
        cause TEXT NOT NULL,          -- what it tells of: nothing is told twice
        at INTEGER NOT NULL,          -- microseconds since 1970, UTC
        detail TEXT NOT NULL,
        sent_at INTEGER,              -- microseconds since 1970, UTC; null while it waits
        UNIQUE (destination, cause)
    ) STRICT""",
    "CREATE INDEX IF NOT EXISTS notices_waiting ON notices(destination, id) WHERE sent_at IS NULL",
)
"""What older versions need not know of: they go on with the same file, and leave it alone."""

MAX_ASIDE = 10
"""Damaged databases kept: a disk that damages more must not be filled with them."""

_COMPANIONS = ("-wal", "-shm")
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class DamagedError(EventsError):
    """The file is no usable database and never will be: set it aside."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why nothing can be written now, and what a person can do."""

    cause: str
    remedy: str


def open_database(path: Path) -> sqlite3.Connection:
    """Open for writing, create or migrate; checks the whole file, which takes a second or so for each 50 MB.

    A commit survives a power cut, not only the end of the process: `synchronous=FULL` has the write-ahead log on the
    disk before it returns (with NORMAL a power cut takes back the last commits). That costs one flush for each
    commit, which a card stands at the rate at which people come.

    Raises:
        DamagedError: if the file is damaged, or was written by a newer version.
        EventsError: if it belongs to another program.
        sqlite3.Error, OSError: if it cannot be opened now.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    try:
        _prepare(connection, path)
    except sqlite3.Error as error:
        connection.close()
        if is_damage(error):
            raise DamagedError(f"{path}: {error}") from error
        raise
    except EventsError:
        connection.close()
        raise
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open without ever writing, beside a running service or without one.

    Raises:
        EventsError: if there is no database of this version, or it cannot be read.
    """
    mode = "ro"
    if not Path(f"{path}-wal").exists() and not os.access(path.parent, os.W_OK):
        # Nobody is writing, and no lock file can be made beside it: a copy on a read-only disk.
        mode += "&immutable=1"
    return _open_existing(path, mode)


def open_beside(path: Path) -> sqlite3.Connection:
    """Open for small notes of a reader, beside the service's own connection. A power cut may take back the last ones.

    Raises:
        EventsError: if there is no database of this version, or it cannot be opened.
    """
    connection = _open_existing(path, "rw")
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


def newest_event(path: Path) -> int:
    """The id of the newest event ever written, whatever the database's version; 0 where there is none to be read."""
    if not path.is_file():
        return 0
    uri = f"{path.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_S)) as connection:
            found = connection.execute(NEWEST).fetchone()
    except sqlite3.Error:
        # Just being made, or damaged: then it is set aside, and a fresh one begun.
        return 0
    return int(found[0])


def _open_existing(path: Path, mode: str) -> sqlite3.Connection:
    if not path.is_file():
        raise EventsError(f"{path}: no such event database; the kiosk creates it when it runs")
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    try:
        connection = sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None)
        try:
            version = _version(connection, path)
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise EventsError(f"{path}: cannot be read as an event database ({error})") from error
    if version != len(MIGRATIONS):
        connection.close()
        raise EventsError(f"{path}: is of version {version}, not {len(MIGRATIONS)}; start the kiosk once to upgrade it")
    return connection


def set_aside(path: Path, now: datetime) -> Path:
    """Give a damaged database a new name, and its write-ahead log with it; returns the name. Nothing is deleted.

    Raises:
        EventsError: if so many lie there already that the disk must be failing.
        OSError: if the folder cannot be changed.
    """
    beside = {name.name for name in path.parent.iterdir() if name.name.startswith(f"{path.name}.damaged-")}
    if sum(not name.endswith(_COMPANIONS) for name in beside) >= MAX_ASIDE:
        raise EventsError(f"{path.parent}: {MAX_ASIDE} damaged databases are there; replace the disk or move them away")
    stamp = f"{path.name}.damaged-{now:%Y%m%dT%H%M%S}"
    names = (stamp, *(f"{stamp}-{again}" for again in range(2, MAX_ASIDE + 2)))
    target = path.with_name(next(name for name in names if name not in beside))
    # The log first: were the power cut in between, SQLite would take it for the new database's.
    for suffix in (*_COMPANIONS, ""):
        with suppress(FileNotFoundError):
            Path(f"{path}{suffix}").rename(f"{target}{suffix}")
    sync_folder(path.parent)
    return target


def is_damage(error: Exception) -> bool:
    """Whether the file, rather than its surroundings, is at fault."""
    return isinstance(error, DamagedError) or _code(error) in _DAMAGED


def may_pass(error: Exception) -> bool:
    """Whether it is worth trying again with the same connection: the disk is full, or another program is writing."""
    return _code(error) in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def explain(error: Exception, path: Path) -> Trouble:
    """What to tell a person about a failed write."""
    code = _code(error)
    if code == sqlite3.SQLITE_FULL:
        return Trouble(f"{path}: the disk is full", "free some space on it")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Trouble(f"{path}: another program has locked the database", "close that program")
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM) or isinstance(error, OSError):
        return Trouble(f"{path}: cannot be written ({error})", f"let the service's user write to {path.parent}")
    if code == sqlite3.SQLITE_IOERR:
        return Trouble(f"{path}: {error}", "the card or disk may be failing; replace it")
    return Trouble(f"{path}: {error}" if code else str(error), "see the log")


def _code(error: Exception) -> int:
    """SQLite's primary result code; 0 if it is no error of SQLite's."""
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Look first, touch later: a file that is to be set aside keeps every byte."""
    version = _version(connection, path)
    if version > len(MIGRATIONS):
        raise DamagedError(f"{path}: was written by a newer Maskgate (schema {version})")
    verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise DamagedError(f"{path}: {' '.join(verdict.split())}")
    if not version:
        # Must come before anything is written: lets a file shrink when its bound is lowered.
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA wal_autocheckpoint=256")
    connection.execute("PRAGMA journal_size_limit=1048576")
    if version < len(MIGRATIONS):
        _migrate(connection)
    for statement in ADDITIONS:
        connection.execute(statement)


def _version(connection: sqlite3.Connection, path: Path) -> int:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    is_new = not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if application != APPLICATION_ID and not is_new:
        raise EventsError(f"{path}: is another program's database; name another file")
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _migrate(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Read again under the lock: another process may have been faster.
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        for statements in MIGRATIONS[version:]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={len(MIGRATIONS)}")
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
