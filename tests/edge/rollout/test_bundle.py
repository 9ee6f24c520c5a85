"""Signed bundles: what was packed comes out, and nothing else does."""

from __future__ import annotations

import io
import json
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, x25519

from edge.errors import ModelError
from edge.networks.manifest import WEIGHTS_FILE
from edge.rollout.bundle import CONTENTS, SIGNATURE, open_bundle, unpack, write_bundle
from tests.release import make_keys, make_model


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return make_model(tmp_path / "model")


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    return make_keys(tmp_path)


@pytest.fixture
def bundle(model: Path, keys: tuple[Path, Path], tmp_path: Path) -> Path:
    write_bundle(model, tmp_path / "bundle", model="colour", version=3, key=keys[0])
    return tmp_path / "bundle"


def rewrite(bundle: Path, change: Callable[[dict[str, bytes]], None], compression: int = zipfile.ZIP_STORED) -> None:
    """Put a bundle together anew, with other members."""
    with zipfile.ZipFile(bundle) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(bundle, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def take_in(bundle: Path, key: Path, folder: Path) -> None:
    folder.mkdir()
    unpack(bundle, open_bundle(bundle, [key]), folder)


def test_what_was_packed_comes_out(model: Path, bundle: Path, keys: tuple[Path, Path], tmp_path: Path) -> None:
    """Every file, byte for byte, under the name and version it was given."""
    contents = open_bundle(bundle, [keys[1]])
    assert (contents.model, contents.version) == ("colour", 3)
    take_in(bundle, keys[1], tmp_path / "out")
    assert {p.name: p.read_bytes() for p in model.iterdir()} == {
        p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()
    }


def test_weights_to_learn_on_from_stay_behind(model: Path, keys: tuple[Path, Path], tmp_path: Path) -> None:
    """They are larger than the model, and no kiosk needs them."""
    (model / WEIGHTS_FILE).write_bytes(b"weights")
    write_bundle(model, tmp_path / "bundle", model="colour", version=3, key=keys[0])
    assert WEIGHTS_FILE not in open_bundle(tmp_path / "bundle", [keys[1]]).files


def test_one_of_several_trusted_keys_suffices(bundle: Path, keys: tuple[Path, Path], tmp_path: Path) -> None:
    """A key can be replaced by a new one while both are trusted."""
    (tmp_path / "other").mkdir()
    other = make_keys(tmp_path / "other")[1]
    assert open_bundle(bundle, [other, keys[1]]).version == 3
    with pytest.raises(ModelError, match="its signature is wrong"):
        open_bundle(bundle, [other])
    with pytest.raises(ModelError, match="no release key is trusted"):
        open_bundle(bundle, [])


def change_model(members: dict[str, bytes]) -> None:
    name = next(name for name in members if name.endswith(".tflite"))
    members[name] = members[name][:-1] + bytes([members[name][-1] ^ 1])


def change_version(members: dict[str, bytes]) -> None:
    members[CONTENTS] = members[CONTENTS].replace(b'"version": 3', b'"version": 9')


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (change_model, "is not the file that was signed"),
        (change_version, "its signature is wrong"),
        (lambda members: members.update({SIGNATURE: bytes(64)}), "its signature is wrong"),
        (lambda members: members.update({SIGNATURE: b""}), "its signature is wrong"),
        (lambda members: members.pop(SIGNATURE), "is not a bundle, or is damaged"),
        (lambda members: members.pop("golden.json"), "contains other files than the signed ones"),
        (lambda members: members.update({"../../etc/passwd": b"root"}), "contains other files than the signed ones"),
        (
            lambda members: members.update({"golden.json": members["golden.json"] + b" " * 10_000_000}),
            "is not the file",
        ),
    ],
    ids=["model", "version", "forged", "unsigned", "no signature", "missing", "further", "bomb"],
)
def test_a_tampered_bundle_is_refused(
    change: Callable[[dict[str, bytes]], None], message: str, bundle: Path, keys: tuple[Path, Path], tmp_path: Path
) -> None:
    """Another byte, another version, another file, one more or one less; a bomb is not blown up."""
    rewrite(bundle, change, zipfile.ZIP_DEFLATED)
    with pytest.raises(ModelError, match=message):
        take_in(bundle, keys[1], tmp_path / "out")
    assert all(path.stat().st_size < 1_000_000 for path in (tmp_path / "out").glob("*"))


