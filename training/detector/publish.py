"""A trained detector as a model folder: ONNX file and manifest, ready for the kiosk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import keras
from pydantic import JsonValue

from edge.networks.manifest import FILE_NAME, DetectorInput, DetectorManifest, Level, sha256_of
from training.detector.anchors import STRIDES
from training.detector.export import export_onnx

LONG_SIDE = 320
ONNX_FILE = "face-ssd.onnx"
COARSEST = max(STRIDES)


def write_model_folder(
    model: keras.Model,
    folder: Path,
    levels: Sequence[Level],
    *,
    min_score: float,
    start_score: float = 0.0,
    long_side: int = LONG_SIDE,
    name: str = "face-ssd",
    training: dict[str, JsonValue] | None = None,
    figures: dict[str, JsonValue] | None = None,
) -> DetectorManifest:
    """Write the ONNX file and `manifest.json` into `folder`.

    Args:
        model: what `build_ssd` made.
        levels: its default boxes.
        min_score, start_score: thresholds the kiosk takes unless told otherwise; see DetectorManifest.
        long_side: pixels of the longer side fed to the network.
        name: what the manifest calls it.
        training: which run made it. figures: what was measured.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ONNX_FILE
    outputs = export_onnx(model, path, width=long_side, height=round(long_side * 3 / 4 / COARSEST) * COARSEST)
    manifest = DetectorManifest(
        name=name,
        file=ONNX_FILE,
        sha256=sha256_of(path),
        input=DetectorInput(long_side=long_side),
        outputs=outputs,
        levels=tuple(levels),
        min_score=min_score,
        start_score=start_score,
        training=training or {},
        figures=figures or {},
    )
    (folder / FILE_NAME).write_text(manifest.model_dump_json(indent=2) + "\n")
    return manifest
