"""Keras 3 code without TensorFlow's own calls: the same steps on TensorFlow, PyTorch and JAX."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from math import isfinite
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOSSES = [1.10203, 1.09946, 1.09868]
"""Of three steps from known weights, as computed by TensorFlow; every backend has to agree."""


@pytest.mark.parametrize("backend", ["tensorflow", "torch", "jax"])
def test_a_backend_trains(tmp_path: Path, backend: str) -> None:
    """Three steps have the same losses on each backend, and a short run with both stages saves a model."""
    if find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed: training on it was NOT tested")
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.backend_step", str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "2"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["backend"] == backend
    assert told["losses"] == pytest.approx(LOSSES, rel=1e-4)
    assert len(told["history"]["val_loss"]) == 2
    assert all(isfinite(value) for value in told["history"]["val_loss"])
    assert (tmp_path / "model.keras").stat().st_size > 1000
