"""docs/architecture.md shows the code as it is; what any page names is there."""

from __future__ import annotations

import ast
import inspect
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from edge.chain.pipeline import observe

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/architecture.md"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
PATH = re.compile(r"`((?:benchmarks|convert|docs|edge|models|systemd|tests|training|\.ci)/[\w./-]*)(?:::\w+)?`")


def test_the_packages_are_drawn_as_they_are() -> None:
    """`python docs/draw_architecture.py` would change nothing."""
    page = PAGE.read_text(encoding="utf-8")
    assert runpy.run_path(str(ROOT / "docs/draw_architecture.py"))["drawn"](page) == page


def test_a_part_left_to_the_script_is_not_empty() -> None:
    """Floors, arrows and rooms are there."""
    parts = re.findall(r"<!-- drawn: (\w+) -->(.*?)<!-- end -->", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert {name for name, _ in parts} == {"house", "arrows", "edge", "toolchain", "training"}
    assert all(len(text.splitlines()) > 10 for _, text in parts)


def test_the_frame_passes_the_stages_of_the_chain() -> None:
    """The picture names each stage of `observe`, in its order."""
    stages = [name for name in inspect.signature(observe).parameters if name != "frames"]
    drawn = re.findall(r"<b>(\w+)</b>: chain/", PAGE.read_text(encoding="utf-8"))
    assert drawn == stages


def test_the_table_of_threads_is_complete() -> None:
    """Each thread that the kiosk starts under a name of its own."""
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "edge").rglob("*.py"))
    started = {name for call in re.findall(r"Thread\(.*", code) for name in re.findall(r'name="([^"]+)"', call)}
    table = PAGE.read_text(encoding="utf-8").partition("## Threads")[2].partition("## Who")[0]
    assert len(started) > 5
    assert [name for name in started if f"`{name}`" not in table] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_paths_that_a_page_names_are_there(page: Path) -> None:
    """Files and folders between backticks; NAME stands for any."""
    named = PATH.findall(page.read_text(encoding="utf-8"))
    assert [path for path in named if "NAME" not in path and not (ROOT / path).exists()] == []


def test_the_figures_find_a_circle(tmp_path: Path) -> None:
    """The script that measures a tree counts layers, arrows and circles."""
    for package in ("edge", "training", "convert"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
        for module, imports in (("above", "below"), ("below", "beside"), ("beside", None)):
            line = f"import {package}.{imports}\n" if imports else ""
            (tmp_path / package / f"{module}.py").write_text(line)
    (tmp_path / "edge/beside.py").write_text("import edge.above\n")
    contract = '[[tool.importlinter.contracts]]\ntype = "layers"\nlayers = ["above", "below | beside"]\n'
    (tmp_path / "pyproject.toml").write_text(contract)
    command = [sys.executable, str(ROOT / "docs/measure_imports.py"), str(tmp_path)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    assert "2 layers" in printed
    assert "| `edge` | 4 | 3 | 0 | 1 | none | 3 | 1 |" in printed
    assert "| `convert` | 4 | 3 | 0 | 1 | 3 | 2 | 0 |" in printed


ROOMS = sorted(path for name in ("edge", "training", "convert") for path in (ROOT / name).rglob("__init__.py"))


@pytest.mark.parametrize("room", ROOMS, ids=lambda path: str(path.parent.relative_to(ROOT)))
def test_a_package_says_where_to_begin(room: Path) -> None:
    """Its docstring names modules, all of which are there."""
    text = ast.get_docstring(ast.parse(room.read_text(encoding="utf-8"))) or ""
    named = re.findall(r"`([a-z_]+(?:\.[a-z_]+)*)`", text)
    places = [(name, folder / name.replace(".", "/")) for name in named for folder in (room.parent, *room.parents[1:3])]
    there = {name for name, path in places if path.is_dir() or path.with_suffix(".py").is_file()}
    assert set(named) == there != set()
    assert re.search(r"[Bb]egin|Read|passes through|stands alone", text)
