"""What a file is that holds a network, by its content."""

from __future__ import annotations

from pathlib import Path

from convert.foreign.original import Original
from edge.errors import InputError

OTHERS = "expected a Keras file (.h5, .keras, .model), a SavedModel folder, a TFLite file or an ONNX file"


def open_original(path: Path) -> Original:
    """Open a file or folder, by what it holds and not by its name.

    Raises:
        InputError: if it cannot be read, or is none of the known forms.
        ModelError: if it is one, and damaged or no classifier of pictures.
    """
    # TensorFlow takes seconds to load, and is not needed for every form.
    if path.is_dir():
        from convert.foreign.tensorflow_file import open_saved_model  # noqa: PLC0415

        return open_saved_model(path)
    begin = _begin(path)
    if begin[4:8] == b"TFL3":
        from convert.foreign.tflite_file import TfliteOriginal  # noqa: PLC0415

        return TfliteOriginal(path)
    if begin.startswith((b"\x89HDF\r\n\x1a\n", b"PK\x03\x04")):
        from convert.foreign.tensorflow_file import open_keras  # noqa: PLC0415

        return open_keras(path)
    if path.suffix.lower() == ".onnx":
        from convert.foreign.onnx_file import OnnxOriginal  # noqa: PLC0415

        return OnnxOriginal(path)
    raise InputError(f"{path}: is no network that can be imported; {OTHERS}")


def _begin(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(8)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); {OTHERS}") from error
