"""Shows the test clips and their re-encodings to a kiosk that believes them live, and says whether anybody is refused.

    python docs/living_clips.py ../shared/data/videos

Each clip as it is, and as H.264 at 150 and 400 kbit/s with 10 and 25 pictures a second (needs ffmpeg), decided twice:
as a recording, which is taken at its word, and as a camera, whose faces must live. Ends with 1 if the states differ,
but for CHECKING on the way.
"""

# ruff: noqa: INP001 - a script beside the pages, no module of a package

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from edge.cameras.clip_reader import clip_pictures
from edge.config.in_use import ConfigInUse
from edge.config.schema import Config
from edge.controls import Controls
from edge.door.latches import Latches
from edge.events.journal import Journal
from edge.health import HealthMonitor
from edge.kiosk import Kiosk, StateChange
from edge.service import load_networks
from edge.types import AlarmState, Frame

RATES_KBIT = (150, 400)
PICTURES_PER_S = (10, 25)
MOST_S = 20
"""Of a clip that are looked at."""


def encode(clip: Path, target: Path, kbit: int, fps: int) -> None:
    """Write the clip as a network camera of that rate would send it, with a key frame every two seconds."""
    rate = f"{kbit}k"
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", str(clip), "-t", str(MOST_S), "-r", str(fps), "-an"]
    command += ["-c:v", "libx264", "-preset", "veryfast", "-b:v", rate, "-maxrate", rate, "-bufsize", rate]
    subprocess.run([*command, "-g", str(2 * fps), "-pix_fmt", "yuv420p", str(target)], check=True)  # noqa: S603


def states(clip: Path, *, live: bool) -> list[AlarmState]:
    """What the door shows before the clip, but for CHECKING on the way; `live` as before a camera."""
    changes: list[StateChange] = []
    now = [0.0]
    kiosk = Kiosk(
        ConfigInUse(Config.model_validate({"signals": {"driver": "mock"}})),
        load_networks=load_networks,
        report=lambda change: changes.append(change) if isinstance(change, StateChange) else None,
        sinks=(),
        health=HealthMonitor(model=lambda: "shipped"),
        journal=Journal(lambda _event: None),
        controls=Controls(),
        tell_time=lambda _stage, _seconds: None,
        latches=Latches(None),
        live=live,
        clock=lambda: now[0],
    )

    def frames() -> Iterator[Frame]:
        for index, picture in enumerate(clip_pictures(clip)):
            image, now[0] = picture[0], picture[1]
            if now[0] > MOST_S:
                return
            yield Frame(image, now[0], index)

    try:
        for _ in kiosk.watch(frames()):
            pass
    finally:
        kiosk.close()
    settled = [AlarmState.IDLE, *(change.after for change in changes if change.after is not AlarmState.CHECKING)]
    return [state for state, _ in groupby(settled)]


def compare(clip: Path) -> bool:
    """Print what a recording and a camera show; whether it is the same."""
    recording, camera = states(clip, live=False), states(clip, live=True)
    words = [" ".join(state.upper() for state in shown) for shown in (recording, camera)]
    sys.stdout.write(f"{clip.name:44}{words[0]:24}{words[1]:24}{'same' if recording == camera else 'DIFFERENT'}\n")
    sys.stdout.flush()
    return recording == camera


def main(folder: Path) -> int:
    """Compare every clip; 1 if one is decided differently."""
    same = True
    with tempfile.TemporaryDirectory() as scratch:
        for clip in sorted(folder.glob("*.mp4")):
            same = compare(clip) and same
            for kbit in RATES_KBIT:
                for fps in PICTURES_PER_S:
                    target = Path(scratch) / f"{clip.stem}_{kbit}k_{fps}.mp4"
                    encode(clip, target, kbit, fps)
                    same = compare(target) and same
    return 0 if same else 1


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit(f"usage: {Path(sys.argv[0]).name} FOLDER-OF-CLIPS")
    sys.exit(main(Path(sys.argv[1])))
