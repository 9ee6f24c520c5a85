"""Files that are replaced in one step."""

from __future__ import annotations

from pathlib import Path

from edge.host.files import write_atomically


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    """What was half written before does not matter, and nothing is left lying about."""
    path = tmp_path / "deep" / "file"
    write_atomically(path, b"one")
    (tmp_path / "deep" / ".file.new").write_bytes(b"half")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]
