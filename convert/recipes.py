"""The ways a network can be written for the kiosk, by name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

FLOAT_LOSS = 0.001
"""Accuracy that float32 and float16 may lose: rounding alone, less than one picture in a thousand."""
QUANTIZED_LOSS = 0.005
"""Accuracy that 8-bit weights may lose before the model is refused."""
WANTED_LOSS = 0.003
"""Accuracy that the shipped model should lose at most: beyond it the recipe's fallback is tried."""

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
        float_operations: how many of the operations that quantisation hurts most stay float32.
        max_loss: accuracy in [0, 1] it may lose against Keras on the validation part.
        fallback: the recipe to try where this one loses more than WANTED_LOSS; empty for none.
    """

    name: str
    weights: Number
    activations: Number
    calibration_pictures: int = 0
    float_operations: int = 0
    max_loss: float = FLOAT_LOSS
    fallback: str = ""


FLOAT32 = Recipe("float32", weights="float32", activations="float32")
FLOAT16 = Recipe("float16", weights="float16", activations="float32")
DYNAMIC_RANGE = Recipe("dynamic-range", weights="int8", activations="float32", max_loss=QUANTIZED_LOSS)
INT8 = Recipe(
    "int8",
    weights="int8",
    activations="int8",
    calibration_pictures=200,
    max_loss=QUANTIZED_LOSS,
    fallback="int8-mixed",
)
# Three times as many calibration pictures changed nothing on a MobileNetV2 (764 pictures, mean difference of a
# probability 0.0099 and 0.0102); four operations left float32 halved the difference, for 0.3 ms and no size.
INT8_MIXED = replace(INT8, name="int8-mixed", float_operations=4, fallback="int8-mixed-12")
INT8_MIXED_12 = replace(INT8_MIXED, name="int8-mixed-12", float_operations=12, fallback="")

RECIPES = {recipe.name: recipe for recipe in (FLOAT32, FLOAT16, DYNAMIC_RANGE, INT8, INT8_MIXED, INT8_MIXED_12)}
DEFAULT_RECIPES = (FLOAT32.name, FLOAT16.name, DYNAMIC_RANGE.name, INT8.name)
"""What is tried without being asked for."""
