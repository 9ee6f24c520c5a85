"""Debian packages, one for each release of the system: what it needs lies in it, made for that release's Python.

dpkg places units, command and manual. The environment is made on the Pi by the same `install.sh` as from the archive
(`deploy`), so that both prove a version, switch to it and come back from it in one way.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from email.utils import formatdate
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from packaging.version import Version

from release.wheels import Lock, Wheel

SCRIPTS = Path(__file__).resolve().parent / "scripts"
NAMES = {"311": "deb12", "313": "deb13"}
"""Of bookworm and trixie, as Debian marks packages that were built for one of them."""

HOME = "usr/share/maskgate/release"
PLACES = {
    "maskgate.service": "usr/lib/systemd/system/maskgate.service",
    "maskgate@.service": "usr/lib/systemd/system/maskgate@.service",
    "maskgate.slice": "usr/lib/systemd/system/maskgate.slice",
    "maskgate-update.path": "usr/lib/systemd/system/maskgate-update.path",
    "maskgate-update.service": "usr/lib/systemd/system/maskgate-update.service",
    "maskgate-door.service": "usr/lib/systemd/system/maskgate-door.service",
    "maskgate.sysusers": "usr/lib/sysusers.d/maskgate.conf",
    "maskgate.tmpfiles": "usr/lib/tmpfiles.d/maskgate.conf",
    "60-maskgate.rules": "usr/lib/udev/rules.d/60-maskgate.rules",
    "maskgate.system.conf": "usr/lib/systemd/system.conf.d/maskgate.conf",
}
LINKS = {
    "usr/bin/maskgate": "/opt/maskgate/current/bin/maskgate",
    "usr/sbin/maskgate-setup": "../share/maskgate/release/systemd/install.sh",
}
MACHINES = {"aarch64": "arm64", "x86_64": "amd64"}

CONTROL = """\
Package: maskgate
Version: {version}
Architecture: {architecture}
Maintainer: The Maskgate developers <nobody@maskgate.invalid>
Installed-Size: {size}
Depends: python3 (>= {python}), python3 (<< {next_python}), python3-venv, python3-lgpio, systemd, openssl, passwd
Recommends: python3-picamera2
Section: misc
Priority: optional
Description: face mask check at a door
 A Raspberry Pi watches an entry for faces and says at once whether everyone
 wears a mask properly: green lamp and open door, or red lamp and buzzer.
 .
 Everything that it needs of Python's packages lies in this package, and is
 installed into an environment of its own, without a network.
"""

COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: maskgate

Files: *
Copyright: 2026 The Maskgate developers
License: Apache-2.0
 On Debian systems the full text of the Apache License 2.0 is in
 /usr/share/common-licenses/Apache-2.0. The wheels in
 /usr/share/maskgate/release/wheels are under the licences that each of them
 carries in its METADATA.
"""

CHANGELOG = """\
maskgate ({version}) unstable; urgency=medium

  * See CHANGELOG.md.gz.

 -- The Maskgate developers <nobody@maskgate.invalid>  {date}
"""

OVERRIDES = """\
# There is no address yet to which mail could go.
maskgate: bogus-mail-host Maintainer nobody@maskgate.invalid
# deb-systemd-invoke knows no reset-failed, and a list of the board's doors is asked for.
maskgate: maintainer-script-calls-systemctl *
"""


def debian_version(version: str, system: str) -> str:
    """As Debian orders it: a version on the way to a release comes before it."""
    parsed = Version(version)
    before = f"~{parsed.pre[0]}{parsed.pre[1]}" if parsed.pre else ""
    before += f"~dev{parsed.dev}" if parsed.dev is not None else ""
    return f"{parsed.base_version}{before}+{system}"


