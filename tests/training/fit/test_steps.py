"""Steps that are done once."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.fit.steps import Step, Steps
from training.progress import time_left


def test_what_was_done_is_passed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A step whose file is there is not done again, and costs no time."""
    (tmp_path / "a").touch()
    steps = Steps(
        [Step("look", tmp_path / "a", 60), Step("learn", tmp_path / "b", 240), Step("end", tmp_path / "c", 60)]
    )
    with steps.take("look") as needed:
        assert not needed
    assert steps.after_s("learn") == 60
    with steps.take("learn") as needed:
        assert needed
    assert capsys.readouterr().out == "[1/3] look: done before\n[2/3] learn (about 5 min left)\n"


def test_time_follows_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the first step took twice its guess, so will the others; a better guess replaces the first."""
    now = [0.0]
    monkeypatch.setattr("training.fit.steps.time.monotonic", lambda: now[0])
    steps = Steps([Step("look", tmp_path / "a", 10), Step("learn", tmp_path / "b", 50)])
    with steps.take("look"):
        now[0] += 20
    assert steps.left_s(1) == 100
    steps.guess("learn", 80)
    assert steps.left_s(1) == 160


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, ""), (40, "about 40 s left"), (89, "about 89 s left"), (200, "about 3 min left")]
)
def test_time_left_is_told_roughly(seconds: float, text: str) -> None:
    """In seconds up to a minute and a half, then in minutes."""
    assert time_left(seconds) == text
