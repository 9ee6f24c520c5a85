"""The folder that an uploaded release lies in until root takes it out, and what came of it."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Literal

from anyio import to_thread

from edge.errors import UpdateError
from edge.host.doors import ETC, STATE
from edge.host.files import write_atomically
from edge.web.updates.signed import MAX_SUMS, SIGNATURE, SUMS, check_release

FOLDER = STATE / "update"
"""One for all doors of a board: made by systemd-tmpfiles, looked at by maskgate-update.path."""

TOLD = Path("/opt/maskgate/update-status")
"""What root tells: a state, a file's name and a sentence, a line each; in a folder that only root writes to."""

MAX_UPLOAD = 160 * 2**20
"""An archive has at most 150 MB."""

SPARE = 700 * 2**20
"""What the installer wants to be free (NEEDED_MB), beside the file and root's copy of it."""

INSTALL_S = 3600.0
"""A Pi Zero 2 W needs ten minutes."""

BUSY = "somebody else uploads a release at this moment"
"""Or has one verified."""

REQUEST = "request"
RELEASE = re.compile(r"maskgate[-_][A-Za-z0-9._+~-]{1,80}\.(tar\.gz|deb)")
_PART = ".part"
_BUFFER = 2**20

State = Literal["none", "waiting", "working", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far an update is: `waiting` for root, `working`, `done` or `failed`; a sentence about it, and since when."""

    state: State
    file: str = ""
    text: str = ""
    at: datetime | None = None


class Spool:
    """Receives files of a release, one at a time, and asks for them to be installed.

    Whatever is refused, cut off or too large leaves nothing behind.

    Args:
        folder: where they lie; the service may write there, and root takes them from there.
        told: what root tells of the last update.
        settings: where the keys of publishers lie, `release*.pem`.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        folder: Path = FOLDER,
        told: Path = TOLD,
        settings: Path = ETC,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._folder = folder
        self._told = told
        self._settings = settings
        self._clock = clock
        self._in_use = Lock()
        """While a file is received, or what was received is verified."""

    @property
    def files(self) -> tuple[str, ...]:
        """What lies there, whole."""
        try:
            names = sorted(path.name for path in self._folder.iterdir())
        except OSError:
            return ()
        return tuple(name for name in names if _is_wanted(name))

    def why_not(self) -> str | None:
        """Why this kiosk takes no release from its page; None if it does."""
        if not os.access(self._folder, os.W_OK | os.X_OK):
            return "this kiosk was not installed as a service; see the guide for installation"
        if not self._keys():
            return f"this machine knows no publisher: put the public key into {self._settings}/release.pem"
        return None

    async def receive(self, name: str, length: int, parts: AsyncIterator[bytes]) -> None:
        """Keep a file under its name, in place of one of that name.

        Args:
            name: of an archive, a package, or one of the two files that tell what was signed.
            length: bytes that were announced; 0 if nobody knows.
            parts: its content.

        Raises:
            UpdateError: if it may not be received now, or is too large, or there is no room.
        """
        self._admit(name, length)
        if not self._in_use.acquire(blocking=False):
            raise UpdateError(BUSY)
        part = self._folder / f"{name}{_PART}"
        try:
            # Of a process that was killed in the middle.
            for left in self._folder.glob(f"*{_PART}"):
                left.unlink(missing_ok=True)
            await self._write(part, parts, MAX_UPLOAD if RELEASE.fullmatch(name) else MAX_SUMS)
            part.replace(self._folder / name)
        except OSError as error:
            raise UpdateError(f"{name}: cannot be kept ({error.strerror})") from error
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            self._in_use.release()

    async def _write(self, part: Path, parts: AsyncIterator[bytes], most: int) -> None:
        received = 0
        # Nothing here waits for the disk on the thread that answers everybody.
        with await to_thread.run_sync(part.open, "wb") as file:
            buffer = bytearray()
            async for chunk in parts:
                received += len(chunk)
                if received > most:
                    raise UpdateError(f"{part.stem}: has more than {most >> 20} MB; no release has")
                buffer += chunk
                if len(buffer) >= _BUFFER:
                    await to_thread.run_sync(file.write, bytes(buffer))
                    buffer.clear()
            await to_thread.run_sync(file.write, bytes(buffer))

    def ask(self, name: str) -> None:
        """Verify a release that was received, and have root install it; returns at once after the verification.

        Raises:
            UpdateError: if it is not there, not signed, or another one is under way; what was received is erased then.
        """
        # What is verified must not be replaced before it is asked for.
        if not self._in_use.acquire(blocking=False):
            raise UpdateError(BUSY)
        try:
            self._ask(name)
        finally:
            self._in_use.release()

    def _ask(self, name: str) -> None:
        if (refusal := self.why_not()) is not None:
            raise UpdateError(refusal)
        if self.outcome().state in ("waiting", "working"):
            raise UpdateError("an update is under way already")
        path = self._folder / name
        if not RELEASE.fullmatch(name) or not path.is_file():
            raise UpdateError(f"{name[:80]}: was not uploaded")
        try:
            check_release(path, self._keys())
        except UpdateError:
            self.clear()
            raise
        # The system looks for this very file.
        write_atomically(self._folder / REQUEST, name.encode())

    def clear(self) -> None:
        """Erase everything that was received, and what was asked for."""
        with suppress(OSError):
            for path in self._folder.iterdir():
                path.unlink()

    def outcome(self) -> Outcome:
        """How far the last update is."""
        with suppress(OSError):
            request = self._folder / REQUEST
            asked_at = request.stat().st_mtime
            return Outcome("waiting", request.read_text(encoding="utf-8")[:100], "", _utc(asked_at))
        try:
            told_at = self._told.stat().st_mtime
            state, name, text = (self._told.read_text(encoding="utf-8", errors="replace") + "\n\n\n").split("\n")[:3]
        except OSError:
            return Outcome("none")
        if state == "working" and self._clock() - told_at < INSTALL_S:
            return Outcome("working", name, text, _utc(told_at))
        if state == "done":
            return Outcome("done", name, text, _utc(told_at))
        cause = text if state == "failed" else "it was interrupted; the version before goes on"
        return Outcome("failed", name, cause, _utc(told_at))

    def _admit(self, name: str, length: int) -> None:
        if (refusal := self.why_not()) is not None:
            raise UpdateError(refusal)
        if not _is_wanted(name):
            raise UpdateError(f"{name[:80]}: is neither an archive (.tar.gz) nor a Debian package (.deb) of Maskgate")
        if self.outcome().state in ("waiting", "working"):
            raise UpdateError("an update is under way already")
        if length > MAX_UPLOAD:
            raise UpdateError(f"{name}: has more than {MAX_UPLOAD >> 20} MB; no release has")
        left = shutil.disk_usage(self._folder).free
        needed = 2 * (length or MAX_UPLOAD) + SPARE
        if RELEASE.fullmatch(name) and left < needed:
            raise UpdateError(f"{left >> 20} MB are free on the card, {needed >> 20} are needed; remove something")

    def _keys(self) -> tuple[Path, ...]:
        return tuple(sorted(self._settings.glob("release*.pem")))


def _is_wanted(name: str) -> bool:
    return name in (SUMS, SIGNATURE) or RELEASE.fullmatch(name) is not None


def _utc(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
