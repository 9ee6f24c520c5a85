"""The file of people and programs: read by many, changed by one at a time."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from pydantic import ValidationError

from edge.errors import ConfigError
from edge.host.files import write_atomically
from edge.web.people.kept import Kept

FILE_NAME = "access.json"

LOCK_S = 5.0
"""Longest wait for another process that is changing the file."""


class AccessFile:
    """Keeps people, sessions and tokens, so that a restart logs nobody out; may be used from any thread.

    No password and no key is in the file: passwords are hashed with argon2id, keys with SHA-256, as they are 256 random
    bits. Secrets of second factors are, as codes cannot be checked without; it is readable for its owner alone.

    Args:
        folder: where the file lies.

    Raises:
        ConfigError: if the file is damaged or cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._threads = Lock()
        self._stamp: tuple[int, int] | None = None
        self._kept = Kept()
        self.read()

    def read(self) -> Kept:
        """What is kept now, to be looked at only; another process may have changed it.

        Raises:
            ConfigError: if the file is damaged or cannot be read.
        """
        with self._threads:
            return self._refreshed()

    @contextmanager
    def changing(self) -> Iterator[Kept]:
        """A draft, kept when the block ends well; nobody else changes the file meanwhile, nor does another process.

        Raises:
            ConfigError: if the file cannot be read or written.
        """
        with self._threads, self._processes():
            kept = self._refreshed()
            draft = kept.model_copy(deep=True)
            yield draft
            if draft != kept:
                self._write(draft)

    def _refreshed(self) -> Kept:
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_ino)
            if stamp != self._stamp:
                self._kept, self._stamp = Kept.model_validate_json(self._path.read_bytes()), stamp
        except FileNotFoundError:
            self._kept, self._stamp = Kept(), None
        except PermissionError as error:
            raise ConfigError(f"{self._path}: may not be read by this user; ask with sudo") from error
        except (OSError, ValidationError) as error:
            cause = "damaged" if isinstance(error, ValidationError) else error.strerror
            raise ConfigError(f"{self._path}: {cause}; delete it and run `maskgate web-password`") from error
        return self._kept

    def _write(self, kept: Kept) -> None:
        try:
            write_atomically(self._path, json.dumps(kept.model_dump(mode="json"), indent=2).encode())
        except OSError as error:
            raise ConfigError(f"{self._path}: cannot be written ({error.strerror}); see to the disk") from error
        self._refreshed()

    @contextmanager
    def _processes(self) -> Iterator[None]:
        """Keep other processes out: a command on the machine may change the file while the service does."""
        path = self._path.with_suffix(".lock")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigError(f"{path}: cannot be written ({error.strerror}); ask with sudo") from error
        try:
            _wait_for(descriptor, path)
            yield
        finally:
            os.close(descriptor)


def _wait_for(descriptor: int, path: Path) -> None:
    due = time.monotonic() + LOCK_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > due:
                raise ConfigError(f"{path}: another program is changing it; try again") from None
            time.sleep(0.02)
        else:
            return
