"""The tasks of the processes that measure: what is played to whom, with how many threads."""

from __future__ import annotations

import gc
import os
from functools import cache
from pathlib import Path

import cv2

from benchmarks.contestants import ClassicLoop, Pictures, crowd, nobody, read_clip
from benchmarks.decisions import Decision, decisions
from benchmarks.measurement import Turns, measure
from benchmarks.stages import shares_ms
from edge.config.schema import Config

FRAMES = 150
"""Of each clip."""

MADE = ("made: one person", "made: nobody, nothing moves", "made: eight people")

SETTLED = 30
"""Frames after which everybody in a made clip has been judged."""


def limit(threads: int) -> None:
    """Give this process as many cores as threads; libraries count cores when they are loaded."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    cv2.setNumThreads(threads)


def configured(threads: int) -> Config:
    """The default configuration with a number of threads."""
    return Config.model_validate({"classifier": {"threads": threads}})


def load(name: str) -> Pictures:
    """A clip's first frames, or a made clip."""
    made = {
        MADE[0]: lambda: crowd(1, frames=FRAMES),
        MADE[1]: lambda: nobody(frames=FRAMES),
        MADE[2]: lambda: crowd(8, frames=FRAMES),
    }
    return made[name]() if name in made else read_clip(Path(name), most=FRAMES)


@cache
def classic_loop() -> ClassicLoop:
    """One for all tasks of a process."""
    return ClassicLoop()


def measure_clip(name: str, threads: int) -> Turns:
    """All contestants on one clip."""
    pictures, classic = load(name), classic_loop()
    gc.freeze()
    return measure(configured(threads), pictures, classic)


def measure_crowd(faces: int, size: tuple[int, int] = (1280, 720)) -> Turns:
    """All contestants on a made clip, once everybody is settled."""
    pictures, classic = crowd(faces, frames=FRAMES, size=size), classic_loop()
    gc.freeze()
    return measure(configured(1), pictures, classic, skip=SETTLED)


def decide(name: str) -> list[Decision]:
    """When the door decides on a clip."""
    return decisions(Path(name).stem, load(name))


def time_stages(name: str) -> dict[str, float]:
    """Each stage's share of a frame, one thread."""
    pictures = load(name)
    gc.freeze()
    return shares_ms(configured(1), pictures)
