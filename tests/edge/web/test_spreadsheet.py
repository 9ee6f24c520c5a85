"""Rows as .xlsx, read back from the file's own XML."""

from __future__ import annotations

import builtins
import io
import zipfile
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from edge.errors import ConfigError
from edge.web.spreadsheet import as_spreadsheet

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def cells(content: bytes) -> list[list[tuple[str | None, str]]]:
    """Type and value of every cell, row by row; `s` is text, None a number."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        texts = ["".join(one.itertext()) for one in ET.fromstring(book.read("xl/sharedStrings.xml"))]
        sheet = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))
    assert not sheet.findall(f".//{SHEET}f"), "a formula"
    return [
        [
            (cell.get("t"), texts[int(value)] if cell.get("t") == "s" else value)
            for cell in row
            for value in [cell.findtext(f"{SHEET}v", "")]
        ]
        for row in sheet.iter(f"{SHEET}row")
    ]


def test_numbers_dates_and_text() -> None:
    """Each is what it is; what is not known stays empty."""
    record = {"id": 7, "at": datetime(2026, 1, 31, 12), "lasted_s": 2.5, "note": "Mütze", "status": None}  # noqa: DTZ001
    header, row = cells(as_spreadsheet("Incidents", [record], tuple(record)))
    assert header == [("s", name) for name in record]
    assert row == [(None, "7"), (None, "46053.5"), (None, "2.5"), ("s", "Mütze")]


@pytest.mark.parametrize("text", ['=HYPERLINK("http://x","y")', "+1", "-1+1", "@SUM(A1)", "{=1}", "http://x"])
def test_text_is_no_formula(text: str) -> None:
    """Nor a link: it is what somebody typed."""
    _, row = cells(as_spreadsheet("Incidents", [{"note": text}], ("note",)))
    assert row == [("s", text)]


def test_without_the_library_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do."""
    original = builtins.__import__

    def without(name: str, *arguments: Any, **options: Any) -> Any:
        if name == "xlsxwriter":
            raise ImportError("No module named 'xlsxwriter'", name=name)
        return original(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match=r"a spreadsheet needs an extra: .*spreadsheet"):
        as_spreadsheet("Incidents", [], ("note",))
