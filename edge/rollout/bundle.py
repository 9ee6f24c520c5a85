"""A model in one signed file: a ZIP of `bundle.json`, its Ed25519 signature `bundle.sig`, and the model's own files."""

from __future__ import annotations

import hashlib
import os
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.errors import ModelError, cause_of
from edge.networks.golden import FILE_NAME as GOLDEN
from edge.networks.manifest import FILE_NAME as MANIFEST
from edge.networks.manifest import WEIGHTS_FILE, load_manifest, sha256_of

CONTENTS, SIGNATURE = "bundle.json", "bundle.sig"

MAX_CONTENTS_BYTES = 64 * 1024
MAX_FILE_BYTES = 256 * 2**20
"""The largest model anybody would run on a Pi is a tenth of this."""

MAX_FILES = 16
MAX_DIRECTORY_BYTES = 8 * 1024
"""Of the list of its files, which `zipfile` reads as a whole: MAX_FILES of them, with the longest names, take 3 kB."""

_CHUNK = 1 << 20

_END = struct.Struct("<4s4H2LH")
"""The end record of a ZIP (APPNOTE.TXT, 4.3.16): mark, four numbers, size and place of the list, size of a comment."""

_END_MARK, _ZIP64_MARK, _ZIP64_BYTES = b"PK\x05\x06", b"PK\x06\x07", 20
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The others unpack to whatever they like at one stroke, or reserve gigabytes first."""

FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileFacts(_Record):
    """A file's size in bytes, and its SHA-256."""

    size: int = Field(ge=0, le=MAX_FILE_BYTES)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Contents(_Record):
    """`bundle.json`: which model it takes the place of, how new it is, and its files."""

    format: Literal[1] = 1
    model: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    version: int = Field(ge=1, lt=2**31)
    files: dict[FileName, FileFacts] = Field(min_length=1, max_length=MAX_FILES)


def write_bundle(folder: Path, target: Path, *, model: str, version: int, key: Path) -> Contents:
    """Pack and sign a model.

    Args:
        folder: of the model, with its manifest and golden answers; other files go along, but for what only a training
            needs.
        target: file to write.
        model: whose place it takes: the name in kiosks' `classifier.model`.
        version: greater than every one before.
        key: PEM file of the private key.

    Raises:
        ModelError: if the model is not complete, or the key cannot be used.
    """
    load_manifest(folder)
    if not (folder / GOLDEN).is_file():
        raise ModelError(f"{folder / GOLDEN}: is missing; without golden answers a kiosk could not test the model")
    private = _private_key(key)
    paths = [path for path in sorted(folder.iterdir()) if path.is_file() and path.name != WEIGHTS_FILE]
    try:
        files = {path.name: FileFacts(size=path.stat().st_size, sha256=sha256_of(path)) for path in paths}
        contents = Contents(model=model, version=version, files=files)
    except ValidationError as error:
        first = error.errors()[0]
        raise ModelError(f"{folder}: {'.'.join(map(str, first['loc']))}: {cause_of(first)}") from error
    text = contents.model_dump_json(indent=1).encode()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(CONTENTS, text)
        archive.writestr(SIGNATURE, private.sign(text))
        for path in paths:
            archive.write(path, path.name)
    return contents


def open_bundle(path: Path, keys: Iterable[Path]) -> Contents:
    """Check the signature; look at nothing else before.

    Args:
        path: the bundle.
        keys: PEM files of public keys; one of them must have signed.

    Raises:
        ModelError: if it is no bundle, or nobody trusted has signed it.
    """
    trusted = trusted_keys(keys)
    with _archive(path) as archive:
        text = _read_small(archive, CONTENTS, path)
        signature = _read_small(archive, SIGNATURE, path)
    if not any(_has_signed(key, signature, text) for key in trusted):
        raise ModelError(f"{path}: its signature is wrong; it was changed, or signed with a key that is not trusted")
    try:
        return Contents.model_validate_json(text)
    except ValidationError as error:
        raise ModelError(f"{path}: {CONTENTS}: {cause_of(error.errors()[0])}; made for another version") from error


