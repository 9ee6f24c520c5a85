"""One worker of a tiny distributed run, started by test_distributed in a process of its own.

Arguments: folder, this worker's index, the epoch at whose beginning worker 1 dies (-1: never), then host:port of all.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.training import tiny
from training.classifier import distributed
from training.classifier.finetune import Material
from training.runs import RunFolder

RECIPE = replace(tiny.RECIPE, dropout=0.0)
"""Each replica drops features of its own: only without dropout do two workers equal one."""


def material() -> Material:
    """27 pictures to train: batches of 12, 12 and 3, the last one leaving the workers unequal shares.

    They weigh so much that the limit on the gradient's norm takes effect.
    """
    train = tiny.batches(27, seed=1, shuffle=True, weight=20.0)
    return Material(tiny.FACTS, train, tiny.batches(13, seed=2, shuffle=False))


def main(folder: Path, index: int, dies_at: int, workers: list[str]) -> None:
    """Train, and write this worker's history."""
    strategy = distributed.make_strategy(workers, index)
    if index == 1 and dies_at >= 0:
        _die_at(dies_at)
    state = distributed.fit_distributed(
        tiny.job(folder, recipe=RECIPE), RunFolder(folder / "run"), strategy, material()
    )
    (folder / f"history-{index}.json").write_text(json.dumps(state.history))


def _die_at(epoch: int) -> None:
    run_epoch = distributed._epoch

    def dying(passes: Any, given: Material, number: int) -> dict[str, float]:
        if number == epoch:
            os._exit(9)
        return run_epoch(passes, given, number)

    setattr(distributed, "_epoch", dying)  # noqa: B010 - mypy forbids to assign to a function


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
