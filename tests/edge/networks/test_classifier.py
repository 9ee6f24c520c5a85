"""The classifier: what it answers, and which models it refuses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from edge.errors import ModelError
from edge.networks.classifier import Classifier, decode, dequantize
from edge.networks.manifest import FILE_NAME, InputSpec, Manifest, load_manifest, sha256_of
from edge.types import Box, Image, Label, MaskKind, Required
from tests.builders import LABELS, SHARPNESS, write_model_folder

WITH, WITHOUT, INCORRECT = LABELS
RED, GREEN, BLUE = (0, 0, 255), (0, 255, 0), (255, 0, 0)


def plain(colour: tuple[int, int, int], *, height: int = 40, width: int = 50) -> Image:
    """A picture of one BGR colour."""
    return np.full((height, width, 3), colour, np.uint8)


@pytest.mark.parametrize("numbers", ["float32", "int8", "uint8"])
@pytest.mark.parametrize(
    ("colour", "expected"), [(RED, WITH), (GREEN, WITHOUT), (BLUE, INCORRECT)], ids=["red", "green", "blue"]
)
def test_classifies_the_face_in_the_box(
    tmp_path: Path, numbers: str, colour: tuple[int, int, int], expected: Label
) -> None:
    """The answer comes from inside the box, with the channels in the order of the manifest."""
    classifier = Classifier.load(write_model_folder(tmp_path, quantized=numbers == "int8", unsigned=numbers == "uint8"))
    picture = plain((255, 255, 255))
    picture[10:30, 20:40] = colour
    reading = classifier(picture, Box(20, 10, 40, 30))
    assert reading.label is expected
    assert reading.probability == pytest.approx(0.9993, abs=1 / 256)


def test_reads_the_channels_in_the_order_of_the_manifest(tmp_path: Path) -> None:
    """A BGR model sees blue first, where an RGB one sees red."""
    spec = InputSpec(width=32, height=32, channel_order="BGR")
    assert Classifier.load(write_model_folder(tmp_path, spec=spec))(plain(BLUE), Box(0, 0, 40, 40)).label is WITH


def test_a_model_of_two_labels(tmp_path: Path) -> None:
    """Whoever's model knows no mask that is worn wrongly has its two labels, and no third is ever read."""
    classifier = Classifier.load(write_model_folder(tmp_path, labels=(WITHOUT, WITH), outputs=2))
    assert classifier(plain(RED), Box(0, 0, 40, 40)).label is WITHOUT
    assert dict(classifier(plain(GREEN), Box(0, 0, 40, 40)).probabilities) == pytest.approx(
        {WITHOUT: 0.0003, WITH: 0.9997}, abs=1e-3
    )


def test_the_margin_widens_the_crop(tmp_path: Path) -> None:
    """With a margin of the box's own size, eight ninths of what the network sees lie around the box."""
    classifier = Classifier.load(write_model_folder(tmp_path, spec=InputSpec(width=30, height=30, margin=1.0)))
    picture = plain(GREEN, height=60, width=60)
    picture[20:40, 20:40] = RED
    assert classifier(picture, Box(20, 20, 40, 40)).label is WITHOUT


def test_probabilities_follow_the_formula(tmp_path: Path) -> None:
    """The float network computes the softmax that its builder promises, for a non-square input as well."""
    classifier = Classifier.load(write_model_folder(tmp_path, spec=InputSpec(width=24, height=16)))
    colour = np.array([60, 120, 200])
    logits = SHARPNESS * (colour[::-1] / 127.5 - 1)
    expected = np.exp(logits) / np.exp(logits).sum()
    np.testing.assert_allclose(classifier.probabilities(plain((60, 120, 200))), expected, atol=1e-5)


def test_a_threshold_of_the_manifest_makes_a_reading_uncertain(tmp_path: Path) -> None:
    """Grey is equally likely to be anything: below the threshold, so uncertain."""
    classifier = Classifier.load(write_model_folder(tmp_path, thresholds={WITH: 0.5}))
    assert classifier(plain((0, 0, 0)), Box(0, 0, 9, 9)).label is Label.UNCERTAIN


@pytest.mark.parametrize(
    ("output", "thresholds", "label"),
    [
        ([0.7, 0.2, 0.1], {}, WITH),
        ([0.7, 0.2, 0.1], {WITH: 0.7}, WITH),
        ([0.7, 0.2, 0.1], {WITH: 0.71}, Label.UNCERTAIN),
        ([0.7, 0.2, 0.1], {WITHOUT: 0.9}, WITH),
        ([0.1, 0.3, 0.6], {WITH: 0.9, INCORRECT: 0.5}, INCORRECT),
    ],
)
def test_decode_applies_the_threshold_of_the_likeliest_label(
    output: list[float], thresholds: dict[Label, float], label: Label
) -> None:
    """Only the winner's own threshold counts, and reaching it is enough."""
    assert decode(np.array(output), LABELS, thresholds).label is label


