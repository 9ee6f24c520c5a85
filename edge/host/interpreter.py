"""This very program in another process."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


def own_command(module: str, *arguments: str) -> list[str]:
    """What runs a module of this program; -P: none is taken from the current folder, whosever it is."""
    return [sys.executable, "-P", "-m", module, *arguments]


def own_environment(**changes: str) -> dict[str, str]:
    """This process's variables, by which the other one finds the same program, wherever it lies."""
    path = os.pathsep.join(part for part in (str(_ROOT), os.environ.get("PYTHONPATH", "")) if part)
    return {**os.environ, "PYTHONPATH": path, **changes}
