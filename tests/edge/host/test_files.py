"""Files that are replaced in one step, and names of what is no file."""

from __future__ import annotations

import os
import socket
from contextlib import closing
from pathlib import Path

import pytest

from edge.host.files import replacing, why_no_input, write_atomically


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


def test_what_is_neither_a_file_nor_a_folder_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By what it is, and without opening it: a pipe waits for ever, a device never ends."""
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    for link, target in (("zero", "/dev/zero"), ("lost", "nowhere"), ("circle", "circle")):
        Path(link).symlink_to(target)
    Path("file").touch()
    with closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind("socket")
        told = {name: why_no_input(Path(name)) for name in ("pipe", "socket", "zero", "lost", "circle", "file", ".")}
    assert told == {
        "pipe": "a pipe, neither a file nor a folder",
        "socket": "a socket, neither a file nor a folder",
        "zero": "a device, neither a file nor a folder",
        "lost": "a link to a file that is not there",
        "circle": "Too many levels of symbolic links",
        "file": None,
        ".": None,
    }


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nowhere", "no such file or folder"),
        ("x" * 300, "File name too long"),
        ("a\0b", "no name that a file can have"),
        (f"{__file__}/a", "Not a directory"),
    ],
)
def test_a_name_that_stands_for_nothing_is_told(name: str, why: str) -> None:
    """Without a traceback."""
    assert why_no_input(Path(name)) == why
