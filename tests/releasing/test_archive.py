"""Packing and signing a folder."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tarfile
from pathlib import Path

import click
import pytest

from release.archive import pack, sign
from tests.release import make_keys

MADE_AT = 1_800_000_000


def make_folder(place: Path, *, touched_at: int) -> Path:
    folder = place / "maskgate-1.0"
    (folder / "systemd").mkdir(parents=True)
    for name, text in (("systemd/install.sh", "#!/bin/sh\n"), ("b.whl", "wheel"), ("a.txt", "text")):
        (folder / name).write_text(text)
        os.utime(folder / name, (touched_at, touched_at))
    (folder / "systemd/install.sh").chmod(0o700)
    (folder / "a.txt").chmod(0o600)
    return folder


def test_the_same_bytes_twice(tmp_path: Path) -> None:
    """Whenever and wherever the files were written; every one is root's and can be read by all."""
    archives = []
    for number, place in enumerate(("one", "elsewhere/two")):
        folder = make_folder(tmp_path / place, touched_at=1_700_000_000 + number)
        archives.append(tmp_path / f"{number}.tar.gz")
        pack(folder, archives[-1], made_at=MADE_AT)
    assert archives[0].read_bytes() == archives[1].read_bytes()
    with tarfile.open(archives[0]) as archive:
        facts = {entry.name: (entry.mode, entry.uname, entry.mtime) for entry in archive}
    assert facts["maskgate-1.0/systemd/install.sh"] == (0o755, "root", MADE_AT)
    assert facts["maskgate-1.0/a.txt"] == (0o644, "root", MADE_AT)
    pack(folder, archives[1], made_at=MADE_AT + 1)
    assert archives[0].read_bytes() != archives[1].read_bytes()


def test_openssl_accepts_the_signature(tmp_path: Path) -> None:
    """Of a list that names every file; what openssl says is what the installer goes by."""
    folder = make_folder(tmp_path, touched_at=MADE_AT)
    private, public = make_keys(tmp_path)
    sign(folder, private)
    sums = (folder / "SHA256SUMS").read_text()
    assert f"{hashlib.sha256(b'wheel').hexdigest()}  ./b.whl\n" in sums
    assert len(sums.splitlines()) == 3
    verify = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", str(public)]
    command = [*verify, "-in", str(folder / "SHA256SUMS"), "-sigfile", str(folder / "SHA256SUMS.sig")]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    (folder / "SHA256SUMS").write_text(sums.replace("b.whl", "c.whl"))
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


def test_a_key_that_cannot_be_used(tmp_path: Path) -> None:
    """One line names it."""
    (tmp_path / "key").write_text("no key")
    with pytest.raises(click.ClickException, match="cannot be used as a private key"):
        sign(make_folder(tmp_path, touched_at=MADE_AT), tmp_path / "key")
