"""Rows as a spreadsheet (.xlsx); needs the extra `spreadsheet`."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from importlib.util import find_spec

from edge.errors import ConfigError
from edge.host.extras import how_to_add

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

WIDEST = 60
"""Letters; a longer text is cut off by the next cell, or wrapped by whoever looks."""


def can_write() -> bool:
    """Whether the library is there."""
    return find_spec("xlsxwriter") is not None


def as_spreadsheet(name: str, records: Iterable[Mapping[str, object]], columns: Sequence[str]) -> bytes:
    """Records as the one sheet of a workbook, a header first.

    Text is text, whatever it begins with: a note `=1+1` is computed by nobody. Numbers are numbers, and times without a
    zone dates.

    Raises:
        ConfigError: if the library is missing.
    """
    try:
        import xlsxwriter  # noqa: PLC0415 - absent on most machines
    except ImportError as error:
        raise ConfigError(f"a spreadsheet needs an extra: {how_to_add('spreadsheet')}") from error
    content = io.BytesIO()
    rows: list[list[object]] = [[record[column] for column in columns] for record in records]
    with xlsxwriter.Workbook(content, {"in_memory": True, "default_date_format": "yyyy-mm-dd hh:mm:ss"}) as book:
        sheet = book.add_worksheet(name)
        bold = book.add_format({"bold": True})
        header: list[object] = list(columns)
        for number, row in enumerate([header, *rows]):
            for place, cell in enumerate(row):
                if isinstance(cell, datetime):
                    sheet.write_datetime(number, place, cell)
                elif isinstance(cell, int | float):
                    sheet.write_number(number, place, cell)
                elif cell is not None:
                    sheet.write_string(number, place, str(cell), None if number else bold)
        for place, column in enumerate(columns):
            longest = max([len(column), *(len(str(row[place])) for row in rows)])
            sheet.set_column(place, place, min(longest, WIDEST) + 2)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, len(rows), len(columns) - 1)
    return content.getvalue()
