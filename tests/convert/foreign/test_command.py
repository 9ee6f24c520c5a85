"""`maskgate-convert import`: files of others become models that judge as their originals do."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import tensorflow as tf

from convert.command import main
from convert.foreign import keras_file
from edge.networks.classifier import Classifier
from edge.networks.golden import check
from edge.networks.manifest import load_manifest
from edge.pictures import read_picture
from edge.types import Box, Label
from tests.builders import colour_classifier
from tests.convert.foreign.networks import red_network, write_onnx, write_pictures

WITH, WITHOUT = Label.WITH_MASK, Label.WITHOUT_MASK
HERE = Path(__file__).parent

Import = Callable[..., int]


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Labelled faces; read-only."""
    return write_pictures(tmp_path_factory.mktemp("pictures") / "door")


@pytest.fixture
def convert(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Import:
    """Imports FILE as models/my-door, and returns the exit code."""
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")

    def call(path: Path, *arguments: object) -> int:
        with pytest.raises(SystemExit) as exit_:
            main(["import", str(path), "--name", "my-door", "--models", str(tmp_path / "models"), *map(str, arguments)])
        return int(exit_.value.code or 0)

    return call


def assert_judges(folder: Path, red: int, label: Label, *, within: float = 0.002) -> None:
    """The imported model says this of a face of this red, as surely as the formula does."""
    classifier = Classifier.load(folder)
    check(classifier, folder)
    reading = classifier(np.full((20, 20, 3), (255, 0, red), np.uint8), Box(0, 0, 20, 20))
    assert reading.label is label
    assert reading.probability == pytest.approx(0.953, abs=within)


def saved(folder: Path, name: str, **facts: object) -> Path:
    """The red network as a Keras file of this name; Keras looks at the ending, the recipes' readers do not."""
    path = folder / name
    written = path if path.suffix in (".h5", ".keras") else path.with_suffix(".h5")
    red_network(**facts).save(written)  # type: ignore[arg-type]
    return written.rename(path)


@pytest.mark.filterwarnings("ignore:.*HDF5 file:UserWarning")
@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("red.keras", {"scale": "-1..1"}),
        ("red.h5", {"scale": "0..1"}),
        ("mask_detector.model", {"scale": "0..255", "flipped": True}),
        ("red.keras", {"scale": "-1..1", "order": "BGR"}),
        ("red.keras", {"scale": "0..1", "head": "sigmoid"}),
        ("red.keras", {"scale": "0..1", "head": "logits", "flipped": True}),
    ],
    ids=["keras", "h5", "model, flipped", "BGR", "sigmoid", "logits, flipped"],
)
def test_finds_out_what_a_keras_file_takes_and_gives(
    convert: Import, pictures: Path, tmp_path: Path, name: str, facts: dict[str, object]
) -> None:
    """Range, order of the channels and of the labels come from the pictures, and the answers are the formula's."""
    assert convert(saved(tmp_path, name, **facts), "--pictures", pictures) == 0
    manifest = load_manifest(tmp_path / "models" / "my-door")
    assert manifest.labels == ((WITHOUT, WITH) if facts.get("flipped") else (WITH, WITHOUT))
    assert manifest.input.channel_order == facts.get("order", "RGB")
    assert manifest.training["imported"]["input"].endswith(f" {facts['scale']}")  # type: ignore[index,union-attr,call-overload]
    assert manifest.figures["agreement"] == 1.0
    for red, label in ((145, WITH), (45, WITHOUT)):
        assert_judges(tmp_path / "models" / "my-door", red, label)


@pytest.mark.parametrize("name", ["red-keras2.h5", "red-keras2.keras"])
def test_reads_what_keras_2_wrote(convert: Import, pictures: Path, tmp_path: Path, name: str) -> None:
    """Its depthwise convolution and batch normalisation are described as Keras 3 does not understand any more."""
    path = tmp_path / "mask_detector.model"
    shutil.copyfile(HERE / name, path)
    assert convert(path, "--pictures", pictures) == 0
    assert_judges(tmp_path / "models" / "my-door", 145, WITH)
    form = load_manifest(tmp_path / "models" / "my-door").training["imported"]["form"]  # type: ignore[index,call-overload]
    assert str(form).startswith("Keras 2.")


def test_reads_a_saved_model_folder(convert: Import, pictures: Path, tmp_path: Path) -> None:
    """As Keras 2 wrote where nobody asked for HDF5."""
    red_network().export(tmp_path / "mask_detector.model", format="tf_saved_model", verbose=False)
    assert convert(tmp_path / "mask_detector.model", "--pictures", pictures) == 0
    assert_judges(tmp_path / "models" / "my-door", 45, WITHOUT)


@pytest.mark.parametrize("channels_first", [True, False])
def test_an_onnx_file_gets_a_softmax_and_maskgates_layout(
    convert: Import, pictures: Path, tmp_path: Path, channels_first: bool
) -> None:
    """PyTorch's logits with ImageNet's mean and deviation, run by OpenCV."""
    assert convert(write_onnx(tmp_path / "red.onnx", channels_first=channels_first), "--pictures", pictures) == 0
    assert load_manifest(tmp_path / "models" / "my-door").file == "my-door.onnx"
    assert_judges(tmp_path / "models" / "my-door", 145, WITH)


