"""A state folder of another user than root's, as on a kiosk, and root's commands in it."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.host.interpreter import own_command, own_environment

SERVICE = 990, 991
"""User and group of the service."""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="NOT TESTED: giving a folder to another user needs root")


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder of root's that everybody may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="maskgate-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def service_folder() -> Iterator[Path]:
    """`state`, the service's, in an open folder of root's."""
    with open_folder() as place:
        state = place / "state"
        state.mkdir(mode=0o750)
        os.chown(state, *SERVICE)
        yield state


def python_for_all() -> str:
    """An interpreter of this version that every user may run: the tests' own may lie in root's home."""
    other = f"/usr/bin/python{sys.version_info[0]}.{sys.version_info[1]}"
    for python in (sys.executable, other):
        places = (Path(python).resolve(), *Path(python).resolve().parents)
        if all(place.exists() and place.stat().st_mode & 0o001 for place in places):
            return python
    pytest.skip(f"NOT TESTED: no Python that other users may run: neither {sys.executable} nor {other}")


def as_root(state: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run `maskgate ARGUMENTS`, a real process, as root."""
    environment = own_environment(STATE_DIRECTORY=str(state), PATH="/nowhere")
    environment["PYTHONPATH"] += os.pathsep + sysconfig.get_path("purelib")
    command = [python_for_all(), *own_command("edge", *map(str, arguments))[1:]]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def as_service(state: Path, script: str) -> None:
    """Have the service's user do something in its folder."""
    subprocess.run(
        ["/bin/sh", "-ec", script], cwd=state, user=SERVICE[0], group=SERVICE[1], extra_groups=[], check=True
    )


def owners(folder: Path) -> set[tuple[int, int]]:
    """Of everything below a folder."""
    return {(facts.st_uid, facts.st_gid) for path in folder.rglob("*") for facts in (path.lstat(),)}
