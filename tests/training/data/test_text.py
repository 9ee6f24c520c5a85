"""Annotation files in the encodings that editors and tools of every country save."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.errors import InputError
from edge.pictures import write_jpeg
from training.data.layouts.export import Export
from training.data.layouts.table import read_table
from training.data.layouts.voc import read_voc
from training.data.text import read_text, read_xml

WORDS = "<a>面具</a>"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_is_believed(tmp_path: Path, encoding: str) -> None:
    """Excel and PowerShell save UTF-16, Notepad a mark before UTF-8."""
    path = tmp_path / "a.json"
    path.write_bytes(WORDS.encode(encoding))
    assert read_text(path) == WORDS


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    """By the file's name and the remedy."""
    path = tmp_path / "a.csv"
    path.write_bytes("Häuser".encode("latin-1"))
    with pytest.raises(InputError, match=r"a\.csv: is not text in UTF-8 .*; save it in UTF-8"):
        read_text(path)


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "utf-16"),
        ("utf-16", "UTF-8"),
        ("gbk", "GBK"),
        ("shift_jis", "Shift_JIS"),
    ],
)
def test_xml_is_read_as_it_is(tmp_path: Path, encoding: str, declared: str) -> None:
    """A mark counts more than a declaration, which tools write whatever they save; and Python's parser knows no GBK."""
    words = "面具" if encoding != "shift_jis" else "マスク"
    path = tmp_path / "a.xml"
    path.write_bytes(f'\n<?xml version="1.0" encoding="{declared}"?><a>{words}</a>'.encode(encoding))
    assert read_xml(path) == f"<a>{words}</a>"


def _picture(path: Path) -> None:
    write_jpeg(path, np.full((40, 50, 3), 90, np.uint8))


def annotated(folder: Path, encoding: str, declared: str) -> Export:
    """A picture with one face, annotated in VOC."""
    _picture(folder / "a.jpg")
    box = "".join(
        f"<{edge}>{at}</{edge}>" for edge, at in zip(("xmin", "ymin", "xmax", "ymax"), (3, 3, 30, 30), strict=True)
    )
    head = f'<?xml version="1.0" encoding="{declared}"?>'
    text = f"{head}<annotation><object><name>mask</name><bndbox>{box}</bndbox></object></annotation>"
    (folder / "a.xml").write_bytes(text.encode(encoding))
    return read_voc(folder)


@pytest.mark.parametrize(("encoding", "declared"), [("utf-16", "UTF-16"), ("utf-8-sig", "UTF-8"), ("gbk", "GBK")])
def test_pascal_voc_of_every_encoding(tmp_path: Path, encoding: str, declared: str) -> None:
    """Not a traceback, nor a set without faces."""
    export = annotated(tmp_path, encoding, declared)
    assert (len(export.pictures), export.faults) == (1, ())


def test_a_name_may_contain_the_end_of_a_line(tmp_path: Path) -> None:
    """Within quotes, as CSV has it (RFC 4180); a fault still takes one line."""
    _picture(tmp_path / "new\nline.jpg")
    table = tmp_path / "a.csv"
    table.write_text('path,label\n"new\nline.jpg",mask\n"no\nsuch.jpg",mask\n')
    export = read_table(tmp_path, table)
    assert [picture.path.name for picture in export.pictures] == ["new\nline.jpg"]
    assert len(export.faults) == 1
    assert "\n" not in export.faults[0].why


def test_a_table_of_nonsense_is_refused(tmp_path: Path) -> None:
    """A cell longer than any name, as where a quote was never closed."""
    table = tmp_path / "a.csv"
    table.write_text('path,label\n"' + "a" * 200_000)
    with pytest.raises(InputError, match=r"a\.csv:2: is not a table .*; save it as CSV again"):
        read_table(tmp_path, table)
