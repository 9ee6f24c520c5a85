"""Several workers take the steps that one would, and outlive the loss of one."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.training import distributed_worker, tiny
from training.classifier import distributed, loop
from training.classifier.checkpoints import BestCheckpoints
from training.runs import RunFolder

ROOT = Path(__file__).parents[3]
DEADLINE_S = 600
"""For a worker to end on a crowded machine; an idle one takes half a minute."""
COMPARED = ("loss", "val_loss", "accuracy", "val_accuracy", "macro_f1", "val_macro_f1")


def _alone(folder: Path) -> dict[str, list[float]]:
    """History of one process with Keras' own fit."""
    given = distributed_worker.material()
    job = tiny.job(folder, recipe=distributed_worker.RECIPE)
    model = loop.build(job, tiny.FACTS)
    run = RunFolder.create(folder / "run")
    return loop.fit(model, job, run, train=given.train, validation=given.validation).history


def _start(folder: Path, *, dies_at: int = -1) -> list[subprocess.Popen[bytes]]:
    (folder / "run").mkdir(parents=True, exist_ok=True)
    tiny.weights_file(folder)
    workers = [f"127.0.0.1:{_free_port()}" for _ in range(2)]
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "2"}
    script = [sys.executable, "-m", "tests.training.distributed_worker", str(folder)]
    return [
        subprocess.Popen(
            [*script, str(index), str(dies_at), *workers],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for index in range(2)
    ]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _finish(processes: list[subprocess.Popen[bytes]]) -> list[int]:
    """Exit codes of all workers."""
    try:
        return [process.wait(DEADLINE_S) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _history(folder: Path, index: int) -> dict[str, Any]:
    history: dict[str, Any] = json.loads((folder / f"history-{index}.json").read_text())
    return history


def _same_curves(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    for name in COMPARED:
        np.testing.assert_allclose(ours[name], theirs[name], rtol=2e-3, atol=1e-5, err_msg=name)


@pytest.mark.slow
def test_two_workers_match_one_and_survive_a_loss(tmp_path: Path) -> None:
    """Two processes have the loss curve of one; so have two of which one dies, once both are started again."""
    for name in ("alone", "pair", "broken"):
        (tmp_path / name).mkdir()
    expected = _alone(tmp_path / "alone")

    assert _finish(_start(tmp_path / "pair")) == [0, 0]
    _same_curves(_history(tmp_path / "pair", 0), expected)
    _same_curves(_history(tmp_path / "pair", 1), expected)

    chief, dying = _finish(_start(tmp_path / "broken", dies_at=3))
    assert dying == 9
    assert chief != 0
    assert BestCheckpoints(tmp_path / "broken" / "run" / "checkpoints").load().epochs == 3
    assert _finish(_start(tmp_path / "broken")) == [0, 0]
    _same_curves(_history(tmp_path / "broken", 0), expected)


def test_one_device_matches_fit(tmp_path: Path) -> None:
    """The written-out loop under MirroredStrategy on one device has the curve of Keras' fit."""
    (tmp_path / "alone").mkdir()
    strategy = tf.distribute.MirroredStrategy(["/cpu:0"])
    job = tiny.job(tmp_path, recipe=distributed_worker.RECIPE)
    given = distributed_worker.material()
    state = distributed.fit_distributed(job, RunFolder(tmp_path / "run"), strategy, given)
    _same_curves(state.history, _alone(tmp_path / "alone"))


def test_scores_of_a_confusion_matrix() -> None:
    """Accuracy and macro F1, worked out by hand: 7 of 10 right, F1 of 0.75, 0.8 and 0."""
    confusion = np.array([[3.0, 1.0, 1.0], [0.0, 4.0, 0.0], [0.0, 1.0, 0.0]])
    accuracy, macro_f1 = distributed._scores(confusion)
    assert accuracy == pytest.approx(0.7)
    assert macro_f1 == pytest.approx((0.75 + 0.8 + 0.0) / 3)