KINDS = (MaskKind.RESPIRATOR, MaskKind.CLOTH, MaskKind.OTHER)


def test_kinds_follow_the_labels() -> None:
    """A kind that is surer than every label is none; both parts come with their names."""
    reading = decode(np.array([0.6, 0.3, 0.1, 0.1, 0.9, -0.01]), LABELS, {}, KINDS)
    assert reading.label is WITH
    assert reading.probability == 0.6
    assert reading.kinds == ((MaskKind.RESPIRATOR, 0.1), (MaskKind.CLOTH, 0.9), (MaskKind.OTHER, 0.0))
    assert decode(np.array([0.6, 0.3, 0.1]), LABELS, {}).kinds == ()
    with pytest.raises(ModelError, match=r"shape \(3,\), expected \(6,\)"):
        decode(np.array([0.6, 0.3, 0.1]), LABELS, {}, KINDS)


def test_a_model_with_kinds(tmp_path: Path) -> None:
    """Its one output holds both; asked for probabilities it gives those of the labels. Without them in its manifest it
    is refused.
    """
    classifier = Classifier.load(write_model_folder(tmp_path, outputs=6, kinds=KINDS))
    reading = classifier(plain(RED), Box(0, 0, 40, 40))
    assert [kind for kind, _ in reading.kinds] == list(KINDS)
    assert classifier.answer(plain(RED)).shape == (6,)
    assert classifier.probabilities(plain(RED)).shape == (3,)
    with pytest.raises(ModelError, match="describes output shape"):
        Classifier.load(write_model_folder(tmp_path / "other", outputs=6))


@pytest.mark.parametrize(
    ("of_kinds", "threshold", "kind"),
    [((0.6, 0.3, 0.1), 0.5, "respirator"), ((0.45, 0.45, 0.1), 0.5, "unsure"), ((0.45, 0.3, 0.25), 0.4, "respirator")],
)
def test_a_kind_is_believed_from_the_threshold(of_kinds: tuple[float, ...], threshold: float, kind: str) -> None:
    """Of a mask worn properly; what is worn wrongly, or not at all, has no kind."""
    told = {Required.ANY: threshold}
    reading = decode(np.array([0.6, 0.3, 0.1, *of_kinds]), LABELS, {}, KINDS, kind_thresholds=told)
    assert (reading.kind, reading.kind_probability) == (kind, max(of_kinds))
    for worn in ([0.3, 0.6, 0.1], [0.3, 0.1, 0.6]):
        bare = decode(np.array([*worn, *of_kinds]), LABELS, {}, KINDS, kind_thresholds=told)
        assert (bare.kind, bare.kind_probability) == (None, None)


def test_thresholds_of_kinds_are_written_where_there_are_any(tmp_path: Path) -> None:
    """Older kiosks refuse keys that they do not know; a label of the door's is none of a model's."""
    manifest = load_manifest(write_model_folder(tmp_path, outputs=6, kinds=KINDS))
    assert "kind_thresholds" not in manifest.model_dump()
    other = manifest.model_copy(update={"kind_thresholds": {Required.MEDICAL: 0.6}})
    assert Manifest.model_validate_json(other.model_dump_json()).kind_thresholds == {Required.MEDICAL: 0.6}
    with pytest.raises(ValidationError, match="labels must differ, and be of"):
        Manifest.model_validate(other.model_dump() | {"labels": ("with_mask", "wrong_kind")})


def test_each_rule_has_its_threshold(tmp_path: Path) -> None:
    """Half where the manifest names none; a manifest with one threshold, as they were, has it for every rule."""
    manifest = load_manifest(write_model_folder(tmp_path, outputs=6, kinds=KINDS))

    def needed(values: dict[str, object]) -> list[float]:
        said = Manifest.model_validate(manifest.model_dump() | values)
        reading = decode(np.array([1, 0, 0, 1, 0, 0]), LABELS, {}, KINDS, kind_thresholds=said.kind_thresholds)
        return [reading.kind_threshold(rule) for rule in Required]

    assert needed({}) == [0.5, 0.5, 0.5]
    assert needed({"kind_threshold": 0.3}) == [0.3, 0.3, 0.3]
    assert needed({"kind_thresholds": {"medical": 0.6, "any": 0.4}}) == [0.4, 0.6, 0.5]


@pytest.mark.parametrize("kinds", [KINDS[:1], KINDS[:1] * 2], ids=["one", "twice"])
def test_kinds_are_two_at_least_and_differ(tmp_path: Path, kinds: tuple[MaskKind, ...]) -> None:
    """A manifest with a single kind, or with one twice, is refused."""
    with pytest.raises(ValidationError, match="kinds must differ"):
        write_model_folder(tmp_path, kinds=kinds)


