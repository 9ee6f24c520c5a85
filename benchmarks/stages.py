"""Where a frame's processor time goes: each stage's own, without the stages it calls."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any
from unittest.mock import patch

from benchmarks.contestants import Pictures, kiosk
from edge.config.schema import Config

STAGES: Mapping[str, tuple[str, ...]] = {
    "detector: forward pass": ("edge.networks.detector.FaceSsd.forward",),
    "classifier: invoke": ("ai_edge_litert.interpreter.Interpreter.invoke",),
    "picture to the detector's input": ("edge.networks.detector.resize_to", "edge.networks.detector.FaceSsd.to_input"),
    "outputs to faces": ("edge.networks.detector.decode_ssd", "edge.networks.detector.FaceSsd.__call__"),
    "sketch, motion gate": ("edge.chain.motion.sketch", "edge.chain.motion.MotionGate.__call__"),
    "face to the classifier's input": (
        "edge.networks.classifier.crop_square", "edge.networks.classifier.resize", "edge.networks.classifier.to_input",
    ),
    "output to a reading": ("edge.networks.classifier.decode", "edge.networks.classifier.Classifier.__call__"),
    "who is read": ("edge.chain.attention.Attention.__call__", "edge.chain.quality.QualityGate.__call__"),
    "zones, tracks, votes": (
        "edge.chain.zones.Zones.__call__", "edge.chain.tracker.Tracker.__call__",
        "edge.chain.verdicts.Verdicts.__call__",
    ),
    "state, pins, journal, health": (
        "edge.chain.alarm.Alarm.__call__", "edge.kiosk.Kiosk._handle", "edge.kiosk.Kiosk._signal",
    ),
}  # fmt: skip
"""What is timed for each line of the table; functions are named where they are called."""


class _Clock:
    def __init__(self) -> None:
        self.spent_s: defaultdict[str, float] = defaultdict(float)
        self._inner: list[float] = []

    def timed(self, stage: str, call: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(call)
        def measured(*args: Any, **kwargs: Any) -> Any:
            began = time.process_time()
            self._inner.append(0.0)
            try:
                return call(*args, **kwargs)
            finally:
                took = time.process_time() - began
                self.spent_s[stage] += took - self._inner.pop()
                if self._inner:
                    self._inner[-1] += took

        return measured


def shares_ms(config: Config, pictures: Pictures) -> dict[str, float]:
    """Processor milliseconds of a frame that each stage takes, mean; measuring adds some of its own."""
    with _clocked() as clock:
        kiosk(config, pictures)
    return {stage: 1000 * clock.spent_s[stage] / len(pictures) for stage in STAGES}


@contextmanager
def _clocked() -> Iterator[_Clock]:
    clock = _Clock()
    with ExitStack() as stack:
        for stage, targets in STAGES.items():
            for target in targets:
                patcher = patch(target)
                call, _ = patcher.get_original()
                stack.enter_context(patch(target, clock.timed(stage, call)))
        yield clock