def package(sources: Path, own: Wheel, wheels: Iterable[Wheel], lock: Lock, out: Path, *, made_at: int) -> Path:
    """Make the package for one release of the system.

    Args:
        sources: with systemd/, docs/, CHANGELOG.md, and the packages themselves, whose command writes its manual.
        own: the kiosk's wheel.
        wheels: what the lock names.
        lock: names Python and machine.
        out: folder for the file.
        made_at: seconds since 1970.

    Raises:
        click.ClickException: if it cannot be made.
    """
    version, minor = debian_version(own.version, NAMES[lock.python]), int(lock.python[1:])
    architecture = MACHINES[lock.machine]
    with TemporaryDirectory(prefix="maskgate-package-") as name:
        root = Path(name) / "maskgate"
        _lay_out(root, sources, [own, *wheels])
        _document(root, sources, version, made_at=made_at)
        _write_control(
            root, version=version, architecture=architecture, python=f"3.{minor}", next_python=f"3.{minor + 1}"
        )
        _fix(root, made_at=made_at)
        target = out / f"maskgate_{version}_{architecture}.deb"
        # Wheels are packed already: more work would save one part in a hundred.
        command = ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", str(root), str(target)]
        environment = {**os.environ, "SOURCE_DATE_EPOCH": str(made_at)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise click.ClickException(f"{target.name}: {done.stderr.strip()}")
    return target


def _fix(root: Path, *, made_at: int) -> None:
    """Give everything the mode and the time that it has whoever makes it, and when."""
    scripts = {"install.sh", "maskgate-card", *(path.name for path in SCRIPTS.iterdir())}
    for path in [*root.rglob("*"), root]:
        os.utime(path, (made_at, made_at), follow_symlinks=False)
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.name in scripts else 0o644)


def _lay_out(root: Path, sources: Path, wheels: Iterable[Wheel]) -> None:
    own, *others = wheels
    home = root / HOME
    (home / "wheels").mkdir(parents=True)
    shutil.copy(own.path, home)
    for wheel in others:
        shutil.copy(wheel.path, home / "wheels")
    shutil.copytree(sources / "systemd", home / "systemd")
    shutil.copytree(sources / "docs", home / "docs", ignore=shutil.ignore_patterns("*.py", "*.ipynb", "site"))
    for name, place in PLACES.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(sources / "systemd" / name, root / place)
    for place, target in LINKS.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).symlink_to(target)


def _document(root: Path, sources: Path, version: str, *, made_at: int) -> None:
    """Manual, completion, and what Debian wants of every package."""
    manuals, completions, doc = (
        root / "usr/share" / name for name in ("man/man1", "bash-completion/completions", "doc/maskgate")
    )
    for folder in (manuals, completions, doc, root / "usr/share/lintian/overrides"):
        folder.mkdir(parents=True)
    environment = {**os.environ, "PYTHONPATH": str(sources), "SOURCE_DATE_EPOCH": str(made_at)}
    maskgate = "import sys; sys.argv[0] = 'maskgate'; from edge.commands.main import main; main()"
    for arguments, extra in (
        (["man-pages", str(manuals)], {}),
        ([], {"_MASKGATE_COMPLETE": "bash_source"}),
    ):
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-c", maskgate, *arguments],
            cwd=sources,
            env={**environment, **extra},
            capture_output=True,
            check=True,
        )
        if extra:
            (completions / "maskgate").write_bytes(done.stdout)
    for page in sorted(manuals.iterdir()):
        _compress(page.with_name(f"{page.name}.gz"), page.read_bytes())
        page.unlink()
    _compress(doc / "changelog.gz", CHANGELOG.format(version=version, date=formatdate(made_at)).encode())
    _compress(doc / "CHANGELOG.md.gz", (sources / "CHANGELOG.md").read_bytes())
    (doc / "copyright").write_text(COPYRIGHT, encoding="utf-8")
    (root / "usr/share/lintian/overrides/maskgate").write_text(OVERRIDES, encoding="utf-8")


def _compress(path: Path, content: bytes) -> None:
    path.write_bytes(gzip.compress(content, 9, mtime=0))


def _write_control(root: Path, **facts: str) -> None:
    files = sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    control = root / "DEBIAN"
    control.mkdir()
    size = sum(path.stat().st_size for path in files) // 1024
    (control / "control").write_text(CONTROL.format(size=size, **facts), encoding="utf-8")
    sums = (f"{hashlib.md5(path.read_bytes()).hexdigest()}  {path.relative_to(root)}\n" for path in files)  # noqa: S324 - dpkg's
    (control / "md5sums").write_text("".join(sums), encoding="utf-8")
    for script in SCRIPTS.iterdir():
        shutil.copy(script, control)
