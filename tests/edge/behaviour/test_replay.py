"""The shipped networks on real clips: the door does what a person standing there would expect."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from edge.config.schema import Config

Change = dict[str, Any]

ROOT = Path(__file__).resolve().parents[3]


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


def load_script() -> ModuleType:
    """The script that writes docs/replays.md: it knows the clips, and what is to be seen in them."""
    spec = importlib.util.spec_from_file_location("replay_clips", ROOT / "docs/replay_clips.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


SCRIPT = load_script()


@pytest.mark.slow
@pytest.mark.parametrize("scene", SCRIPT.SCENES, ids=lambda scene: f"{scene.clip} {scene.seen}")
def test_every_clip_is_what_a_person_would_expect(shared: Path, scene: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The states of docs/replays.md, in order, and no others but CHECKING on the way."""
    monkeypatch.setenv("MASKGATE_WEIGHTS", str(shared / "weights"))
    changes = SCRIPT.replay(shared / "data" / "videos" / scene.clip, scene.environment)
    assert SCRIPT.is_as_expected(changes, scene.expected), changes


def test_the_page_is_of_the_shipped_networks() -> None:
    """A new default network needs a new page: run `python docs/replay_clips.py FOLDER > docs/replays.md`."""
    page, config = (ROOT / "docs/replays.md").read_text(encoding="utf-8"), Config()
    assert f"detector `{config.detector.name}`" in page
    assert f"classifier `{config.classifier.model}`" in page
    assert page.count("\n| `") == len(SCRIPT.SCENES)
