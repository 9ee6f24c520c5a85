"""The wheels that a file of systemd/locks names."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

import click

GLIBC = ("manylinux_2_28", "manylinux_2_27", "manylinux2014")
"""Of bookworm (2.36) and trixie (2.41), as far as wheels are made for one so new."""


@dataclass(frozen=True, slots=True)
class Lock:
    """Versions and hashes for one Python on one machine, by its file: cp311-aarch64.txt."""

    path: Path

    @property
    def python(self) -> str:
        """As pip names it: 311."""
        return self.path.stem.partition("-")[0].removeprefix("cp")

    @property
    def machine(self) -> str:
        return self.path.stem.partition("-")[2]

    def hashes(self) -> dict[str, frozenset[str]]:
        """SHA-256 of every file that may be taken for a package, by the package's name.

        Raises:
            click.ClickException: if a package has none.
        """
        found: dict[str, frozenset[str]] = {}
        for entry in re.split(r"\n(?=[a-z0-9])", self.path.read_text(encoding="utf-8").strip()):
            name = entry.partition("==")[0]
            found[name] = frozenset(re.findall(r"--hash=sha256:([0-9a-f]{64})", entry))
            if not found[name]:
                raise click.ClickException(f"{self.path}: {name} has no hash; run make locks")
        return found


@dataclass(frozen=True, slots=True)
class Wheel:
    """One file: what it is, by its own metadata."""

    path: Path
    name: str
    version: str
    licence: str
    sha256: str

    @classmethod
    def read(cls, path: Path) -> Wheel:
        """Read its metadata."""
        with zipfile.ZipFile(path) as archive:
            (metadata,) = (name for name in archive.namelist() if name.count("/") == 1 and name.endswith("/METADATA"))
            facts = HeaderParser().parsestr(archive.read(metadata).decode())
        classified = (one.rpartition(" :: ")[2] for one in facts.get_all("Classifier", []) if one.startswith("License"))
        first_line = str(facts.get("License", "")).strip().partition("\n")[0]
        licence = str(facts.get("License-Expression", "")) or ", ".join(classified) or first_line
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return cls(path, normal(str(facts["Name"])), str(facts["Version"]), licence, digest)


def normal(name: str) -> str:
    """A package's name as indexes and locks write it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def fetch(lock: Lock, folder: Path) -> tuple[Wheel, ...]:
    """Fetch what a lock names into a folder that may hold some of it already.

    A lock is complete: what a package asks for besides is not looked for. Bookworm's NumPy is older than what OpenCV
    asks for, and works.

    Raises:
        click.ClickException: if a file cannot be had, or is another than the lock's.
    """
    allowed = lock.hashes()
    platforms = [option for glibc in GLIBC for option in ("--platform", f"{glibc}_{lock.machine}")]
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    fixed = ["--only-binary=:all:", "--require-hashes", "--python-version", lock.python, *platforms]
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([*pip, *fixed, "--dest", str(folder), "--requirement", str(lock.path)], check=False)  # noqa: S603
    if done.returncode:
        raise click.ClickException(f"{lock.path.name}: its wheels cannot be had")
    wheels = (Wheel.read(path) for path in sorted(folder.glob("*.whl")))
    ours = tuple(wheel for wheel in wheels if wheel.sha256 in allowed.get(wheel.name, ()))
    missing = set(allowed) - {wheel.name for wheel in ours}
    if missing:
        raise click.ClickException(
            f"{lock.path.name}: no file in {folder} has the hash of {', '.join(sorted(missing))}"
        )
    return ours