@pytest.mark.parametrize("content", [b"", b"no ZIP at all", b"PK\x03\x04" + bytes(100)])
def test_what_is_no_bundle_is_refused(content: bytes, keys: tuple[Path, Path], tmp_path: Path) -> None:
    """One clear error for a web page saved as a bundle, or half of a download."""
    (tmp_path / "bundle").write_bytes(content)
    with pytest.raises(ModelError, match="is not a bundle"):
        open_bundle(tmp_path / "bundle", [keys[1]])
    with pytest.raises(ModelError, match="cannot be read"):
        open_bundle(tmp_path / "none", [keys[1]])


def directory_of(entries: int, *, zip64: bool) -> bytes:
    """A ZIP that holds no file, and a list of many."""
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *[20] * 2, *[0] * 4, *[0] * 3, 1, *[0] * 4, 0, 0) + b"x"
    listed, size = entry * entries, len(entry) * entries
    if not zip64:
        return listed + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, *[min(entries, 65535)] * 2, size, 0, 0)
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, entries, entries, size, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, size, 1)
    # The plain record promises little.
    return listed + record + locator + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 3, 3, 200, 0, 0)


@pytest.mark.parametrize("zip64", [False, True])
def test_a_directory_of_a_million_entries_is_not_read(zip64: bool, keys: tuple[Path, Path], tmp_path: Path) -> None:
    """It would cost 400 MB before anybody has looked at the signature."""
    path = tmp_path / "bundle"
    path.write_bytes(directory_of(1_000_000, zip64=zip64))
    with zipfile.ZipFile(io.BytesIO(directory_of(1_000, zip64=zip64))) as archive:
        assert len(archive.namelist()) == 1_000
    tracemalloc.start()
    try:
        with pytest.raises(ModelError, match="is not a bundle"):
            open_bundle(path, [keys[1]])
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_no_second_end_is_looked_for(keys: tuple[Path, Path], tmp_path: Path) -> None:
    """A last record with a comment would send the reader to one further up, which promises a million files."""
    last = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 3, 3, 200, 0, 9)
    (tmp_path / "bundle").write_bytes(directory_of(1_000_000, zip64=False) + last)
    with pytest.raises(ModelError, match="its end is missing"):
        open_bundle(tmp_path / "bundle", [keys[1]])


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_no_other_compression_is_unpacked(bundle: Path, keys: tuple[Path, Path], compression: int) -> None:
    """A few bytes would become gigabytes at one stroke, before the signature."""
    rewrite(bundle, lambda members: None, compression)
    with pytest.raises(ModelError, match="uses a compression that bundles never have"):
        open_bundle(bundle, [keys[1]])


def test_half_a_bundle_is_refused(bundle: Path, keys: tuple[Path, Path], tmp_path: Path) -> None:
    """A download that broke off."""
    bundle.write_bytes(bundle.read_bytes()[:-200])
    with pytest.raises(ModelError, match="is not a bundle"):
        take_in(bundle, keys[1], tmp_path / "out")


def test_only_complete_models_are_packed(model: Path, keys: tuple[Path, Path], tmp_path: Path) -> None:
    """Without golden answers, with a damaged file or with a key of another kind nothing is written."""
    wrong = tmp_path / "wrong.pem"
    wrong.write_bytes(
        x25519.X25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    for key, name, message in (
        (wrong, "colour", "is not an Ed25519 key"),
        (tmp_path / "none", "colour", "cannot be used as a private key"),
        (keys[0], "No Name", "model: String should match"),
    ):
        with pytest.raises(ModelError, match=message):
            write_bundle(model, tmp_path / "new", model=name, version=1, key=key)
    with pytest.raises(ModelError, match="cannot be used as a public key"):
        open_bundle(tmp_path, [model / "golden.json"])
    (model / "golden.json").unlink()
    with pytest.raises(ModelError, match="without golden answers"):
        write_bundle(model, tmp_path / "new", model="colour", version=1, key=keys[0])
    assert not (tmp_path / "new").exists()


def test_the_signature_is_plain_ed25519(bundle: Path, keys: tuple[Path, Path]) -> None:
    """Over the bytes of bundle.json, so that other tools can check it, too."""
    public = serialization.load_pem_public_key(keys[1].read_bytes())
    assert isinstance(public, ed25519.Ed25519PublicKey)
    with zipfile.ZipFile(bundle) as archive:
        public.verify(archive.read(SIGNATURE), archive.read(CONTENTS))
        assert set(json.loads(archive.read(CONTENTS))) == {"format", "model", "version", "files"}
