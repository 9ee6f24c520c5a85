"""Tests of training.evaluation.report."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.training.judged import some_figures
from training.evaluation.report import CAUTION, Card, Report, cards, false_alarms, write_html, write_markdown
from training.evaluation.tables import tables

FIGURES = some_figures()


class Links(HTMLParser):
    """Everything a page would fetch, and the tags it leaves open."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.fetched += [values[name] or "" for name in ("src", "href") if name in values and tag != "use"]
        if tag not in {"meta", "img", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href") and tag == "img"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def report(*, caution: str = "", title: str = "A & B") -> Report:
    return Report(title, (("Model", "<b>x</b>"), ("part", "test")), caution, cards(FIGURES), tables(FIGURES))


@pytest.mark.parametrize("mistakes", [None, "mistakes.png"])
def test_the_page_stands_alone(tmp_path: Path, mistakes: str | None) -> None:
    """One well-formed file that fetches nothing but the sheet beside it, with every table and chart."""
    write_html(tmp_path / "new" / "report.html", report(), FIGURES, mistakes=mistakes)
    text = (tmp_path / "new" / "report.html").read_text()
    links = Links()
    links.feed(text)
    assert links.open == []
    assert links.fetched == ([mistakes] if mistakes else [])
    assert text.count("<svg") == 4
    assert text.count("<table>") == len(tables(FIGURES))
    assert all(table.title in text for table in tables(FIGURES))


def test_names_are_shown_not_obeyed(tmp_path: Path) -> None:
    """A name with a tag in it is text."""
    write_html(tmp_path / "report.html", report(), FIGURES, mistakes=None)
    text = (tmp_path / "report.html").read_text()
    assert "A &amp; B" in text
    assert "&lt;b&gt;x&lt;/b&gt;" in text
    assert "<b>x</b>" not in text


@pytest.mark.parametrize(("caution", "times"), [("", 0), (CAUTION, 1)])
def test_caution_is_shown_where_it_is_due(tmp_path: Path, caution: str, times: int) -> None:
    """Both forms say when the faces may have been learnt from, and only then."""
    write_html(tmp_path / "report.html", report(caution=caution), FIGURES, mistakes=None)
    write_markdown(tmp_path / "report.md", report(caution=caution), FIGURES)
    for name in ("report.html", "report.md"):
        assert (tmp_path / name).read_text().count(CAUTION) == times


def test_markdown_has_its_charts_beside_it_and_no_picture(tmp_path: Path) -> None:
    """Tables are well-formed, every chart linked exists, and nothing else is written."""
    write_markdown(tmp_path / "figures.md", report(title="Plain"), FIGURES)
    text = (tmp_path / "figures.md").read_text()
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {"figures.md"} | {f"figures-{name}.svg" for name in ("confusion", "reliability", "roc", "slices")}
    assert all(f"({name})" in text for name in written if name.endswith(".svg"))
    for block in text.split("\n\n"):
        pipes = {line.count("|") for line in block.splitlines() if line.startswith("|")}
        assert len(pipes) <= 1
    assert text.startswith("# Plain\n")


def test_cards() -> None:
    """The summary says what it is about, and how many properly masked faces would be bothered."""
    shown = cards(FIGURES, "of found: ")
    assert shown[0] == Card("of found: accuracy, all classes", "0.4000")
    assert shown[-1] == Card("of found: faces judged", "5")
    assert false_alarms(FIGURES) == 0.0
    assert false_alarms(some_figures(truth=(0, 0, 0, 0, 1))) == pytest.approx(0.5)
