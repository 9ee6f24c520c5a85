"""The commands that fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.commands import fit as fit_module
from training.commands.main import main
from training.fit.classifier import FitPlan


def test_a_stopped_fit_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C ends with the shell's code for it, and names the folder and the option; options reach the plan."""
    plans: list[tuple[FitPlan, bool]] = []

    def interrupted(plan: FitPlan, *, resume: bool) -> None:
        plans.append((plan, resume))
        raise KeyboardInterrupt

    monkeypatch.setattr(fit_module, "fit", interrupted)
    with pytest.raises(SystemExit) as ended:
        main(["fit", str(tmp_path), "--name", "my-door", "--from", "x", "--label", "a=ignore", "--epochs", "3"])
    assert ended.value.code == 130
    assert "what was done lies in runs/my-door: go on with the same command and --resume" in capsys.readouterr().err
    ((plan, resume),) = plans
    assert (plan.start, plan.labels, plan.epochs, plan.run, resume) == (
        "x",
        ("a=ignore",),
        3,
        Path("runs/my-door"),
        False,
    )
