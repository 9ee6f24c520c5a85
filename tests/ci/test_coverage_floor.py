"""The floor under how much of each package the tests run."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def floors() -> ModuleType:
    """The script, as a module."""
    spec = importlib.util.spec_from_file_location("coverage_floor", ROOT / ".ci/coverage_floor.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def report(folder: Path, run: int) -> Path:
    """What coverage writes about ten lines in two files of a package, `run` of them run, and five others."""
    files = {"edge/a.py": (run, 6), "edge/b.py": (0, 4), "edge/web/c.py": (5, 5)}
    facts = {name: {"summary": {"covered_lines": one, "num_statements": all_}} for name, (one, all_) in files.items()}
    path = folder / "coverage.json"
    path.write_text(json.dumps({"files": facts}))
    return path


@pytest.mark.parametrize(
    ("run", "given", "complaint"),
    [
        (6, {"edge": 60, "edge.web": 100}, ""),
        (5, {"edge": 60, "edge.web": 100}, "edge: 50.0 % of its lines are run, 60 % were"),
        (6, {"edge": 60}, "edge.web: has no floor"),
        (6, {"edge": 60, "edge.web": 100, "edge.gone": 90}, "edge.gone: is gone"),
    ],
)
def test_less_than_before_fails(
    floors: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    run: int,
    given: dict[str, int],
    complaint: str,
) -> None:
    """Each package is printed and held to its own floor; a new one needs one, an old one takes its own along."""
    monkeypatch.setattr(floors, "FLOORS", given)
    assert floors.main(report(tmp_path, run)) == bool(complaint)
    printed = capsys.readouterr()
    assert complaint in printed.err
    assert "edge.web" in printed.out
    assert "100.0%" in printed.out


def test_every_package_has_its_floor(floors: ModuleType) -> None:
    """No package of ours goes without."""
    packages = {
        ".".join(path.relative_to(ROOT).parts[:-1])
        for top in ("edge", "convert", "training")
        for path in (ROOT / top).rglob("*.py")
    }
    assert set(floors.FLOORS) == packages
