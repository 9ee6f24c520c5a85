"""A folder as one file, the same bytes each time, and what it is known by: sums and a signature."""

from __future__ import annotations

import gzip
import hashlib
import tarfile
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

SUMS, SIGNATURE = "SHA256SUMS", "SHA256SUMS.sig"


def sign(folder: Path, key: Path | None) -> None:
    """Name every file of a folder with its SHA-256 in SHA256SUMS, and sign that, as `install.sh verify` wants it.

    Raises:
        click.ClickException: if the key cannot be used.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in {SUMS, SIGNATURE})
    lines = (f"{hashlib.sha256(path.read_bytes()).hexdigest()}  ./{path.relative_to(folder)}\n" for path in files)
    text = "".join(lines).encode()
    (folder / SUMS).write_bytes(text)
    if key is not None:
        (folder / SIGNATURE).write_bytes(_private(key).sign(text))


def pack(folder: Path, target: Path, *, made_at: int) -> None:
    """Write a folder into a .tar.gz: by name, everything root's, everything of one time (seconds since 1970)."""
    # A name in gzip's header would tell where it was written.
    with (
        target.open("wb") as file,
        gzip.GzipFile("", "wb", compresslevel=9, fileobj=file, mtime=made_at) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path in [folder, *sorted(folder.rglob("*"))]:
            entry = archive.gettarinfo(path, str(path.relative_to(folder.parent)))
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = "root"
            entry.mtime = made_at
            entry.mode = 0o755 if path.is_dir() or entry.mode & 0o100 else 0o644
            if path.is_file():
                with path.open("rb") as content:
                    archive.addfile(entry, content)
            else:
                archive.addfile(entry)


def _private(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise click.ClickException(f"{path}: cannot be used as a private key ({error})") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise click.ClickException(
            f"{path}: is no Ed25519 key; make one: openssl genpkey -algorithm ed25519 -out {path}"
        )
    return key
