"""Networks of others whose answers can be worked out: a reddish face wears a mask."""

from __future__ import annotations

from pathlib import Path

import cv2
import keras
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from convert.foreign.scales import SCALES

SIDE, MIDDLE = 16, 95
"""A face wears a mask if the mean of its red is above MIDDLE, of 255; the probability is 0.95 at 50 away from it."""

FOLDERS = {"With-Mask": 145, "no mask": 45}
"""As somebody may call them, and the mean red of the pictures in them."""


def line(scale: str) -> tuple[float, float]:
    """Slope and threshold of the red channel's mean, as the network's input in this scale has it."""
    unit, offset = SCALES[scale].scale[0], SCALES[scale].offset[0]
    return 3 / (50 * unit), MIDDLE * unit + offset


def red_network(
    scale: str = "-1..1", *, order: str = "RGB", head: str = "softmax", flipped: bool = False
) -> keras.Model:
    """Outputs with_mask, without_mask (`flipped`: the other way round) of a picture in this scale and order.

    `head` is softmax, logits, or sigmoid: one output, the probability of the second label.
    """
    slope, threshold = line(scale)
    image = keras.Input((SIDE, SIDE, 3))
    mean = keras.layers.GlobalAveragePooling2D()(image)
    outputs = 1 if head == "sigmoid" else 2
    activation = {"softmax": "softmax", "logits": None, "sigmoid": "sigmoid"}[head]
    model = keras.Model(image, keras.layers.Dense(outputs, activation=activation, name="judge")(mean))
    each = np.array([-slope]) if outputs == 1 else np.array([slope / 2, -slope / 2])
    each = -each if flipped else each
    kernel = np.zeros((3, outputs), np.float32)
    kernel[0 if order == "RGB" else 2] = each
    model.get_layer("judge").set_weights([kernel, (-threshold * each).astype(np.float32)])
    return model


def write_onnx(path: Path, *, channels_first: bool = True, batch: int | str = "batch") -> Path:
    """The same as logits in PyTorch's layout, with ImageNet's scale."""
    slope, threshold = line("imagenet")
    weights = np.zeros((3, 2), np.float32)
    weights[0] = slope / 2, -slope / 2
    shape = [batch, 3, SIDE, SIDE] if channels_first else [batch, SIDE, SIDE, 3]
    nodes = [
        helper.make_node("ReduceMean", ["pixels"], ["mean"], axes=[2, 3] if channels_first else [1, 2], keepdims=0),
        helper.make_node("Gemm", ["mean", "weights", "bias"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes,
        "red",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [batch, 2])],
        [
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array((-threshold * weights[0]).astype(np.float32), "bias"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, str(path))
    return path


def write_pictures(folder: Path, *, per_label: int = 20) -> Path:
    """Pictures of both labels, in folders as somebody may call them; their green and blue tell nothing."""
    chance = np.random.default_rng(3)
    for name, red in FOLDERS.items():
        (folder / name).mkdir(parents=True)
        for index in range(per_label):
            picture = chance.integers(0, 255, (20, 20, 3), dtype=np.uint8)
            picture[..., 2] = chance.integers(red - 40, red + 40, (20, 20))
            cv2.imwrite(str(folder / name / f"{index}.png"), picture)
    return folder
