"""Settings from environment variables: `MASKGATE_CAMERA__SOURCE=usb:1` overrides `source` in `[camera]`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PREFIX = "MASKGATE_"
BETWEEN = "__"
"""Parts section and key; variables without it, such as MASKGATE_WEIGHTS, are no settings."""

Key = tuple[str, ...]
"""Section and name, such as ("camera", "source")."""


@dataclass(frozen=True, slots=True)
class Override:
    """One setting from the environment: the variable's name, its value as TOML would have it, and its very text."""

    variable: str
    value: object
    text: str


def variable_name(key: Key) -> str:
    """The variable that overrides a key."""
    return PREFIX + BETWEEN.join(key).upper()


def read_overrides(environment: Mapping[str, str]) -> dict[Key, Override]:
    """Every setting that the environment holds."""
    return {
        tuple(name.removeprefix(PREFIX).lower().split(BETWEEN)): Override(name, _read_value(text), text)
        for name, text in environment.items()
        if name.startswith(PREFIX) and BETWEEN in name
    }


def override(values: dict[str, Any], overrides: Mapping[Key, Override]) -> None:
    """Put overrides into the nested values of a configuration file."""
    for key, setting in overrides.items():
        section: Any = values
        for name in key[:-1]:
            section = section.setdefault(name, {})
            if not isinstance(section, dict):
                # The file is wrong here, which the schema will tell.
                break
        else:
            section[key[-1]] = setting.value


def _read_value(text: str) -> object:
    """A number, truth value or list as in TOML; whatever is none, such as `usb:0`, is a string without quotes."""
    try:
        (value,) = tomllib.loads(f"value = {text}").values()
    except (ValueError, RecursionError):
        return text
    return value
