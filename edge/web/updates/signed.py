"""Whether a release is what somebody trusted has signed, looked at before root is asked to look again."""

from __future__ import annotations

import gzip
import hashlib
import tarfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from edge.errors import UpdateError

SUMS, SIGNATURE = "SHA256SUMS", "SHA256SUMS.sig"

MAX_UNPACKED = 600 * 2**20
MAX_FILES = 5000
MAX_SUMS = 2**20
MAX_TEXT = 2**16
_TEXTS = frozenset(
    {
        tarfile.XHDTYPE,
        tarfile.XGLTYPE,
        tarfile.SOLARIS_XHDTYPE,
        tarfile.GNUTYPE_LONGNAME,
        tarfile.GNUTYPE_LONGLINK,
    }
)
"""Members that tell of the next one, such as its name."""

_CHUNK = 2**20


def check_release(path: Path, keys: Sequence[Path]) -> None:
    """See that an archive, or a Debian package with its sums beside it, is what one of the keys signed.

    Args:
        path: the .tar.gz or .deb.
        keys: PEM files of Ed25519 public keys.

    Raises:
        UpdateError: if it is not; it says which file is wrong.
    """
    found = _of_package(path) if path.suffix == ".deb" else _of_archive(path)
    sums, signature = found.small.get(SUMS), found.small.get(SIGNATURE)
    if sums is None or signature is None:
        raise UpdateError(f"{path.name}: is not signed; take a signed release")
    if not any(_has_signed(key, signature, sums) for key in keys):
        raise UpdateError(f"{path.name}: its signature is wrong, or by none of {', '.join(key.name for key in keys)}")
    listed = _listed(sums)
    if path.suffix == ".deb":
        # Its release has other files, too.
        listed = {name: digest for name, digest in listed.items() if name in found.digests}
    wrong = sorted(name for name, digest in listed.items() if found.digests.get(name) != digest)
    # A wheel that nobody signed would be run as root, where no lock is for this Python.
    more = sorted(found.digests.keys() - listed.keys())
    if wrong or more:
        raise UpdateError(f"{path.name}: {[*wrong, *more][0]} is not the file that was signed; fetch the release again")


class _Header(tarfile.TarInfo):
    """A header of an archive, before what it tells of is read: a long name would be read into memory whole, and a
    megabyte may unpack to a gigabyte of it.
    """

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        header = super().frombuf(buf, encoding, errors)
        if header.type in _TEXTS and header.size > MAX_TEXT:
            raise UpdateError("is no release of Maskgate")
        return header


class _Found:
    """What a release holds: the SHA-256 of each file, and the two small ones that tell of them."""

    def __init__(self) -> None:
        self.digests: dict[str, str] = {}
        self.small: dict[str, bytes] = {}


def _of_package(path: Path) -> _Found:
    found = _Found()
    try:
        with path.open("rb") as file:
            found.digests[path.name] = _digest(file)
        for name in (SUMS, SIGNATURE):
            beside = path.with_name(name)
            if beside.is_file():
                with beside.open("rb") as file:
                    found.small[name] = file.read(MAX_SUMS)
    except OSError as error:
        raise UpdateError(f"{path.name}: cannot be read ({error.strerror})") from error
    return found


def _of_archive(path: Path) -> _Found:
    found, left = _Found(), MAX_UNPACKED
    try:
        with tarfile.open(path, "r|gz", bufsize=_CHUNK, tarinfo=_Header) as archive:
            for number, member in enumerate(archive):
                _top, _, name = member.name.partition("/")
                left -= member.size
                if number >= MAX_FILES or left < 0 or not (member.isdir() or member.isfile()):
                    raise UpdateError("is no release of Maskgate")  # noqa: TRY301 - told as that of a header is
                if not member.isfile():
                    continue
                content = archive.extractfile(member)
                assert content is not None
                if name in (SUMS, SIGNATURE):
                    found.small[name] = content.read(MAX_SUMS)
                else:
                    found.digests[name] = _digest(content)
    except UpdateError as error:
        raise UpdateError(f"{path.name}: {error}") from None
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, OSError) as error:
        raise UpdateError(f"{path.name}: is damaged, or no release; fetch it again ({error})") from error
    return found


def _digest(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _listed(sums: bytes) -> Mapping[str, str]:
    """File names and their SHA-256, as `sha256sum` writes them."""
    lines = (line.partition(" ") for line in sums.decode("utf-8", "replace").splitlines())
    return {name.lstrip(" *").removeprefix("./"): digest for digest, _, name in lines}


def _has_signed(key: Path, signature: bytes, text: bytes) -> bool:
    try:
        public = load_pem_public_key(key.read_bytes())
        if not isinstance(public, Ed25519PublicKey):
            raise UpdateError(f"{key}: is no Ed25519 key; put the publisher's there")
        public.verify(signature, text)
    except InvalidSignature:
        return False
    except (OSError, ValueError) as error:
        raise UpdateError(f"{key}: cannot be used as a public key ({error})") from error
    return True
