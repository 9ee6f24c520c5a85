"""The shipped networks on real clips: the door does what a person standing there would expect."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

Change = dict[str, Any]


def replay(shared: Path, tmp_path: Path, clip: str) -> list[Change]:
    """Every change of state, as `maskgate run --replay --json` prints it."""
    config = tmp_path / "maskgate.toml"
    config.write_text('[signals]\ndriver = "mock"\n')
    path = shared / "data" / "videos" / clip
    arguments = ["run", "--source", str(path), "--replay", "--json", "--config", str(config)]
    told = subprocess.run(
        [sys.executable, "-m", "edge", *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"MASKGATE_WEIGHTS": str(shared / "weights")},
    )
    changes = [json.loads(line) for line in told.stdout.splitlines()]
    return [change for change in changes if change["event"] == "state"]


def test_a_bare_face_raises_the_alarm_and_keeps_it(shared: Path, tmp_path: Path) -> None:
    """ALERT within a second of media time, to the end of the clip."""
    changes = replay(shared, tmp_path, "unmasked_1.mp4")
    assert changes[-1]["to"] == "alert"
    assert changes[-1]["t"] <= 1.0


def test_a_masked_face_passes(shared: Path, tmp_path: Path) -> None:
    """PASS is reached, and no alert after the first second."""
    changes = replay(shared, tmp_path, "masked_man_1.mp4")
    assert "pass" in {change["to"] for change in changes}
    assert not [change for change in changes if change["to"] == "alert" and change["t"] > 1.0]


@pytest.mark.parametrize("clip", ["cc_people_from_behind.mp4"])
def test_nobody_facing_the_camera_is_no_alarm(shared: Path, tmp_path: Path, clip: str) -> None:
    """The backs of heads never alert."""
    assert "alert" not in {change["to"] for change in replay(shared, tmp_path, clip)}
