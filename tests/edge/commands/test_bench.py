"""What `maskgate bench` measures and says."""

from __future__ import annotations

import numpy as np
import pytest

from edge.cameras.demo import demo_pictures
from edge.command_line import run_command
from edge.commands.bench import Bench, Cost, sustained_fps, table
from edge.commands.main import cli
from edge.config.schema import Config


def test_each_frame_is_measured_with_its_work() -> None:
    """One cost a frame; a face is looked for in each moving one, and read until its person is settled."""
    pictures = list(demo_pictures())[:20]
    costs = Bench(Config()).run(iter(pictures))
    assert len(costs) == 20
    assert all(cost.cpu_s > 0 and cost.wall_s > 0 for cost in costs)
    assert sum(cost.looks for cost in costs) >= 18
    assert 5 <= sum(cost.readings for cost in costs) < 20


def test_a_still_picture_needs_few_looks() -> None:
    """Two a second, and no reading."""
    wall = np.full((480, 640, 3), 96, np.uint8)
    costs = Bench(Config()).run((wall, index / 25) for index in range(65))[15:]
    assert 3 <= sum(cost.looks for cost in costs) <= 5
    assert not any(cost.readings for cost in costs)


def test_a_new_state_is_timed_from_its_frame_to_its_pin() -> None:
    """The demo's first alert lights the red lamp within the frame that decides it; no other frame is timed so."""
    costs = Bench(Config()).run(iter(list(demo_pictures())[:12]))
    told = [(cost.pin_s, cost.wall_s) for cost in costs if cost.pin_s is not None]
    assert len(told) == 1
    assert 0 < told[0][0] < told[0][1]


def test_figures_come_from_all_frames_but_the_first() -> None:
    """Twenty milliseconds a frame leave a fifth of the time free at forty frames a second."""
    costs = [Cost(5.0, 5.0, 1, 1), Cost(0.02, 0.02, 1, 1), Cost(0.02, 0.03, 1, 0), Cost(0.02, 0.01, 0, 0)]
    assert sustained_fps(costs) == pytest.approx(40)
    text = table(costs)
    assert [line.split("  ")[0] for line in text.splitlines()[1:]] == [
        "all frames", "nothing moves", "detector only", "detector and classifier",
    ]  # fmt: skip
    assert "20.00" in text


def test_the_command_says_what_is_sustained(capsys: pytest.CaptureFixture[str]) -> None:
    """The table and the frame rate are printed, and nothing is asked for."""
    assert run_command(cli, "maskgate", ["bench"]) == 0
    shown = capsys.readouterr().out
    assert "frames a second" in shown
    assert "detector and classifier" in shown
