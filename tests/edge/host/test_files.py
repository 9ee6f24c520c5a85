"""Files that are replaced in one step."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.host.files import replacing, write_atomically


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    """What was half written before does not matter, and nothing is left lying about."""
    path = tmp_path / "deep" / "file"
    write_atomically(path, b"one")
    (tmp_path / "deep" / ".new-file").write_bytes(b"half")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


def test_others_write_the_new_file(tmp_path: Path) -> None:
    """The old one stays until the block ends; the new one has its suffixes."""
    path = tmp_path / "last.weights.h5"
    path.write_text("old")
    with replacing(path) as fresh:
        assert fresh.name.endswith(".weights.h5")
        fresh.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_writer_that_fails_changes_nothing(tmp_path: Path) -> None:
    """Its error comes through, the old file stays, and half a new one does not."""
    path = tmp_path / "file"
    path.write_text("old")
    (tmp_path / ".new-file").write_text("half")
    with pytest.raises(IsADirectoryError), replacing(path) as fresh:
        fresh.write_text(tmp_path.read_text())
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
