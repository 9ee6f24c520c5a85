"""Fixtures of the conversion's tests."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.convert.runs import write_run

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
def run_folder(finished_run: Path, tmp_path: Path) -> Path:
    """A copy of the run that a test may damage."""
    folder = tmp_path / "copy"
    shutil.copytree(finished_run, folder, ignore=shutil.ignore_patterns("converted"))
    return folder
