"""Keras files of any version: Keras 3 reads its own, and those of Keras 2 once their description is brought up to date.

Keras 2 wrote HDF5 files under any name (`mask_detector.model`) and, from 2.12 on, `.keras` files.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import h5py
import keras

from edge.errors import ModelError

_NETWORKS = ("Functional", "Model", "Sequential")


def load_keras(path: Path) -> tuple[Any, str]:
    """The network, and which Keras wrote its file, in words.

    A file of Keras 2 that Keras 3 cannot be made to read is loaded with Keras 2 itself where that is installed
    (tf_keras).

    Raises:
        ModelError: if it cannot be loaded.
    """
    with TemporaryDirectory(prefix="maskgate-") as scratch:
        try:
            copy, form = _copy(path, Path(scratch))
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise ModelError(f"{path}: is damaged, or holds weights alone ({error}); save the whole model") from error
        try:
            return keras.saving.load_model(copy, compile=False), form
        except Exception as error:  # Keras raises whatever its layers meet
            if not form.startswith("Keras 2"):
                raise ModelError(f"{path}: Keras cannot load it ({_reason(error)})") from error
            return _load_old(path, Path(scratch), error), form


def modernised(node: Any) -> Any:
    """Keras 2's description of a network as Keras 3 understands it.

    `groups` of a depthwise convolution was always 1, a batch normalisation's `axis` a list, and an input's shape stood
    in the first layer, too.
    """
    if isinstance(node, list):
        return [modernised(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: modernised(item) for key, item in node.items()}
    kind, config = node.get("class_name"), node.get("config")
    if isinstance(config, dict):
        if kind == "DepthwiseConv2D":
            config.pop("groups", None)
        if kind == "BatchNormalization" and isinstance(config.get("axis"), list):
            (config["axis"],) = config["axis"]
        if kind != "InputLayer":
            config.pop("batch_input_shape", None)
    if kind in _NETWORKS and "module" in node:
        node["module"] = "keras" if kind == "Sequential" else "keras.src.models.functional"
        node["class_name"] = "Sequential" if kind == "Sequential" else "Functional"
        node.pop("registered_name", None)
    return node


def _copy(path: Path, folder: Path) -> tuple[Path, str]:
    """The file under a name that Keras takes, brought up to date if Keras 2 wrote it; and which Keras did."""
    if h5py.is_hdf5(path):
        copy = folder / "model.h5"
        shutil.copyfile(path, copy)
        with h5py.File(copy, "r+") as file:
            version = _text(file.attrs.get("keras_version", "2"))
            description = file.attrs["model_config"]
            if version.startswith("2"):
                file.attrs["model_config"] = json.dumps(modernised(json.loads(_text(description))))
        return copy, f"Keras {version} (HDF5)"
    copy = folder / "model.keras"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(copy, "w") as target:
        version = json.loads(source.read("metadata.json"))["keras_version"]
        for name in source.namelist():
            content = source.read(name)
            if name == "config.json" and version.startswith("2"):
                content = json.dumps(modernised(json.loads(content))).encode()
            target.writestr(name, content)
    return copy, f"Keras {version}"


def _load_old(path: Path, folder: Path, why: Exception) -> Any:
    """By Keras 2 itself; it tells HDF5 by the ending of the name."""
    try:
        import tf_keras  # noqa: PLC0415 - rarely there, and slow to load
    except ImportError:
        raise ModelError(
            f"{path}: was written by Keras 2, and Keras 3 cannot read it ({_reason(why)}); install Keras 2 beside it "
            "(pip install --no-deps tf_keras, of TensorFlow's version), or export the model as TFLite"
        ) from why
    copy = folder / ("old.h5" if h5py.is_hdf5(path) else "old.keras")
    shutil.copyfile(path, copy)
    try:
        return tf_keras.models.load_model(copy, compile=False)
    except Exception as error:
        raise ModelError(f"{path}: neither Keras 3 nor Keras 2 can load it ({_reason(error)})") from error


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _reason(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
