"""The page Reports."""

from __future__ import annotations

import pytest

from tests.edge.web.conftest import BARE, Site


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("", "day report, "),
        ("?span=week&date=2026-03-08", "week report, 2026-03-02 to 2026-03-08"),
        ("?date=<script>", "day report, "),
        ("?date=9999-12-31", "nothing is known of that day"),
        ("?date=0001-01-01", "nothing is known of that day"),
    ],
)
def test_a_report_is_shown(site: Site, query: str, told: str) -> None:
    """Of the day that is asked for, of yesterday, or why there is none."""
    site.show(BARE, "alert")
    with site.client() as client:
        answer = client.get(f"/reports{query}", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    assert told in answer.text
    assert "<script>" not in answer.text
