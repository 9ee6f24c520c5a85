"""Maskgate as a library: load the two networks once, then judge pictures or watch a source. No pin, no page, no file.

The names that `edge` exports keep their meaning from one minor version to the next; everything else may change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from os import fspath
from pathlib import Path
from typing import TypeVar

from edge.assembly.loading import load_networks
from edge.assembly.stages import Networks, build_alarm, build_stages, take_at_its_word
from edge.cameras.camera import open_camera
from edge.cameras.source import parse_source
from edge.chain.liveness import Liveness
from edge.config.schema import ClassifierConfig, Config, DetectorConfig, load_config
from edge.types import Box, Face, Image, Observation, Reading

_Section = TypeVar("_Section", ClassifierConfig, DetectorConfig)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A face that was found, and what it wears."""

    face: Face
    reading: Reading


class Gate:
    """Face detector and mask classifier, and the chain that makes a decision of what they say.

    One picture at a time: not for use by two threads at once. Begin with `Gate.load`.

    Args:
        config: what a kiosk would be configured with.
        networks: face detector and mask classifier.
    """

    def __init__(self, config: Config, networks: Networks) -> None:
        self.config = config
        self._detector, self._classifier = networks

    @classmethod
    def load(
        cls,
        model: str | Path | None = None,
        *,
        detector: str | None = None,
        config: Path | None = None,
        threads: int | None = None,
    ) -> Gate:
        """Load both networks, which takes a moment.

        Args:
            model: name of a mask classifier, or the folder of one; the configuration's if None.
            detector: name of a face detector; the configuration's if None.
            config: a kiosk's TOML file; without one the system's, or the defaults if there is none.
            threads: processor threads of each network, 1 to 8; the configuration's if None.

        Raises:
            ConfigError: if the configuration is refused.
            ModelError: if a network is missing, damaged or not what its manifest says.
            ValueError: if `detector` or `threads` is none that there is.
        """
        loaded = load_config(config)
        classifier_wishes = {"model": None if model is None else fspath(model), "threads": threads}
        chosen = loaded.model_copy(
            update={
                "classifier": _with(loaded.classifier, classifier_wishes),
                "detector": _with(loaded.detector, {"name": detector}),
            }
        )
        return cls(chosen, load_networks(chosen))

    def detect(self, image: Image) -> tuple[Face, ...]:
        """The faces in a BGR picture, best first, in pixels of it."""
        return tuple(face for face in self._detector(image) if face.score >= self._detector.min_score)

    def classify(self, image: Image, box: Box) -> Reading:
        """What the face in `box` of a BGR picture wears.

        Raises:
            ValueError: if `box` lies outside the picture.
        """
        return self._classifier(image, box)

    def judge(self, image: Image) -> tuple[Judgement, ...]:
        """Every face in a BGR picture, and what it wears; one look, without the memory that a door decides with."""
        return tuple(Judgement(face, self.classify(image, face.box)) for face in self.detect(image))

    def observe(self, source: str | Path) -> Iterator[Observation]:
        """Watch a source as the kiosk does, and say for each frame who is there and what the door should show.

        A clip is played on its own time, every frame of it; a camera gives its newest picture, and has no end. Nothing
        is signalled or stored: what the state means is up to the caller, and so is opening a lost camera again. FAULT
        never comes, and opening hours do not count: a door needs the whole kiosk.

        Args:
            source: FILE, FOLDER, usb:N, /dev/video..., rtsp://..., picamera or demo; see docs/usage.md.

        Yields:
            an observation for each frame; closing the iterator gives the camera back.

        Raises:
            UsageError: if `source` can be none.
            InputError: if a clip cannot be read.
            CameraError: if a camera cannot be opened, or is lost.
        """
        parsed = parse_source(fspath(source))
        stages = build_stages(
            self.config,
            (self._detector, self._classifier),
            alarm=build_alarm(self.config),
            is_on_duty=lambda: True,
            ids=count(1),
            vouch=Liveness() if parsed.is_live else take_at_its_word,
        )
        with closing(open_camera(parsed, replay=not parsed.is_live, settings=self.config.camera.settings)) as camera:
            yield from stages.observe(camera.frames())


def _with(section: _Section, wishes: Mapping[str, object]) -> _Section:
    """The section with what is wished for, checked as in a file."""
    values = section.model_dump() | {name: value for name, value in wishes.items() if value is not None}
    return type(section).model_validate(values)
