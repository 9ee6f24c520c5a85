"""The composition root: builds the chain from the configuration, runs it, shuts it down."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from threading import Event as StopEvent

import cv2

from edge.alarm import Alarm
from edge.camera import Camera
from edge.classifier import Classifier
from edge.config import Config
from edge.detector import Detector, load_detector
from edge.errors import CameraError
from edge.gpio import DoorSignals, PinChange
from edge.paths import find_model, weights_search
from edge.pipeline import observe
from edge.tracker import Tracker
from edge.types import AlarmState, Observation
from edge.verdicts import Verdicts

log = logging.getLogger(__name__)

RETRY_S = (1.0, 2.0, 5.0, 10.0)
"""Pauses before a lost camera is opened again; the last one repeats."""


@dataclass(frozen=True, slots=True)
class StateChange:
    """The door now shows something else; `at` in stream seconds."""

    before: AlarmState
    after: AlarmState
    at: float


Report = Callable[[StateChange | PinChange], None]
Sink = Callable[[Observation], None]


def load_networks(config: Config) -> tuple[Detector, Classifier]:
    """The two networks the configuration names.

    Raises:
        ModelError: if one is missing, damaged or not what its manifest says.
    """
    cv2.setNumThreads(config.classifier.threads)
    detector = load_detector(name=config.detector.name, search=weights_search(), min_score=config.detector.min_score)
    classifier = Classifier.load(find_model(config.classifier.model), threads=config.classifier.threads)
    return detector, classifier


class Kiosk:
    """The chain with its memory, and the door signals that show its state.

    Args:
        config: the whole configuration.
        report: told every change of state and of a pin.
        sinks: given every observation.
    """

    def __init__(self, config: Config, *, report: Report, sinks: Iterable[Sink] = ()) -> None:
        self._config = config
        self._report = report
        self._sinks = tuple(sinks)
        self._detector, self._classifier = load_networks(config)
        self._alarm = Alarm(hold_s=config.alarm.hold_s, settle_s=config.alarm.settle_s)
        self._shown = self._alarm.state
        self._at = 0.0
        signals = config.signals
        self._signals = DoorSignals(pins=signals.pins, driver=signals.driver, active_high=signals.active_high)

    def watch(self, camera: Camera, stop: StopEvent) -> None:
        """Look at the camera's frames until they end or `stop` is set.

        Raises:
            CameraError: if the camera is lost.
        """
        for observation in self._observe(camera):
            self._show(observation.state, observation.frame.taken_at)
            for sink in self._sinks:
                sink(observation)
            if stop.is_set():
                return

    def fail(self, at: float) -> None:
        """Show FAULT: the kiosk is blind since `at` (stream seconds)."""
        self._show(self._alarm.fault(), at)

    def close(self) -> None:
        """Leave every output off."""
        for change in self._signals.show(AlarmState.IDLE, self._at):
            self._report(change)
        self._signals.close()

    def _observe(self, camera: Camera) -> Iterator[Observation]:
        people = self._config.people
        return observe(
            camera.frames(),
            detect=self._detector,
            track=Tracker(
                min_iou=people.min_iou, memory_s=people.memory_s, start_score=self._config.detector.start_score
            ),
            classify=self._classifier,
            settle=Verdicts(
                window_s=people.window_s,
                min_votes=people.min_votes,
                majority=people.majority,
                memory_s=people.memory_s,
                min_presence_s=people.min_presence_s,
                min_share=people.min_share,
            ),
            decide=self._alarm,
            min_face=self._config.detector.min_face,
        )

    def _show(self, state: AlarmState, at: float) -> None:
        self._at = at
        if state is not self._shown:
            self._report(StateChange(self._shown, state, at))
            self._shown = state
        for change in self._signals.show(state, at):
            self._report(change)


def run_recording(kiosk: Kiosk, camera: Camera, stop: StopEvent) -> None:
    """Watch a clip or folder once, to its end."""
    with closing(camera):
        kiosk.watch(camera, stop)


def run_live(kiosk: Kiosk, open_camera: Callable[[], Camera], stop: StopEvent) -> None:
    """Watch a camera until `stop` is set; a lost camera is FAULT, and is opened again after a pause."""
    failures = 0
    while not stop.is_set():
        started = time.monotonic()
        try:
            with closing(open_camera()) as camera:
                kiosk.watch(camera, stop)
        except CameraError as error:
            # A camera that worked for a while starts the pauses anew.
            failures = 1 if time.monotonic() - started > RETRY_S[-1] else failures + 1
            pause = RETRY_S[min(failures, len(RETRY_S)) - 1]
            log.error("camera=lost retry_s=%g cause=%r", pause, str(error))
            kiosk.fail(time.monotonic())
            stop.wait(pause)
