"""What a publisher hands out: the folder that is copied to a Pi, made from this checkout as the guide says."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

from edge import __version__
from release.wheels import Lock, fetch
from tests.machines.systems import BOOKWORM, TRIXIE, System

ROOT = Path(__file__).resolve().parent.parent.parent
UPGRADE = "98.0"
BROKEN = "99.0"
"""A version that proves itself, and whose kiosk crashes when it begins to watch as a service."""

EXTRAS = "web,mqtt,metrics,models"
BEGIN = '        self._journal.service("started")\n'
BROKEN_BEGIN = """\
        import os
        if "NOTIFY_SOCKET" in os.environ:
            raise RuntimeError("broken on purpose")
"""


class Release:
    """`systemd/`, `docs/`, three versions of the wheel, and in a folder for each system the wheels that they need."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("systemd", "docs"):
            shutil.copytree(ROOT / name, folder / name)
        sources = copy_sources(folder / "sources")
        self._wheel(sources, __version__)
        self._wheel(sources, UPGRADE)
        service = sources / "edge/service.py"
        text = service.read_text(encoding="utf-8")
        assert BEGIN in text
        service.write_text(text.replace(BEGIN, BROKEN_BEGIN), encoding="utf-8")
        self._wheel(sources, BROKEN)
        shutil.rmtree(sources)
        for system in (TRIXIE, BOOKWORM):
            self._download(system)

    @staticmethod
    def name(version: str) -> str:
        """A wheel's file name."""
        return f"maskgate-{version}-py3-none-any.whl"

    def _wheel(self, sources: Path, version: str) -> Path:
        module = sources / "edge/__init__.py"
        text = re.sub(r'^__version__ = ".*"$', f'__version__ = "{version}"', module.read_text("utf-8"), flags=re.M)
        module.write_text(text, encoding="utf-8")
        build_wheel(sources, self.folder)
        wheel = self.folder / self.name(version)
        assert wheel.exists()
        return wheel

    def _download(self, system: System) -> None:
        """What the release's own list names for a system."""
        lock = ROOT / f"systemd/locks/cp{system.python}-{platform.machine()}.txt"
        fetch(Lock(lock), self.folder / system.wheels)


def copy_sources(target: Path) -> Path:
    """What a wheel is made of, to be changed; the folder."""
    for name in ("edge", "convert", "training", "models"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, target / name)
    return target


def build_wheel(sources: Path, folder: Path, *, made_at: int | None = None) -> Path:
    """Make the wheel of some sources; every time in it is `made_at`, seconds since 1970, if that is given."""
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command = [*pip, "--no-build-isolation", "--wheel-dir", str(folder), str(sources)]
    environment = os.environ if made_at is None else {**os.environ, "SOURCE_DATE_EPOCH": str(made_at)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return max(folder.glob("maskgate-*.whl"), key=lambda wheel: wheel.stat().st_mtime)
