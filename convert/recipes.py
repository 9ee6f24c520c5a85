"""The ways a network can be written for the kiosk, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FLOAT_LOSS = 0.001
"""Accuracy that float32 and float16 may lose: rounding alone, less than one picture in a thousand."""
QUANTIZED_LOSS = 0.005
"""Accuracy that 8-bit weights may lose before the model is refused."""

Number = Literal["float32", "float16", "int8"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How weights and activations are stored and computed.

    Attributes:
        name: on the command line, in file names and in the manifest.
        weights: int8 means symmetric, with one scale for each output channel.
        activations: int8 also makes the network's input and output int8. The output of a softmax has a step of
            1/256 then; a float32 output would carry the same values after one operation more.
        calibration_pictures: training pictures shown to find the ranges of int8 activations.
        float_layers: regular expressions of tensor names; an operation that writes such a tensor stays float32.
        max_loss: accuracy in [0, 1] it may lose against Keras on the validation part.
    """

    name: str
    weights: Number
    activations: Number
    calibration_pictures: int = 0
    float_layers: tuple[str, ...] = ()
    max_loss: float = FLOAT_LOSS


FLOAT32 = Recipe("float32", weights="float32", activations="float32")
FLOAT16 = Recipe("float16", weights="float16", activations="float32")
DYNAMIC_RANGE = Recipe("dynamic-range", weights="int8", activations="float32", max_loss=QUANTIZED_LOSS)
INT8 = Recipe("int8", weights="int8", activations="int8", calibration_pictures=200, max_loss=QUANTIZED_LOSS)

RECIPES = {recipe.name: recipe for recipe in (FLOAT32, FLOAT16, DYNAMIC_RANGE, INT8)}
