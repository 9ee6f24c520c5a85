"""8-bit networks with exceptions."""

from __future__ import annotations

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from convert import tflite
from convert.mixed import MixedQuantizer, Sensitivity
from convert.recipes import FLOAT32
from tests.convert.runs import SIDE, colour_network


def plain_inputs(count: int) -> list[NDArray[np.float32]]:
    """Pictures of one random colour, as network inputs."""
    colours = np.random.default_rng(2).uniform(-1, 1, (count, 1, 1, 1, 3)).astype(np.float32)
    return [np.broadcast_to(colour, (1, SIDE, SIDE, 3)).copy() for colour in colours]


@pytest.fixture(scope="module")
def float_model(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("network")
    tflite.save_for_conversion(colour_network(), folder)
    return tflite.convert(folder, FLOAT32, lambda: iter(()))


@pytest.fixture(scope="module")
def mixed(float_model: bytes) -> MixedQuantizer:
    return MixedQuantizer(float_model, plain_inputs(60))


@pytest.fixture(scope="module")
def sensitivities(mixed: MixedQuantizer) -> list[Sensitivity]:
    return mixed.sensitivities()


def int8_tensors(model: bytes) -> set[str]:
    """Names of the tensors that hold int8 values: weights and activations."""
    details = Interpreter(model_content=model).get_tensor_details()
    return {one["name"] for one in details if one["dtype"] is np.int8}


def types(model: bytes) -> tuple[type, type]:
    """Of input and output."""
    interpreter = Interpreter(model_content=model)
    return interpreter.get_input_details()[0]["dtype"], interpreter.get_output_details()[0]["dtype"]


def test_without_exceptions_everything_is_int8(mixed: MixedQuantizer, capfd: pytest.CaptureFixture[str]) -> None:
    """Input and output too, and the library's chatter is held back."""
    assert types(mixed.quantize()) == (np.int8, np.int8)
    assert capfd.readouterr().out == ""


def test_every_operation_is_measured(sensitivities: list[Sensitivity]) -> None:
    """Convolution, mean, dense layer and softmax, the most sensitive first."""
    assert len({one.tensor for one in sensitivities}) == len(sensitivities) == 4
    differences = [one.difference for one in sensitivities]
    assert differences == sorted(differences, reverse=True)
    assert differences[0] > 1e-4


def test_an_exception_stays_float(mixed: MixedQuantizer, sensitivities: list[Sensitivity]) -> None:
    """With every operation excepted only the pixels are int8."""
    model = mixed.quantize([one.tensor for one in sensitivities])
    assert types(model) == (np.int8, np.float32)
    assert len(int8_tensors(model)) == 1
    (dense,) = (one.tensor for one in sensitivities if "judge" in one.tensor)
    assert int8_tensors(mixed.quantize()) - int8_tensors(mixed.quantize([dense])) >= {dense}


def test_names_are_no_patterns(mixed: MixedQuantizer) -> None:
    """A tensor's name is taken literally: dots and brackets in it except nothing else."""
    assert mixed.quantize([".*"]) == mixed.quantize()


def test_the_same_pictures_give_the_same_file(float_model: bytes) -> None:
    """Calibration leaves nothing to chance."""
    inputs = plain_inputs(5)
    assert MixedQuantizer(float_model, inputs).quantize() == MixedQuantizer(float_model, inputs).quantize()