def test_decode_clips_what_rounding_left_outside() -> None:
    """Quantised outputs may step over 1 or below 0."""
    reading = decode(np.array([1.004, -0.004, 0.0]), LABELS, {})
    assert reading.probabilities == ((WITH, 1.0), (WITHOUT, 0.0), (INCORRECT, 0.0))


@pytest.mark.parametrize(
    ("output", "message"),
    [([0.5, 0.5], r"shape \(2,\)"), ([np.nan, 0.5, 0.5], "nan"), ([np.inf, 0.0, 0.0], "inf")],
)
def test_decode_refuses_what_is_no_probability(output: list[float], message: str) -> None:
    """A wrong count or a value that is not finite is the model's fault, and is said."""
    with pytest.raises(ModelError, match=message):
        decode(np.array(output), LABELS, {})


def test_dequantize_undoes_the_quantisation() -> None:
    """The smallest int8 is 0 and the largest 255/256 for a softmax's usual scale."""
    values = dequantize(np.array([-128, 0, 127], np.int8), (1 / 256, -128))
    np.testing.assert_array_equal(values, np.array([0, 0.5, 255 / 256], np.float32))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"size": (16, 24)}, r"colour\.tflite.*input shape \(1, 32, 32, 3\), the model has \(1, 16, 24, 3\)"),
        ({"outputs": 2}, r"colour\.tflite.*output shape \(1, 3\), the model has \(1, 2\)"),
    ],
    ids=["input shape", "label count"],
)
def test_refuses_a_network_that_contradicts_its_manifest(tmp_path: Path, wrong: dict[str, Any], message: str) -> None:
    """The error names the file, what was expected, what is there, and what to do."""
    write_model_folder(tmp_path, **wrong)
    with pytest.raises(ModelError, match=message + ".*convert"):
        Classifier.load(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no model at all", b"\x1c\0\0\0TFL3" + b"\xff" * 30], ids=range(3))
def test_refuses_a_file_that_is_no_model(tmp_path: Path, content: bytes) -> None:
    """A file with the right hash but without a TFLite model in it is one clear line."""
    manifest = load_manifest(write_model_folder(tmp_path))
    path = tmp_path / manifest.file
    path.write_bytes(content)
    matching = manifest.model_copy(update={"sha256": sha256_of(path)})
    (tmp_path / FILE_NAME).write_text(matching.model_dump_json())
    with pytest.raises(ModelError, match=r"colour\.tflite: is not a TFLite model") as caught:
        Classifier.load(tmp_path)
    assert "\n" not in str(caught.value)


def test_refuses_an_exchanged_file(tmp_path: Path) -> None:
    """A model that is not the one the manifest was written for is never run."""
    path = write_model_folder(tmp_path) / "colour.tflite"
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(ModelError, match="sha256"):
        Classifier.load(tmp_path)


def tensor(shape: tuple[int, ...], dtype: type = np.float32, quantization: tuple[float, int] = (0.0, 0)) -> Any:
    """A tensor's details as the interpreter gives them."""
    return {"index": 0, "shape": np.array(shape), "dtype": dtype, "quantization": quantization}


@pytest.mark.parametrize(
    ("inputs", "outputs", "message"),
    [
        ([tensor((1, 32, 32, 3))] * 2, [tensor((1, 3))], "expected 1 input, the model has 2"),
        ([tensor((1, 32, 32, 3))], [], "expected 1 output, the model has 0"),
        ([tensor((1, 32, 32, 3), np.uint8)], [tensor((1, 3))], "input, the model has uint8"),
        ([tensor((1, 32, 32, 3), np.int8)], [tensor((1, 3))], "quantised 8-bit input, the model has int8"),
        ([tensor((1, 32, 32, 3))], [tensor((1, 3), np.float16)], "output, the model has float16"),
    ],
)
def test_refuses_tensors_it_cannot_feed(tmp_path: Path, inputs: list[Any], outputs: list[Any], message: str) -> None:
    """Anything but one float32 or quantised 8-bit tensor on either side is refused at the start."""
    manifest: Manifest = load_manifest(write_model_folder(tmp_path))
    interpreter = SimpleNamespace(get_input_details=lambda: inputs, get_output_details=lambda: outputs)
    with pytest.raises(ModelError, match=message):
        Classifier(manifest, interpreter, Path("odd.tflite"))


def test_importing_the_module_loads_no_interpreter() -> None:
    """The interpreter is imported where it is made, so that `maskgate --help` is quick."""
    interpreters = "{'ai_edge_litert', 'tflite_runtime', 'tensorflow'}"
    code = f"import sys, edge.networks.classifier; assert not {interpreters} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
