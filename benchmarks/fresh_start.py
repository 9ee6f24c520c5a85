"""A new process from nothing to its first verdict: how long it takes, and how much memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from benchmarks.contestants import Pictures
from edge.types import size_of

FRESH = 7
"""Processes that are started; medians are told."""

FPS = 25.0


@dataclass(frozen=True, slots=True)
class Start:
    """Medians of fresh processes.

    Attributes:
        wall_s, cpu_s: from the start of `maskgate run` to the first state it prints, and of the whole run.
        peak_mb: largest resident memory.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float


def start(pictures: Pictures) -> Start:
    """Run the command on a clip of `pictures`, web and MQTT off, pins simulated."""
    with TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"mp4v"), FPS, size_of(pictures[0][0]))
        for image, _ in pictures:
            writer.write(image)
        writer.release()
        runs = [_run(clip) for _ in range(FRESH)]
    return Start(*(float(np.median(values)) for values in zip(*runs, strict=True)))


def _run(clip: Path) -> tuple[float, float, float]:
    command: Sequence[str] = (sys.executable, "-m", "edge", "run", "--source", str(clip), "--replay", "--json")
    began = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own command line
        [*command, "--config", os.devnull],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"MASKGATE_SIGNALS__DRIVER": "mock"},
        cwd=Path(__file__).resolve().parent.parent,
    )
    assert process.stdout is not None
    first = next((line for line in process.stdout if b'"state"' in line), b"")
    wall_s, peak_mb = time.perf_counter() - began, _peak_mb(process.pid)
    for _ in process.stdout:
        peak_mb = max(peak_mb, _peak_mb(process.pid))
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode or not first:
        raise RuntimeError(f"{' '.join(command)} told of no state and ended with {process.returncode}")
    return wall_s, usage.ru_utime + usage.ru_stime, peak_mb


def _peak_mb(process_id: int) -> float:
    """Largest resident memory so far, 0 once it has ended; `ru_maxrss` would count what its parent had."""
    try:
        lines = Path(f"/proc/{process_id}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
