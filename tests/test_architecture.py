"""The rules of the code base that a machine can check: who may import whom, and what a test must say."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("edge", "convert", "training")
LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"

BROKEN_RULES = [
    ("training/__init__.py", "import convert", "neither imports the other"),
    ("convert/__init__.py", "import training", "neither imports the other"),
    ("edge/types.py", "import tensorflow", "the kiosk needs neither"),
    ("edge/types.py", "def late():\n    from keras import layers", "the kiosk needs neither"),
    ("edge/service.py", "import training", "the kiosk needs neither"),
    ("edge/errors.py", "import edge.types", "imports point down"),
    ("edge/chain/alarm.py", "import edge.kiosk", "imports point down"),
    ("edge/networks/detector.py", "import edge.config.schema", "imports point down"),
    ("edge/newcomer.py", "", "imports point down"),
    ("training/faces/store.py", "import training.evaluation.report", "in a circle"),
    ("convert/recipes.py", "import convert.conversion", "in a circle"),
]


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts of `root/pyproject.toml` on the packages beside it, in a process of its own."""
    command = [sys.executable, "-c", LINT_IMPORTS]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_imports_keep_the_contracts() -> None:
    """Imports point down only, the kiosk never meets TensorFlow, training and convert never meet."""
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(("file", "line", "rule"), BROKEN_RULES)
def test_contracts_notice(file: str, line: str, rule: str, tmp_path: Path) -> None:
    """Each rule fails when one import breaks it."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / file).open("a", encoding="utf-8") as code:
        code.write(f"\n{line}\n")
    result = lint_imports(tmp_path)
    assert result.returncode == 1, result.stdout + result.stderr
    assert rule in result.stdout.partition("Broken contracts")[2]


def test_every_test_says_what_it_shows() -> None:
    """Each test function has a docstring."""
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node)
    ]
    assert silent == []
