"""Whether a release is what was signed."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.errors import UpdateError
from edge.web.updates.signed import check_release
from release.archive import sign
from tests.edge.web.updates.releases import make_package, make_release, repack
from tests.release import make_keys


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    """A publisher's."""
    (tmp_path / "keys").mkdir()
    return make_keys(tmp_path / "keys")


def test_what_was_signed_is_taken(keys: tuple[Path, Path], tmp_path: Path) -> None:
    """An archive, and a package with its sums; one of several keys is enough."""
    private, public = keys
    (tmp_path / "others").mkdir()
    trusted = [make_keys(tmp_path / "others")[1], public]
    check_release(make_release(tmp_path, private), trusted)
    check_release(make_package(tmp_path / "deb", private), trusted)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        pytest.param(lambda r: (r / "systemd/install.sh").write_text("rm"), "systemd/install.sh is not", id="changed"),
        pytest.param(lambda r: (r / "systemd/install.sh").unlink(), "systemd/install.sh is not", id="missing"),
        pytest.param(lambda r: (r / "more.sh").write_text("rm"), "more.sh is not the file", id="more"),
        pytest.param(lambda r: (r / "wheels-b.whl").touch(), "wheels-b.whl is not the file", id="a wheel"),
        pytest.param(lambda r: (r / "SHA256SUMS.sig").unlink(), "is not signed", id="unsigned"),
        pytest.param(lambda r: (r / "SHA256SUMS").unlink(), "is not signed", id="no list"),
        pytest.param(lambda r: sign(r, make_keys(r.parent.parent)[0]), "its signature is wrong", id="another key"),
        pytest.param(lambda r: (r / "link").symlink_to("/etc/shadow"), "is no release", id="a link"),
    ],
)
def test_what_was_not_signed_is_refused(
    change: Callable[[Path], object], complaint: str, keys: tuple[Path, Path], tmp_path: Path
) -> None:
    """And the file that is wrong is named."""
    path = make_release(tmp_path, keys[0])
    repack(path, change)
    with pytest.raises(UpdateError, match=complaint):
        check_release(path, [keys[1]])


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08\x00"], ids=["empty", "text", "half"])
def test_what_is_no_archive_is_refused(content: bytes, keys: tuple[Path, Path], tmp_path: Path) -> None:
    """With one clear error."""
    path = tmp_path / "maskgate-1.0.tar.gz"
    path.write_bytes(content)
    with pytest.raises(UpdateError, match=r"maskgate-1\.0\.tar\.gz: is (damaged|not signed)"):
        check_release(path, [keys[1]])


def test_half_an_archive_is_refused(keys: tuple[Path, Path], tmp_path: Path) -> None:
    """An upload that lost its end."""
    path = make_release(tmp_path, keys[0], padding=10_000)
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(UpdateError, match=r"is (damaged|not the file that was signed)"):
        check_release(path, [keys[1]])


def test_a_bomb_is_not_unpacked(keys: tuple[Path, Path], tmp_path: Path) -> None:
    """A file that would unpack to gigabytes is refused by what it claims."""
    path = tmp_path / "maskgate-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo("maskgate-1.0/huge")
        member.size = 2**33
        archive.fileobj.write(member.tobuf())
        archive.fileobj.write(io.BytesIO(bytes(2**16)).read())
    with pytest.raises(UpdateError, match="is no release"):
        check_release(path, [keys[1]])


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_name_is_not_unpacked_to_gigabytes(kind: bytes, keys: tuple[Path, Path], tmp_path: Path) -> None:
    """Such a header is read into memory whole: it is refused by what it claims."""
    path = tmp_path / "maskgate-1.0.tar.gz"
    member = tarfile.TarInfo("long")
    member.type, member.size = kind, 2**31
    with gzip.open(path, "wb") as file:
        file.write(member.tobuf(tarfile.GNU_FORMAT))
        file.write(bytes(2**20))
    with pytest.raises(UpdateError, match=r"maskgate-1\.0\.tar\.gz: is no release of Maskgate"):
        check_release(path, [keys[1]])


def test_another_package_is_refused(keys: tuple[Path, Path], tmp_path: Path) -> None:
    """Its sums lie beside it, and are of another."""
    path = make_package(tmp_path / "deb", keys[0])
    path.write_bytes(b"another")
    with pytest.raises(UpdateError, match="is not the file that was signed"):
        check_release(path, [keys[1]])
    (path.parent / "SHA256SUMS").unlink()
    with pytest.raises(UpdateError, match="is not signed"):
        check_release(path, [keys[1]])


def test_a_key_that_is_none_is_named(keys: tuple[Path, Path], tmp_path: Path) -> None:
    """By its file."""
    path, none = make_release(tmp_path, keys[0]), tmp_path / "release.pem"
    none.write_text("no key")
    with pytest.raises(UpdateError, match=r"release\.pem: cannot be used as a public key"):
        check_release(path, [none])
