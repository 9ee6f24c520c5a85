"""The programs of docs/python.md do what they promise."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one as a user would, from a folder of her own."""
    command = [sys.executable, str(EXAMPLES / program), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, cwd=EXAMPLES)


def test_watches_the_demo() -> None:
    """The door alerts at a bare face before it passes a masked one, with the time of each."""
    result = run("watch_source.py", "demo")
    assert result.returncode == 0, result.stderr
    shown = [line.split()[2] for line in result.stdout.splitlines()]
    assert shown.index("alert") < shown.index("pass")


def test_an_error_is_one_line() -> None:
    """A program that catches MaskgateError shows no traceback."""
    result = run("watch_source.py", "usb:x")
    assert result.returncode == 1
    assert result.stderr.startswith("watch_source: ")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(("folder", "expected"), [("with_mask", "with_mask"), ("without_mask", "without_mask")])
def test_judges_and_counts_faces(shared: Path, tmp_path: Path, folder: str, expected: str) -> None:
    """Both programs agree on who wears a mask in six pictures, most of whom do as their folder says."""
    paths = sorted((shared / "data" / "crops" / folder).glob("*.jpg"))[:6]
    for path in paths:
        (tmp_path / path.name).symlink_to(path)
    judged = run("judge_picture.py", *map(str, sorted(tmp_path.glob("*.jpg")))).stdout.splitlines()
    labels = [line.rsplit(": ", 1)[1].split()[0] for line in judged]
    counted = dict(line.split(": ") for line in run("count_masks.py", str(tmp_path)).stdout.splitlines())
    assert labels
    assert {label: int(count) for label, count in counted.items() if int(count)} == {
        label: labels.count(label) for label in set(labels)
    }
    assert labels.count(expected) > len(labels) / 2
