"""Fixtures of the conversion's tests."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from convert.candidate import save_candidate
from convert.conversion import Outcome
from convert.recipes import INT8
from convert.run import Run, open_run
from convert.verify import Verification
from tests.builders import colour_classifier
from tests.convert.runs import SIDE, write_run

_TENSORFLOW_MEETS_NUMPY_2 = "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
_TF2ONNX_MEETS_NUMPY_2 = "ignore:In the future `np.object` will be defined:FutureWarning"


def pytest_configure(config: pytest.Config) -> None:
    """Let pass what only a release of Keras and TensorFlow can silence."""
    config.addinivalue_line("filterwarnings", _TENSORFLOW_MEETS_NUMPY_2)
    config.addinivalue_line("filterwarnings", _TF2ONNX_MEETS_NUMPY_2)


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The colour network's run folder; shared, so read-only but for `converted/`."""
    return write_run(tmp_path_factory.mktemp("run") / "colour")


@pytest.fixture
def run_folder(finished_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the run that a test may damage."""
    folder = tmp_path_factory.mktemp("run") / "colour"
    shutil.copytree(finished_run, folder, ignore=shutil.ignore_patterns("converted"))
    return folder


@pytest.fixture
def run(run_folder: Path) -> Run:
    """That copy, opened."""
    return open_run(run_folder)


@pytest.fixture
def outcome(run: Run) -> Outcome:
    """An int8 conversion that passed, with invented figures."""
    candidate = save_candidate(run, INT8, colour_classifier(SIDE, SIDE, quantized=True), [])
    verification = Verification(
        recipe=INT8.name,
        pictures=731,
        accuracy=0.9123,
        keras_accuracy=0.9157,
        agreement=0.9876,
        max_difference=0.25,
        mean_difference=0.01,
        recall=dict.fromkeys(run.facts.labels, 0.9),
        keras_recall=dict.fromkeys(run.facts.labels, 0.91),
        size_bytes=candidate.model.stat().st_size,
        cpu_ms_per_face=3.25,
        machine="a machine",
        runtime="a runtime",
        max_loss=0.005,
    )
    return Outcome(candidate, verification)
