"""Living people are not refused, however few bits their camera spends: docs/living_clips.py on some of the clips."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest

from edge.types import AlarmState

ROOT = Path(__file__).resolve().parents[3]
IDLE, CHECKING, PASS, ALERT, FAULT = AlarmState


def load_script() -> ModuleType:
    """The script, which lies beside the pages."""
    spec = importlib.util.spec_from_file_location("living_clips", ROOT / "docs/living_clips.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SCRIPT = load_script()


@pytest.mark.slow
@pytest.mark.parametrize(("kbit", "fps"), [(150, 10), (150, 25), (400, 25)])
@pytest.mark.parametrize(("clip", "expected"), [("masked_man_1", [IDLE, PASS]), ("unmasked_1", [IDLE, ALERT])])
def test_living_people_are_not_refused(
    clip: str, expected: list[AlarmState], kbit: int, fps: int, shared: Path, tmp_path: Path
) -> None:
    """Before a camera that spares bits the door shows what it shows of the recording."""
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is missing: apt install ffmpeg")
    encoded = tmp_path / "encoded.mp4"
    SCRIPT.encode(shared / "data/videos" / f"{clip}.mp4", encoded, kbit, fps)
    assert SCRIPT.states(encoded, live=True) == expected
