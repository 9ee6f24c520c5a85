"""Measures a source tree's packages by their imports: `python docs/measure_imports.py TREE...` prints a table for each.

A child is a module or package directly below `edge`, `training` or `convert`, seen as one whole; an arrow says that one
child imports another. Floors are the longest way down; a circle is a set of children each of which reaches the others.
"""

# ruff: noqa: INP001 - a script beside the pages, no module of the kiosk

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

import grimp

PACKAGES = ("edge", "training", "convert")


def graph_of(tree: Path, package: str) -> grimp.ImportGraph:
    """Who imports whom within a package of a source tree."""
    # grimp looks for the package as an import would, and would take one that is imported already.
    imported = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == package}
    sys.path.insert(0, str(tree))
    try:
        for name in imported:
            del sys.modules[name]
        return grimp.build_graph(package, cache_dir=None)
    finally:
        sys.path.remove(str(tree))
        sys.modules.update(imported)


def children_of(graph: grimp.ImportGraph, package: str) -> dict[str, set[str]]:
    """Each child of a package, and the children that it imports."""
    names = {child.rpartition(".")[2] for child in graph.find_children(package)}
    imports: dict[str, set[str]] = {name: set() for name in names}
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            first, second = (module.split(".")[1:2] for module in (importer, imported))
            if first and second and first != second:
                imports[first[0]].add(second[0])
    return imports


def circles_in(imports: dict[str, set[str]]) -> list[set[str]]:
    """Sets of children that reach each other."""

    @cache
    def below(name: str) -> frozenset[str]:
        seen, waiting = set(), list(imports[name])
        while waiting:
            if (child := waiting.pop()) not in seen:
                seen.add(child)
                waiting.extend(imports[child])
        return frozenset(seen)

    circles = {frozenset(other for other in below(name) if name in below(other)) for name in imports}
    return [set(circle) for circle in circles if circle]


def floors_of(imports: dict[str, set[str]]) -> int:
    """Children on the longest way down; there must be no circle."""

    @cache
    def height(name: str) -> int:
        return 1 + max(map(height, imports[name]), default=0)

    return max(map(height, imports))


def contract_layers(tree: Path) -> int:
    """Floors of the import contract."""
    settings = tomllib.loads((tree / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    return next(len(contract["layers"]) for contract in settings["contracts"] if contract["type"] == "layers")


def main(trees: list[str]) -> None:
    """Print the figures of each tree."""
    for tree in map(Path, trees):
        print(f"\n## {tree}: {contract_layers(tree)} layers in edge's import contract\n")
        print("| package | files | children | of which packages | files in the largest | floors | arrows | circles |")
        print("|---|---:|---:|---:|---:|---:|---:|---:|")
        for package in PACKAGES:
            graph = graph_of(tree, package)
            imports = children_of(graph, package)
            sizes = Counter(module.split(".")[1] for module in graph.modules if module.count("."))
            rooms = [name for name in imports if graph.find_children(f"{package}.{name}")]
            circles = circles_in(imports)
            print(
                f"| `{package}` | {len(graph.modules)} | {len(imports)} | {len(rooms)} | {max(sizes.values())} | "
                f"{'none' if circles else floors_of(imports)} | {sum(map(len, imports.values()))} | {len(circles)} |"
            )


if __name__ == "__main__":
    main(sys.argv[1:] or ["."])
