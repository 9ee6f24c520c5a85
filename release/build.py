"""From a commit to what is handed out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from release.archive import SUMS, pack, sign
from release.debian import package
from release.sbom import sbom
from release.wheels import Lock, Wheel, fetch

ROOT = Path(__file__).resolve().parent.parent
WHEELS = ROOT / "build/wheels"
"""Fetched once; each is known by its hash."""

NOT_IN_SITE = ("*.map", "lunr", "search_index.json", "mermaid.js")
"""For debuggers, other languages and web servers; and what draws the architecture's diagrams, which stand as text
instead: the archive has to stay below 150 MB."""

SYSTEMS = ("cp311-aarch64", "cp313-aarch64")
"""Raspberry Pi OS bookworm and trixie, 64-bit."""


@dataclass(frozen=True)
class Release:
    """The folder that becomes the archive, and what is in it.

    Attributes:
        made_at: of the commit, seconds since 1970; every file's time.
        wheels: of each system, by the name of its lock.
    """

    folder: Path
    own: Wheel
    wheels: dict[str, tuple[Wheel, ...]]
    made_at: int


def build(commit: str, out: Path, *, key: Path | None = None) -> Iterator[Path]:
    """Make everything, and tell each file that was made.

    Args:
        commit: or tag; what is not committed is left out.
        out: gets a folder maskgate-VERSION for the results; one that is there is replaced.
        key: signs; without it nothing is signed.

    Raises:
        click.ClickException: if a part cannot be had or made.
    """
    out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="maskgate-release-") as name:
        place = Path(name)
        sources = _sources(commit, place / "sources")
        made = assemble(sources, place, made_at=int(_read("git", "log", "-1", "--format=%ct", commit)), key=key)
        out = out / made.folder.name
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        archive = out / f"{made.folder.name}.tar.gz"
        pack(made.folder, archive, made_at=made.made_at)
        yield archive
        for lock in SYSTEMS:
            of_system = Lock(sources / f"systemd/locks/{lock}.txt")
            yield package(sources, made.own, made.wheels[lock], of_system, out, made_at=made.made_at)
        yield Path(shutil.copy(made.folder / "sbom.cdx.json", out))
        sign(out, key)
        yield out / SUMS


def assemble(sources: Path, place: Path, *, made_at: int, key: Path | None) -> Release:
    """Lay out a release's folder.

    Args:
        sources: of the commit.
        place: gets the folder.
        made_at: seconds since 1970.
        key: signs.
    """
    # Python packers and mkdocs take every time from it.
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(made_at), "NO_MKDOCS_2_WARNING": "1"}
    python = (sys.executable, "-m")
    options = ("--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation", "--wheel-dir", str(place))
    _read(*python, "pip", "wheel", *options, ".", cwd=sources, env=environment)
    [path] = place.glob("maskgate-*.whl")
    folder = place / "-".join(path.name.split("-")[:2])
    (folder / "wheels").mkdir(parents=True)
    own = Wheel.read(path.rename(folder / path.name))
    for name in ("systemd", "docs"):
        shutil.copytree(sources / name, folder / name)
    # The site beside the texts: each picture is there once, under the name that both know.
    site = ("mkdocs", "build", "--quiet", "--strict", "--site-dir", str(place / "site"))
    _read(*python, *site, cwd=sources, env=environment)
    shutil.copytree(place / "site", folder / "docs", dirs_exist_ok=True, ignore=shutil.ignore_patterns(*NOT_IN_SITE))
    wheels = {lock: fetch(Lock(sources / f"systemd/locks/{lock}.txt"), WHEELS / lock) for lock in SYSTEMS}
    everything = {wheel.path.name: wheel for some in wheels.values() for wheel in some}
    for wheel in everything.values():
        shutil.copy(wheel.path, folder / "wheels")
    (folder / "sbom.cdx.json").write_text(sbom(own, everything.values(), made_at=made_at), encoding="utf-8")
    sign(folder, key)
    return Release(folder, own, wheels, made_at)


def _sources(commit: str, folder: Path) -> Path:
    packed = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True).stdout  # noqa: S603, S607
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def _read(*command: str, cwd: Path = ROOT, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise click.ClickException(f"{' '.join(command)}: {(done.stdout + done.stderr)[-2000:]}")
    return done.stdout.strip()