def trusted_keys(paths: Iterable[Path]) -> tuple[Ed25519PublicKey, ...]:
    """The public keys in some PEM files.

    Raises:
        ModelError: if one cannot be used, or there is none.
    """
    keys = tuple(_public_keys(paths))
    if not keys:
        raise ModelError("no release key is trusted: name its file in models.keys")
    return keys


def unpack(path: Path, contents: Contents, folder: Path) -> None:
    """Write the files of a bundle whose signature was checked into an empty folder.

    Raises:
        ModelError: if a file is not what was signed.
    """
    with _archive(path) as archive:
        names = sorted(archive.namelist())
        if names != sorted((CONTENTS, SIGNATURE, *contents.files)):
            raise ModelError(f"{path}: contains other files than the signed ones")
        if MANIFEST not in contents.files or GOLDEN not in contents.files:
            raise ModelError(f"{path}: contains no {MANIFEST} or no {GOLDEN}; pack it again")
        for name, facts in contents.files.items():
            with archive.open(name) as source, (folder / name).open("wb") as target:
                if _copy(source, target, facts.size) != facts.sha256:
                    raise ModelError(f"{path}: {name} is not the file that was signed; fetch the bundle again")


def _copy(source: IO[bytes], target: IO[bytes], size: int) -> str:
    """Copy at most one byte more than `size`; returns the SHA-256 of what was copied."""
    digest, left = hashlib.sha256(), size + 1
    while left and (chunk := source.read(min(_CHUNK, left))):
        target.write(chunk)
        digest.update(chunk)
        left -= len(chunk)
    return digest.hexdigest()


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """A ZIP whose damage is one clear error; a directory larger than any bundle's is not read at all."""
    try:
        with path.open("rb") as file:
            _check_end(file, path)
            with zipfile.ZipFile(file) as archive:
                if any(member.compress_type not in _COMPRESSIONS for member in archive.infolist()):
                    raise ModelError(f"{path}: uses a compression that bundles never have; pack it again")
                yield archive
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from error
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        KeyError,
        ValueError,
        MemoryError,
    ) as error:
        raise ModelError(f"{path}: is not a bundle, or is damaged ({error}); fetch it again") from error


def _check_end(file: IO[bytes], path: Path) -> None:
    """See that the end record, which a ZIP is read by, promises no more than a bundle has.

    Raises:
        ModelError: if it does, or there is none.
    """
    end = file.seek(0, os.SEEK_END) - _END.size
    file.seek(max(0, end - _ZIP64_BYTES))
    tail = file.read()
    record, before = tail[-_END.size :], tail[: -_END.size]
    # With a comment, `zipfile` would look for another end record further up.
    has_comment = record[-2:] != bytes(2)
    if end < 0 or record[:4] != _END_MARK or has_comment or before.startswith(_ZIP64_MARK):
        raise ModelError(f"{path}: is not a bundle, or is damaged (its end is missing); fetch it again")
    *_, files, size, _, _ = _END.unpack(record)
    if files > MAX_FILES + 2 or size > MAX_DIRECTORY_BYTES:
        raise ModelError(f"{path}: is not a bundle: it claims {files} files and {size} bytes to list them")


def _read_small(archive: zipfile.ZipFile, name: str, path: Path) -> bytes:
    with archive.open(name) as file:
        text = file.read(MAX_CONTENTS_BYTES + 1)
    if len(text) > MAX_CONTENTS_BYTES:
        raise ModelError(f"{path}: {name} has more than {MAX_CONTENTS_BYTES} bytes")
    return text


def _has_signed(key: Ed25519PublicKey, signature: bytes, text: bytes) -> bool:
    try:
        key.verify(signature, text)
    except InvalidSignature:
        return False
    return True


def _public_keys(paths: Iterable[Path]) -> Iterator[Ed25519PublicKey]:
    for path in paths:
        try:
            key = load_pem_public_key(path.read_bytes())
        except (OSError, ValueError) as error:
            raise ModelError(f"{path}: cannot be used as a public key ({error}); correct models.keys") from error
        if not isinstance(key, Ed25519PublicKey):
            raise ModelError(f"{path}: is not an Ed25519 key; correct models.keys")
        yield key


def _private_key(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"{path}: cannot be used as a private key ({error})") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ModelError(f"{path}: is not an Ed25519 key; make one: openssl genpkey -algorithm ed25519 -out {path}")
    return key
