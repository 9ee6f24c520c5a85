"""The notebook that trains on a GPU: its cells, in order, make a model; here on the processor and in its small form."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.networks.manifest import load_manifest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "docs" / "train.ipynb"


def cells(kind: str) -> list[str]:
    """The text of all cells of this kind."""
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


def test_carries_no_results() -> None:
    """Whoever opens it sees what it does, not what it once printed; every cell is plain Python."""
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None
    for text in cells("code"):
        compile(text, NOTEBOOK.name, "exec")


def test_a_gpu_needs_the_same_libraries() -> None:
    """The extra for GPUs is the one for processors with another TensorFlow."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    others = {name: {line for line in extras[name] if "tensorflow" not in line} for name in ("train", "train-gpu")}
    assert others["train"] == others["train-gpu"]
    assert any(line.startswith("tensorflow[and-cuda]") for line in extras["train-gpu"])
    assert not any(line.startswith("tensorflow-cpu") for line in extras["train-gpu"])


@pytest.mark.slow
def test_makes_a_model_from_a_clone(tmp_path: Path) -> None:
    """Its cells run one after another, as in a fresh kernel, and leave a model that the kiosk loads."""
    chance = np.random.default_rng(1)
    for label, red in (("with_mask", 200), ("without_mask", 40)):
        (tmp_path / "faces" / label).mkdir(parents=True)
        for index in range(20):
            face = chance.integers(0, 60, (64, 64, 3), dtype=np.uint8)
            face[..., 2] += np.uint8(red - 40)
            cv2.imwrite(str(tmp_path / "faces" / label / f"{label}-{index}.png"), face)
    program = tmp_path / "cells.py"
    program.write_text("\n\n".join(cells("code")))
    environment = {
        "MASKGATE_SOURCE": str(ROOT),
        "MASKGATE_SMALL": "1",
        "MASKGATE_DATA": str(tmp_path / "faces"),
        "MASKGATE_RUN": str(tmp_path / "run"),
        "MASKGATE_MODELS": str(tmp_path / "models"),
        "PYTHONPATH": str(ROOT),
    }
    result = subprocess.run(
        [sys.executable, str(program)],
        cwd=tmp_path,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=1800,
    )
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-2000:]
    assert load_manifest(tmp_path / "models" / "my-door").recipe == "float16"
    assert (tmp_path / "my-door.zip").is_file()