@pytest.mark.filterwarnings("ignore:Statistics for quantized inputs:UserWarning")
@pytest.mark.parametrize("kind", ["float32", "uint8"])
def test_a_file_of_teachable_machine(convert: Import, pictures: Path, tmp_path: Path, kind: str) -> None:
    """The labels.txt beside it names the outputs; the file itself stays as it is."""
    converter = tf.lite.TFLiteConverter.from_keras_model(red_network(flipped=True))
    if kind == "uint8":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.uint8
        faces = [cv2.resize(read_picture(path), (16, 16)) for path in pictures.glob("*/*.png")]
        converter.representative_dataset = lambda: (
            [(face[np.newaxis, ..., ::-1] / 127.5 - 1).astype(np.float32)] for face in faces
        )
    path = tmp_path / "model.tflite"
    path.write_bytes(converter.convert())
    (tmp_path / "labels.txt").write_text("0 No Mask\n1 Mask\n")
    assert convert(path, "--pictures", pictures) == 0
    folder = tmp_path / "models" / "my-door"
    assert (folder / "my-door.tflite").read_bytes() == path.read_bytes()
    assert load_manifest(folder).recipe == kind
    assert_judges(folder, 145, WITH, within=0.02)
    assert_judges(folder, 45, WITHOUT, within=0.02)


def test_without_pictures_everything_must_be_given(
    convert: Import, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody sits at a terminal: what is missing is named; given, the card says that nobody knows how good it is."""
    path = saved(tmp_path, "red.keras")
    assert convert(path, "--scale", "-1..1") == 64
    assert "give --labels, or --pictures" in capsys.readouterr().err
    assert convert(path, "--scale", "-1..1", "--labels", "mask,no mask") == 0
    assert "nobody knows how often it is right" in capsys.readouterr().out
    card = (tmp_path / "models" / "my-door" / "README.md").read_text()
    assert "**This network was not trained here.**" in card
    assert "Judge it before a door depends on it" in card
    assert str(tmp_path) not in card
    assert_judges(tmp_path / "models" / "my-door", 145, WITH)


def test_labels_that_the_pictures_contradict(
    convert: Import, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A model that would let bare faces in is not written."""
    assert convert(saved(tmp_path, "red.keras"), "--pictures", pictures, "--labels", "no mask,mask") == 78
    error = capsys.readouterr().err
    assert "of your pictures are right" in error
    assert "outputs with_mask, without_mask it is right on 100%" in error
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        (b"no network at all", 66, "is no network that can be imported; expected a Keras file"),
        (b"\x89HDF\r\n\x1a\n" + bytes(99), 78, "is damaged, or holds weights alone"),
        (b"PK\x03\x04" + bytes(99), 78, "is damaged, or holds weights alone"),
        (b"\x1c\x00\x00\x00TFL3" + bytes(9), 78, "is not a TFLite model that runs"),
        (colour_classifier(16, 16, outputs=5), 78, "its output has the shape (5,); expected two labels"),
        (None, 66, "cannot be read"),
    ],
    ids=["text", "HDF5", "zip", "TFLite", "five labels", "missing"],
)
def test_what_cannot_be_imported_is_said_in_one_line(
    convert: Import,
    pictures: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    content: bytes | None,
    code: int,
    message: str,
) -> None:
    """The file's name, the cause, and what to do; nothing is left behind."""
    path = tmp_path / "model"
    if content is not None:
        path.write_bytes(content)
    assert convert(path, "--pictures", pictures) == code
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith(f"maskgate-convert: {path}: ")
    assert message in error
    assert not (tmp_path / "models").exists()


def test_weights_alone_are_no_network(convert: Import, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An HDF5 file of weights has no description of its layers."""
    path = tmp_path / "my.weights.h5"
    red_network().save_weights(path)
    assert convert(path, "--labels", "mask,no mask", "--scale", "0..1") == 78
    assert "holds weights alone" in capsys.readouterr().err


def test_a_conversion_that_errs_is_not_imported(
    convert: Import, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the kiosk would run is compared with the original, even where nobody gave pictures."""
    path = saved(tmp_path, "red.keras")
    wrong = tf.lite.TFLiteConverter.from_keras_model(red_network(flipped=True)).convert()
    monkeypatch.setattr("convert.tflite.convert", lambda *_: wrong)
    assert convert(path, "--labels", "mask,no mask", "--scale", "-1..1") == 78
    assert "the written model differs from its original by" in capsys.readouterr().err
    assert list((tmp_path / "models").iterdir()) == []


def test_keras_2_itself_is_the_last_resort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Keras 3 cannot read the file of Keras 2 and the older one is not installed, the error says what to do."""
    path = tmp_path / "old.model"
    shutil.copyfile(HERE / "red-keras2.h5", path)
    monkeypatch.setattr(keras_file, "modernised", lambda node: node | {"class_name": "Gone"})
    monkeypatch.setitem(__import__("sys").modules, "tf_keras", None)
    with pytest.raises(Exception, match="install Keras 2 beside it") as caught:
        keras_file.load_keras(path)
    assert "\n" not in str(caught.value)
