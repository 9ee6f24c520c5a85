"""What CI does with a test that fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTS = """
from pathlib import Path
import pytest

@pytest.mark.parametrize("name", ["good", "flaky", "other", "bad"])
def test_it(name):
    runs = Path(name)
    runs.write_text(runs.read_text() + "x" if runs.exists() else "x")
    assert len(runs.read_text()) > FAILURES.get(name, 0)

FAILURES = {failures}
"""


@pytest.mark.parametrize(
    ("failures", "passes", "noted", "runs_of_good"),
    [
        ({}, True, [], 1),
        ({"flaky": 1, "other": 1}, True, ["test: test_it.py::test_it[flaky]", "test: test_it.py::test_it[other]"], 1),
        ({"flaky": 1, "bad": 2}, False, [], 1),
    ],
)
def test_what_fails_is_tried_once_more(
    tmp_path: Path, failures: dict[str, int], passes: bool, noted: list[str], runs_of_good: int
) -> None:
    """Only what failed is run again; what then passes is noted, and what fails twice fails."""
    (tmp_path / "test_it.py").write_text(TESTS.replace("{failures}", repr(failures)))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "Makefile").write_text(f"test:\n\t{sys.executable} -m pytest -q -p no:cov -p no:xdist test_it.py\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV", "MAKE"))}
    done = subprocess.run(
        [ROOT / ".ci/try", "test", tmp_path / "notes"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode == 0) is passes, done.stdout + done.stderr
    notes = tmp_path / "notes"
    assert sorted(notes.read_text().splitlines() if notes.exists() else []) == noted
    assert len((tmp_path / "good").read_text()) == runs_of_good
