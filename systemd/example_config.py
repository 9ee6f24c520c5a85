"""Writes the commented example configuration: `python systemd/example_config.py > systemd/maskgate.toml`."""

# ruff: noqa: INP001 - a script beside the files it makes, no module of a package

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import wrap
from typing import Literal, get_args, get_origin

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from edge.config.schema import Config
from edge.config.toml import toml_value

WIDTH = 110

HEADER = """\
# Configuration of the kiosk, /etc/maskgate/maskgate.toml. Every key is here with its default.
#
#   maskgate check-config /etc/maskgate/maskgate.toml    is it right?
#   sudo systemctl reload maskgate                       use it, without dropping the camera
#   sudo maskgate doctor                                 do camera, networks and lamps answer?
"""

DIFFERENT: Mapping[tuple[str, ...], tuple[object, str]] = {
    ("signals", "driver"): ("gpio", "a kiosk whose lamps do not light must say so rather than run without"),
}
"""Values that differ from the defaults, and why."""

BOUNDS = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}


def example_config() -> str:
    """The file's text."""
    defaults = Config()
    return HEADER + "".join(_section(defaults, ()))


def _section(section: BaseModel, path: tuple[str, ...]) -> Iterator[str]:
    """Keys first, then the tables below: TOML wants it so."""
    fields = type(section).model_fields
    values = {name: getattr(section, name) for name in fields}
    if path:
        yield "\n" + _comment((type(section).__doc__ or "").strip()) + f"[{'.'.join(path)}]\n"
    for name, value in values.items():
        if not isinstance(value, BaseModel):
            yield _entry((*path, name), value, fields[name])
    for name, value in values.items():
        if isinstance(value, BaseModel):
            yield from _section(value, (*path, name))


def _entry(path: tuple[str, ...], value: object, field: FieldInfo) -> str:
    told = [field.description or "", _allowed(field)]
    if path in DIFFERENT:
        value, reason = DIFFERENT[path]
        told.append(f"here {value}: {reason}")
    comment = _comment("; ".join(part for part in told if part))
    if value is None or value == {}:
        return f"{comment}# {path[-1]} =    (not set)\n"
    return f"{comment}{path[-1]} = {toml_value(value)}\n"


def _comment(text: str) -> str:
    return "".join(f"# {line}\n" for line in wrap(text, WIDTH))


def _allowed(field: FieldInfo) -> str:
    if get_origin(field.annotation) is Literal:
        return "one of " + ", ".join(map(str, get_args(field.annotation)))
    bounds = {key: getattr(rule, key) for rule in field.metadata for key in BOUNDS if hasattr(rule, key)}
    if "ge" in bounds and "le" in bounds and "gt" not in bounds:
        return f"{bounds['ge']:g} to {bounds['le']:g}"
    if "gt" in bounds:
        bounds.pop("ge", None)
    return ", ".join(f"{word} {bounds[key]:g}" for key, word in BOUNDS.items() if key in bounds)


if __name__ == "__main__":
    sys.stdout.write(example_config())
