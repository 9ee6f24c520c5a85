"""The networks in use."""

from __future__ import annotations

import pytest

from edge.assembly.loading import LoadedNetworks, LoadNetworks
from edge.assembly.stages import Networks
from edge.config.schema import Config
from edge.errors import ModelError
from edge.types import Box, Face, Image, Label, Reading
from tests.builders import PlainDetector


@PlainDetector
def find(image: Image) -> tuple[Face, ...]:
    return (Face(Box(0, 0, 9, 9), 0.9),)


def judge(image: Image, box: Box) -> Reading:
    return Reading(Label.WITH_MASK, ((Label.WITH_MASK, 0.9),))


def counting(loaded: list[Config]) -> LoadNetworks:
    def load(config: Config) -> Networks:
        loaded.append(config)
        return find, judge

    return load


def test_networks_are_loaded_again_only_if_others_are_named() -> None:
    """A reload that changes something else costs nothing."""
    loaded: list[Config] = []
    networks = LoadedNetworks(counting(loaded), None)
    for changes in ({}, {"alarm": {"hold_s": 3}}, {"detector": {"min_score": 0.7}}):
        networks(Config.model_validate(changes))
    assert len(loaded) == 2


def test_a_network_that_cannot_be_run_is_refused_before_it_is_used() -> None:
    """Whatever it raises on a picture; the networks of before are still there."""
    answers = iter([judge])

    def load(config: Config) -> Networks:
        def broken(image: Image, box: Box) -> Reading:
            raise RuntimeError("XNNPACK delegate failed to invoke")

        return find, next(answers, broken)

    networks = LoadedNetworks(load, None)
    kept = networks(Config())
    with pytest.raises(ModelError, match=r"cannot be run \(RuntimeError: XNNPACK"):
        networks(Config.model_validate({"classifier": {"model": "mask-mobilenetv2"}}))
    assert networks(Config()) is kept
