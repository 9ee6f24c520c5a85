"""What a user reads of a refused value."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError, field_validator

from edge.config.schema import load_config
from edge.errors import ConfigError, cause_of


class _Door(BaseModel):
    """Refuses by a check of its own, and by pydantic's."""

    name: str = "front"
    width: int = 1

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        if name != "front":
            raise ValueError("no such door")
        return name


@pytest.mark.parametrize(
    ("values", "told"),
    [({"name": "back"}, "no such door"), ({"width": "x"}, "Input should be a valid integer, unable to parse")],
)
def test_a_cause_is_told_without_the_kind_of_check(values: dict[str, str], told: str) -> None:
    """It begins with what is wrong, whoever found it."""
    with pytest.raises(ValidationError) as refused:
        _Door.model_validate(values)
    assert cause_of(refused.value.errors()[0]).startswith(told)


def test_a_configuration_is_refused_in_our_words(tmp_path: Path) -> None:
    """Nothing of the library that found it."""
    path = tmp_path / "maskgate.toml"
    path.write_text('[alarm]\nhours = ["25:00-26:00"]\n')
    with pytest.raises(ConfigError, match=r"alarm\.hours") as refused:
        load_config(path)
    assert "Value error" not in str(refused.value)
