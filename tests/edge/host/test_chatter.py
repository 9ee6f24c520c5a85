"""A library's own lines on standard error do not get into the log."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from edge.host.chatter import without_chatter

LOAD = (
    "from edge.config.schema import ClassifierConfig; from edge.networks import find, golden;"
    "golden.prove(find.find_model(ClassifierConfig().model))"
)


def test_chatter_is_dropped_and_all_else_passed_on(capfd: pytest.CaptureFixture[str]) -> None:
    """In the order in which it came; and what follows is no longer held back, whatever happened."""

    def load() -> None:
        with without_chatter():
            os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\nERROR: node 3 failed\n")
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        load()
    os.write(2, b"INFO: afterwards\n")
    assert capfd.readouterr().err == "ERROR: node 3 failed\nINFO: afterwards\n"


def test_a_process_without_standard_error_loads_all_the_same() -> None:
    """There is nothing to hold back, then."""
    told = subprocess.run(
        [sys.executable, "-c", "import os; os.close(2);" + LOAD], stdout=subprocess.PIPE, text=True, check=False
    )
    assert told.returncode == 0


def test_a_loaded_model_says_nothing() -> None:
    """The interpreter's line about its delegate came beside every command's own."""
    told = subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True, check=True)
    assert told.stderr == ""
