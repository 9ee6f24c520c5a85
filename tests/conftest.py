"""Fixtures for every test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED_VARIABLE = "MASKGATE_SHARED"
NO_SHARED = "the shared test data is missing"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real pictures, clips and pretrained weights, which is no part of the project.

    It is named by MASKGATE_SHARED or lies beside the checkout. Without it the test is skipped, and the summary says how
    many were; a name that leads nowhere is an error.
    """
    named = os.environ.get(SHARED_VARIABLE)
    folder = Path(named) if named else ROOT.parent / "shared"
    if (folder / "data").is_dir():
        return folder
    if named:
        pytest.fail(f"{SHARED_VARIABLE}={named} holds no folder `data`")
    pytest.skip(f"{NO_SHARED}: put it beside the checkout or name it in {SHARED_VARIABLE}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly how much was not tested for want of data."""
    skipped = sum(NO_SHARED in str(report.longrepr) for report in terminalreporter.stats.get("skipped", []))
    if skipped:
        terminalreporter.section("NOT TESTED", red=True, bold=True)
        terminalreporter.line(f"{NO_SHARED} ({SHARED_VARIABLE}): {skipped} tests skipped", red=True, bold=True)
