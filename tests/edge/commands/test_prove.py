"""The command that a new version must pass before it takes over."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.commands import prove as prove_module
from edge.commands.prove import prove
from edge.errors import MaskgateError


@pytest.mark.slow
def test_it_proves_itself() -> None:
    """Real networks, two starts, drawn pictures, and a page."""
    result = CliRunner().invoke(prove, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert [line.rpartition("; ")[2] for line in result.output.splitlines()][-3:] == [
        "it answers as it did when it was published",
        "the kiosk starts, looks at pictures, and ends",
        "the kiosk answers on its page, and ends when it is told to",
    ]


def test_a_kiosk_that_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first fault ends it, in the kiosk's own words."""
    trial = prove_module._Trial(tmp_path)
    monkeypatch.setitem(trial._environment, "PYTHONPATH", "/nowhere")
    monkeypatch.setattr(prove_module, "own_command", lambda *_: ["sh", "-c", "echo no such network; exit 78"])
    for step, what in ((trial.watch, "does not look at pictures"), (trial.answer, "does not answer on its page")):
        with pytest.raises(MaskgateError, match=f"the kiosk {what}: no such network"):
            step()
