"""A configuration as TOML, as its file has it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel


def as_toml(config: BaseModel) -> str:
    """Every value that would be used, section by section; what has no value is left out, but for a comment."""
    values = config.model_dump(mode="json")
    lines = [line for section, keys in values.items() for line in _section(section, keys)]
    return "\n".join(lines).lstrip("\n")


def toml_value(value: Any) -> str:
    """JSON's strings, numbers, booleans and lists are TOML's; tables are not."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {toml_value(item)}" for key, item in value.items()) + " }" if value else "{}"
    if isinstance(value, list | tuple | set | frozenset):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False, default=str)


def _section(name: str, keys: Mapping[str, Any]) -> Iterator[str]:
    yield f"\n[{name}]"
    for key, value in keys.items():
        yield f"# {key} is not set" if value is None else f"{key} = {toml_value(value)}"
