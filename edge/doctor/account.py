"""Whose rights count: those of the service's user, not of the technician who asks."""

from __future__ import annotations

import grp
import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Self

SERVICE_USER = "maskgate"

_READ_WRITE = 0o6


@dataclass(frozen=True, slots=True)
class Account:
    """A user with all groups he belongs to.

    Attributes:
        name: login name.
        uid: number; 0 may do everything.
        groups: numbers of the groups.
    """

    name: str
    uid: int
    groups: frozenset[int]

    @classmethod
    def named(cls, name: str) -> Self | None:
        """The user of this name; None if there is none."""
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            return None
        return cls(name, user.pw_uid, frozenset(os.getgrouplist(name, user.pw_gid)))

    @classmethod
    def own(cls) -> Self:
        """The user this process runs as, with the groups it has right now."""
        uid = os.geteuid()
        try:
            name = pwd.getpwuid(uid).pw_name
        except KeyError:
            name = str(uid)
        return cls(name, uid, frozenset((os.getegid(), *os.getgroups())))

    @classmethod
    def of_service(cls) -> Self:
        """The service's user if root asks and there is one, otherwise whoever asks."""
        own = cls.own()
        return (cls.named(SERVICE_USER) or own) if own.uid == 0 else own

    def is_in(self, group: str) -> bool:
        """Whether the account has the rights of a group."""
        try:
            return self.uid == 0 or grp.getgrnam(group).gr_gid in self.groups
        except KeyError:
            return False

    def may_use(self, path: Path) -> bool:
        """Whether it may read and write a file or device, by the permission bits; False if it is not there."""
        try:
            facts = path.stat()
        except OSError:
            return False
        if self.uid == 0:
            return True
        # The first class that matches decides, though a later one may allow more (POSIX, file access permissions).
        shift = 6 if facts.st_uid == self.uid else 3 if facts.st_gid in self.groups else 0
        return facts.st_mode >> shift & _READ_WRITE == _READ_WRITE

    def join(self, *groups: str) -> str:
        """The remedy where it lacks groups."""
        return f"sudo usermod -aG {','.join(groups)} {self.name}, then log in again and restart the service"
