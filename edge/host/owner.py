"""Whose a folder is, and commands that root has run with that user's rights.

The service's user owns the state folder, and may put links there: what root wrote through them would be another file.
"""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import click

from edge.errors import ConfigError, InputError
from edge.host.interpreter import own_command, own_environment

MAX_LINKS = 40
"""As many as the kernel follows."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A user and a group, by number, and the folder that tells so."""

    uid: int
    gid: int
    folder: Path


def owner_of(path: Path) -> Owner | None:
    """Whom the first part of a path belongs to that is not root's; None if all of it is root's, or not there yet.

    Links are followed as long as nobody but root can have put them there.

    Raises:
        ConfigError: if links lead round in a circle.
    """
    place, left, links = Path("/"), [*path.absolute().parts[1:]], 0
    while left:
        name = left.pop(0)
        place = place.parent if name == ".." else place / name
        try:
            facts = place.lstat()
        except FileNotFoundError:
            return None
        if facts.st_uid != 0:
            return Owner(facts.st_uid, facts.st_gid, place)
        if stat.S_ISLNK(facts.st_mode):
            links += 1
            if links > MAX_LINKS:
                raise ConfigError(f"{path}: its symbolic links form a loop; remove them")
            target = place.readlink()
            left[:0] = target.parts[1:] if target.is_absolute() else target.parts
            place = Path("/") if target.is_absolute() else place.parent
    return None


def other_owner(folder: Path) -> Owner | None:
    """Who must do what root is asked to do in a folder: its owner; None if this process may do it itself.

    Raises:
        ConfigError: see `owner_of`.
    """
    return owner_of(folder) if os.geteuid() == 0 else None


def hand_to_owner(folder: Path, arguments: Sequence[str] | None = None, *, standard_input: Path | None = None) -> bool:
    """Run `maskgate ARGUMENTS` as the owner of a folder, with all his groups, if root asks and it is another's.

    Args:
        folder: which the command reads or writes.
        arguments: of the command line; None for those of this process.
        standard_input: a file that the owner may not be able to read.

    Returns:
        whether it was done; if not, the caller may do it itself.

    Raises:
        click.exceptions.Exit: with the command's exit code, if it failed; it has said why.
        InputError: if `standard_input` cannot be read.
    """
    owner = other_owner(folder)
    if owner is None:
        return False
    try:
        user = pwd.getpwuid(owner.uid)
        home, groups = user.pw_dir, os.getgrouplist(user.pw_name, owner.gid)
    except KeyError:
        home, groups = str(owner.folder), [owner.gid]
    with ExitStack() as stack:
        try:
            stdin = stack.enter_context(standard_input.open("rb")) if standard_input else None
        except OSError as error:
            raise InputError(f"{standard_input}: cannot be read ({error.strerror})") from error
        try:
            done = subprocess.run(  # noqa: S603 - this very program
                own_command("edge", *(sys.argv[1:] if arguments is None else arguments)),
                stdin=stdin,
                user=owner.uid,
                group=owner.gid,
                extra_groups=groups,
                umask=0o077,
                env=own_environment(HOME=home),
                check=False,
            )
        except OSError as error:
            cause = f"user {owner.uid}, whose folder {owner.folder} is, may not run it ({error.strerror})"
            raise ConfigError(f"{sys.executable}: {cause}; install Maskgate where everybody may read it") from error
    if done.returncode:
        raise click.exceptions.Exit(done.returncode if done.returncode > 0 else 128 - done.returncode)
    return True
