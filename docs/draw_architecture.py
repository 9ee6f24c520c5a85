"""Draws the packages: `python docs/draw_architecture.py` writes what stands between the marks in docs/architecture.md.

The floors are those of the import contract in pyproject.toml, the arrows those of the code itself (grimp), the words
each package's own. An arrow that a longer way implies is left out, or nobody could follow the others.
"""

# ruff: noqa: INP001 - a script beside the page it writes, no module of the kiosk

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Callable, Iterable
from functools import cache
from math import lcm
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from measure_imports import children_of, circles_in, graph_of

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/architecture.md"
PART = re.compile(r"(<!-- drawn: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)

GROUND = {"errors", "types", "host", "timing", "command_line", "reasons"}
"""What everybody may use: arrows to it tell nothing. `__main__` is one line."""

Imports = dict[str, set[str]]


def floors() -> list[list[str]]:
    """The floors of edge, highest first, by the import contract."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = next(contract["layers"] for contract in settings["contracts"] if contract["type"] == "layers")
    return [[name.strip() for name in layer.split("|")] for layer in layers]


def reduced(imports: Imports) -> Imports:
    """The same arrows without those that a longer way implies.

    Raises:
        ValueError: if there is a circle.
    """
    if circles := circles_in(imports):
        raise ValueError(f"imports go in a circle: {circles}; `lint-imports` names them")

    @cache
    def below(name: str) -> frozenset[str]:
        return frozenset(imports[name]).union(*map(below, imports[name]))

    return {name: children.difference(*map(below, children)) for name, children in imports.items()}


def house() -> str:
    """The floors as rows of a block diagram, each as wide as the others."""
    rows = floors()
    # `__main__` is not worth a floor to look at.
    rows = [row for row in rows if row != ["__main__"]]
    columns = lcm(*map(len, rows))
    blocks = [f'    {name}["{name}"]:{columns // len(row)}' for row in rows for name in row]
    return fenced(["block-beta", f"    columns {columns}", *blocks])


def arrows() -> str:
    """Which room of edge uses which."""
    everything = children_of(graph_of(ROOT, "edge"), "edge")
    hidden = GROUND | {"__main__"}
    return flowchart(reduced({name: uses - hidden for name, uses in everything.items() if name not in hidden}))


def toolchain() -> str:
    """The rooms of training, and how the three packages meet."""
    rooms = children_of(graph_of(ROOT, "training"), "training")
    return flowchart(
        reduced(rooms),
        'run_files[("runs/NAME/")]',
        'model_files[("models/NAME/")]',
        "convert[<b>convert</b>]",
        "edge[<b>edge</b>]",
        "classifier -.-> run_files -.-> convert -.-> model_files -.-> edge",
        "detector -.-> model_files",
    )


def rooms(package: str) -> str:
    """A table of a package's packages and modules, with their own first lines."""
    folder = ROOT / package
    paths = sorted(path.parent for path in folder.glob("*/__init__.py")) + sorted(folder.glob("[a-z]*.py"))
    rows = [f"| `{path.relative_to(ROOT)}{'/' if path.is_dir() else ''}` | {first_line(path)} |" for path in paths]
    return "\n".join(["| Place | Holds |", "|---|---|", *rows])


def first_line(path: Path) -> str:
    """The first sentence of a module's or package's docstring."""
    source = path / "__init__.py" if path.is_dir() else path
    text = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
    return text.split("\n\n")[0].replace("\n", " ").replace("|", "\\|")


def flowchart(imports: Imports, *more: str) -> str:
    """A picture with the users above and the used below."""
    settings = '%%{init: {"flowchart": {"nodeSpacing": 12, "rankSpacing": 36, "padding": 8}}}%%'
    order = [name for floor in floors() for name in floor if name in imports]
    names = [*order, *sorted(imports.keys() - set(order))]
    nodes = [f"    {name}" for name in names]
    lines = [f"    {name} --> {used}" for name in names for used in sorted(imports[name])]
    return fenced([settings, "flowchart TB", *nodes, *lines, *(f"    {line}" for line in more)])


def fenced(lines: Iterable[str]) -> str:
    """A block that a forge and the site both draw."""
    return "\n".join(["```mermaid", *lines, "```"])


PARTS: dict[str, Callable[[], str]] = {
    "house": house,
    "arrows": arrows,
    "edge": lambda: rooms("edge"),
    "toolchain": toolchain,
    "training": lambda: rooms("training"),
}


def drawn(page: str) -> str:
    """The page with each part made anew."""
    return PART.sub(lambda part: part[1] + "\n" + PARTS[part[2]]() + "\n\n" + part[3], page)


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
