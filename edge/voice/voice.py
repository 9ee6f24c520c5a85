"""Looks at the kiosk ten times a second, and says aloud what it shows."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Event as Flag
from threading import Thread

from edge.errors import SoundError
from edge.health import HealthMonitor, Scene
from edge.voice.announcer import Announcer, Manners, Prompt, called_for, is_closed_to_all
from edge.voice.prompts import find_sound
from edge.voice.speaker import SILENCE, Samples, Speaker, read_sound

log = logging.getLogger(__name__)

COMPONENT = "voice"
"""How health calls it."""

LOOK_S = 0.1
"""How often the kiosk is looked at: a prompt begins within 0.3 s of what it is about."""

AGAIN_S = 30.0
"""How often a device that cannot be had is tried again."""

FILES = "sounds"
"""How health calls the operator's own sounds."""

TEST: Prompt = "pass"

REMEDY = "plug a loudspeaker in and name it in voice.device: `aplay -L` lists them; then maskgate sound test"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the configuration in use wants.

    Attributes:
        manners: what is said, and how often; nothing is said outside the hours.
        languages: in which everything is said, one after the other.
        folder: the operator's own sounds.
        volume: 0 to 1.
    """

    manners: Manners
    languages: tuple[str, ...]
    folder: Path | None
    volume: float


class Voice:
    """Speaks, on a thread of its own: nobody waits for it. Without a device health says so, and it tries again.

    An own sound that cannot be played is told once, and the shipped one is played in its place until that file changes.

    Remembers which own sounds cannot be played, as they were when it tried, and whether it is to be tested.

    Args:
        scene: what the door shows now.
        wishes: what the configuration in use wants.
        speaker: where it is heard.
        health: told of a device or a sound that cannot be used.
    """

    def __init__(
        self, scene: Callable[[], Scene], wishes: Callable[[], Wishes], speaker: Speaker, health: HealthMonitor
    ) -> None:
        self._scene = scene
        self._wishes = wishes
        self._speaker = speaker
        self._health = health
        self._announcer = Announcer()
        self._stop, self._tested = Flag(), Flag()
        self._try_at = 0.0
        self._broken: dict[Path, int] = {}
        self._thread = Thread(target=self._run, name="voice", daemon=True)

    def start(self) -> None:
        """Begin to speak; whether there is a device is told at once."""
        self._thread.start()

    def test(self) -> bool:
        """Say something, muted or not; from any thread, and returns at once.

        Returns:
            False, and nothing is said, while the door says something else itself: it would ask people in.
        """
        if not self._may_be_tested():
            return False
        self._tested.set()
        return True

    def hush(self) -> None:
        """Say no more of what is called for now; from any thread."""
        self._announcer.hush()

    def close(self, timeout_s: float = 1.0) -> None:
        """Fall silent; may be called again."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        self._say(None, lambda: True)
        while not self._stop.wait(LOOK_S):
            try:
                self._look()
            except Exception as error:  # the border of the thread: the door is watched without a voice, too
                log.exception("voice=failed")
                self._health.fail(COMPONENT, f"{type(error).__name__}: {error}", "see the log")
                self._stop.wait(AGAIN_S)

    def _look(self) -> None:
        if self._tested.is_set():
            self._tested.clear()
            if self._may_be_tested():
                self._say(TEST, self._may_be_tested)
            return
        if time.monotonic() < self._try_at:
            return
        scene = self._scene()
        prompt = self._announcer(scene, time.monotonic(), self._wishes().manners)
        if prompt is not None:
            self._say(prompt, lambda: self._still_applies(prompt))

    def _may_be_tested(self) -> bool:
        return called_for(self._scene()) in (None, TEST) and not is_closed_to_all(self._scene())

    def _still_applies(self, prompt: Prompt) -> bool:
        """Whether the door still says so; what was said to somebody who has left meanwhile may end."""
        return self._announcer.still(prompt, self._scene())

    def _say(self, prompt: Prompt | None, go_on: Callable[[], bool]) -> None:
        """Say a prompt in every language, or only try the device."""
        wishes = self._wishes()
        self._forget_mended()
        try:
            for language in wishes.languages:
                samples = SILENCE if prompt is None else self._samples(prompt, language, wishes.folder)
                log.debug("voice=%s language=%s", prompt, language)
                if not self._speaker.play(
                    samples, volume=wishes.volume, go_on=lambda: not self._stop.is_set() and go_on()
                ):
                    break
        except SoundError as error:
            self._try_at = time.monotonic() + AGAIN_S
            self._health.fail(COMPONENT, str(error), REMEDY)
        else:
            self._health.recover(COMPONENT)

    def _samples(self, prompt: Prompt, language: str, folder: Path | None) -> Samples:
        own = None if folder is None else find_sound(prompt, language, folder)
        if own is not None:
            samples = self._own(own)
            if samples is not None:
                return samples
        path = find_sound(prompt, language, None)
        if path is None:
            raise SoundError(f"there is no sound for {prompt!r} in {language!r}")
        return _kept(path, _modified(path))

    def _own(self, path: Path) -> Samples | None:
        """An own sound's samples; None, and health says so, if it cannot be played as it is."""
        modified = _modified(path)
        if self._broken.get(path) == modified:
            return None
        try:
            samples = _kept(path, modified)
        except SoundError as error:
            self._broken[path] = modified
            self._health.fail(FILES, str(error), "make the file anew; the shipped sound is played in its place")
            return None
        self._broken.pop(path, None)
        return samples

    def _forget_mended(self) -> None:
        """What is there no more, or is another file now, is not told any longer."""
        self._broken = {path: modified for path, modified in self._broken.items() if _modified(path) == modified}
        if not self._broken:
            self._health.recover(FILES)


def _modified(path: Path) -> int:
    """When a file was changed, nanoseconds; 0 if it is not there."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=16)
def _kept(path: Path, _changed_at: int) -> Samples:
    """What was read once: a prompt begins at once the next time."""
    return read_sound(path)
