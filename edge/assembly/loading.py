"""The two networks that a configuration names: loaded, tried, and kept until others are named."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from edge.assembly.stages import Networks
from edge.config.schema import Config
from edge.errors import ModelError
from edge.host.board import board_threads
from edge.host.doors import doors_here
from edge.networks.classifier import Classifier
from edge.networks.detector import load_detector
from edge.networks.find import find_model, weights_search
from edge.rollout.trial import Trial
from edge.types import Box, Reading

FAINT_SHARE = 0.4
"""Of the detector's threshold, from which a face is seen at all: so faintly it is judged by nobody, keeps the person
who stood there, as a head does that turns, and is blurred on the pages all the same."""

LoadNetworks = Callable[[Config], Networks]


def load_networks(config: Config) -> Networks:
    """The two networks the configuration names.

    Raises:
        ModelError: if one is missing, damaged or not what its manifest says.
    """
    threads = config.classifier.threads or board_threads(doors=len(doors_here()))
    cv2.setNumThreads(threads)
    detector = load_detector(
        name=config.detector.name,
        search=weights_search(),
        min_score=config.detector.min_score,
        faint_share=FAINT_SHARE,
    )
    return detector, Classifier.load(find_model(config.classifier.model), threads=threads)


def tells_kinds(networks: Networks) -> bool:
    """Whether the classifier tells kinds of masks apart."""
    return bool(_read_grey(networks).kinds)


class LoadedNetworks:
    """The networks in use: loaded and tried again only if others are named, or another version has gone live.

    Args:
        load: makes those of a configuration.
        trial: of new versions; None where none is tried.
    """

    def __init__(self, load: LoadNetworks, trial: Trial | None) -> None:
        self._load = load
        self._trial = trial
        self._key: object = None
        self._loaded: Networks | None = None

    def __call__(self, config: Config) -> Networks:
        """Those of a configuration.

        Raises:
            ModelError: if one cannot be loaded, or fails on a picture.
        """
        if self._loaded is None or self._key != _identity(config):
            model, trial = config.classifier.model, self._trial

            def load() -> Networks:
                return _tried(self._load(config))

            self._loaded = trial.load(model, load) if trial else load()
            # Asked again: a trial may have ended with the version before.
            self._key = _identity(config)
        return self._loaded


def _identity(config: Config) -> object:
    return config.detector, config.classifier, find_model(config.classifier.model)


def _tried(networks: Networks) -> Networks:
    """The networks, once they have looked at a grey picture.

    Raises:
        ModelError: if they cannot.
    """
    try:
        _read_grey(networks)
    except ModelError:
        raise
    except Exception as error:  # whatever a broken network does, it is refused before it is used
        raise ModelError(f"a network cannot be run ({type(error).__name__}: {error})") from error
    return networks


def _read_grey(networks: Networks) -> Reading:
    """What they say of a grey picture."""
    detect, judge = networks
    image = np.full((480, 640, 3), 114, np.uint8)
    detect(image)
    return judge(image, Box(256, 176, 384, 304))
