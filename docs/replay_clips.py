"""Replays the test clips with the shipped networks, and writes what the door does as a table.

    python docs/replay_clips.py ../shared/data/videos > docs/replays.md

The clips are no part of the project (see CONTRIBUTING.md); a few minutes on a laptop. Ends with 1 if a clip does
something else than a person standing there would expect.
"""

# ruff: noqa: INP001 - a script beside the page it makes, no module of a package

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import cv2

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from edge.config.schema import Config

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Scene:
    """A clip: what a person sees in it, and the states the door should go through; CHECKING on the way is allowed.

    Attributes:
        clip: name of the file.
        seen: in words.
        expected: states after IDLE, in order.
        settings: environment variables that override the default configuration.
    """

    clip: str
    seen: str
    expected: tuple[str, ...]
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def environment(self) -> dict[str, str]:
        """What overrides the default configuration."""
        return {"MASKGATE_SIGNALS__DRIVER": "mock", **dict(self.settings)}


SCENES = (
    Scene("masked_man_1.mp4", "a man with a mask", ("pass",)),
    Scene("surgeons_masked.mp4", "a surgeon with a mask, from 9.5 s on only her hands", ("pass", "idle")),
    Scene("unmasked_1.mp4", "somebody without a mask", ("alert",)),
    Scene("cc_webcam_unmasked_1.mp4", "somebody without a mask at a desk", ("alert",)),
    Scene("cc_webcam_unmasked_2.mp4", "somebody without a mask at a desk", ("alert",)),
    Scene("cc_unmasked_head_turns.mp4", "somebody without a mask who turns the head", ("alert",)),
    Scene("cc_unmasked_walk_up.mp4", "two without masks who come from afar and are not near at its end", ()),
    Scene(
        "cc_unmasked_walk_up.mp4",
        "the same, with `detector.min_face = 0.06`: near a second before its end",
        ("alert",),
        (("MASKGATE_DETECTOR__MIN_FACE", "0.06"),),
    ),
    Scene("cc_people_from_behind.mp4", "people who face away", ()),
)

INTRODUCTION = """\
# What the door does on recorded clips

Every frame of eight clips, decided by the clip's own time with the default configuration (detector `{detector}`,
classifier `{classifier}`) unless another is named. Each begins with IDLE. A clip is as expected if the door goes
through the states that a person standing there would expect, and no others; CHECKING on the way is allowed. The clips
are no part of the project; `python docs/replay_clips.py FOLDER > docs/replays.md` writes this page.

| Clip | Length | What is to be seen | Expected | What the door does | As expected |
|---|---|---|---|---|---|
"""

Change = tuple[float, str]


def replay(clip: Path, environment: Mapping[str, str]) -> list[Change]:
    """Every change of state: media time in seconds, and the new state."""
    arguments = ["run", "--source", str(clip.absolute()), "--replay", "--json", "--config", os.devnull]
    told = subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, "-m", "edge", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    changes = [json.loads(line) for line in told.stdout.splitlines()]
    return [(change["t"], change["to"]) for change in changes if change["event"] == "state"]


def is_as_expected(changes: list[Change], expected: tuple[str, ...]) -> bool:
    """Whether the states after IDLE are those expected, in order; CHECKING may come before, between and within them."""
    settled = ["idle", *(state for _, state in changes if state != "checking")]
    return tuple(state for state, _ in groupby(settled))[1:] == expected


def length_s(clip: Path) -> float:
    """Of a clip, seconds."""
    capture = cv2.VideoCapture(str(clip))
    try:
        return float(capture.get(cv2.CAP_PROP_FRAME_COUNT) / capture.get(cv2.CAP_PROP_FPS))
    finally:
        capture.release()


def main(folder: Path) -> int:
    """Write the page to standard output; 1 if a clip does what nobody would expect."""
    config = Config()
    sys.stdout.write(INTRODUCTION.format(detector=config.detector.name, classifier=config.classifier.model))
    wrong = 0
    for scene in SCENES:
        changes = replay(folder / scene.clip, scene.environment)
        right = is_as_expected(changes, scene.expected)
        wrong += not right
        told = ", ".join(f"{state.upper()} at {at:.2f} s" for at, state in changes) or "stays IDLE"
        cells = (
            f"`{scene.clip}`",
            f"{length_s(folder / scene.clip):.1f} s",
            scene.seen,
            " then ".join(state.upper() for state in scene.expected) or "IDLE",
            told,
            "yes" if right else "**no**",
        )
        sys.stdout.write(f"| {' | '.join(cells)} |\n")
        sys.stdout.flush()
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit(f"usage: {Path(sys.argv[0]).name} FOLDER-OF-CLIPS")
    sys.exit(main(Path(sys.argv[1])))
