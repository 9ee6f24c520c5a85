"""Whether a model tells what a rule asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import ModelError
from edge.networks.kinds import can_tell, check
from edge.types import MaskKind, Required
from tests.builders import write_model_folder

RESPIRATOR, SURGICAL, CLOTH, OTHER = MaskKind


@pytest.mark.parametrize(
    ("kinds", "kept"),
    [
        ((), {Required.ANY}),
        ((CLOTH, OTHER), {Required.ANY}),
        ((SURGICAL, CLOTH), {Required.ANY, Required.MEDICAL}),
        ((RESPIRATOR, OTHER), set(Required)),
    ],
)
def test_a_rule_is_kept_by_a_model_that_names_what_meets_it(
    kinds: tuple[MaskKind, ...], kept: set[Required], tmp_path: Path
) -> None:
    """Nobody could come in otherwise; the error names rule and model."""
    folder = write_model_folder(tmp_path, kinds=kinds)
    assert {rule for rule in Required if can_tell(rule, folder)} == kept
    for rule in kept:
        check(rule, "door", folder)
    for rule in set(Required) - kept:
        with pytest.raises(ModelError, match=f"asks for {rule}, and the model door does not tell"):
            check(rule, "door", folder)
