"""Writes the reference of all settings from their schema: python docs/write_configuration.py > docs/configuration.md"""

# ruff: noqa: INP001 - a script beside the page it makes, no module of a package

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from edge.config.environment import variable_name
from edge.config.schema import Config, Section

INTRODUCTION = """\
# Settings

Every key of `/etc/maskgate/maskgate.toml` (or of a door's `/etc/maskgate/NAME.toml`), as the kiosk's own schema has it;
`python docs/write_configuration.py` writes this page. All keys have a default, unknown ones are refused.

- `maskgate check-config FILE` says whether a file is right, and prints every value that would be used.
- `sudo systemctl reload maskgate` takes a new file over without dropping the camera. A file that is refused changes
  nothing: the log, `systemctl status` and the events say why. Some keys of the sections `events`, `metrics`, `mqtt`,
  `notify` and `web` need a restart, as said there; after a reload log, health, page and broker name those whose new
  value waits.
- A new configuration is tried on a made-up scene before it is used, and taken back if it breaks the loop within a
  minute.
- What was accepted last is kept in the state folder. A service whose start fails with the present configuration, for
  whatever reason, goes on with that, and says so until the file is corrected and reloaded.
- An environment variable overrides the file: `MASKGATE_` and section and key in capitals, with two underscores between,
  such as `MASKGATE_CAMERA__SOURCE=rtsp://user:password@camera/1`. Values are written as in TOML, strings also without
  quotes. For the service they stand in `/etc/maskgate/environment`, and take effect when it is restarted.
"""

Schema = Mapping[str, Any]

BOUNDS = {"exclusiveMinimum": "more than", "minimum": "at least", "exclusiveMaximum": "less than", "maximum": "at most"}
KINDS = {"integer": "whole number", "number": "number", "string": "text", "boolean": "`true` or `false`"}


def reference() -> str:
    """The page's text."""
    schema = Config.model_json_schema()
    return INTRODUCTION + "".join(_section(schema, schema["$defs"], ()))


def _section(section: Schema, definitions: Schema, path: tuple[str, ...]) -> Iterator[str]:
    keys = {name: key for name, key in section["properties"].items() if _table(key, definitions) is None}
    if path:
        yield f"\n## [{'.'.join(path)}]\n\n{section.get('description', '')}\n"
        if keys:
            yield "\n| Key | Allowed | Default | Meaning |\n|---|---|---|---|\n"
        for name, key in keys.items():
            yield _row(name, key, definitions)
        if keys:
            yield f"\nEnvironment: `{variable_name((*path, next(iter(keys))))}`" + (
                ", and so on.\n" if len(keys) > 1 else ".\n"
            )
        yield _restart(path, keys)
    for name, key in section["properties"].items():
        table = _table(key, definitions)
        if table is not None:
            yield from _section(table, definitions, (*path, name))


def _restart(path: tuple[str, ...], keys: Mapping[str, Schema]) -> str:
    """Which keys of a section a reload does not take over."""
    section = Config.model_fields[path[0]].annotation
    assert isinstance(section, type)
    assert issubclass(section, Section)
    waiting = [key for key in keys if not section.is_live(key)]
    if not waiting:
        return ""
    named = "every key" if len(waiting) == len(keys) else ", ".join(f"`{key}`" for key in waiting)
    return f"\nA new value waits for a restart: {named}.\n"


def _table(key: Schema, definitions: Schema) -> Schema | None:
    """The section that a key of the section above stands for; None if it is a value."""
    found = definitions.get(key.get("$ref", "").rpartition("/")[2], {})
    return found if "properties" in found else None


def _row(name: str, key: Schema, definitions: Schema) -> str:
    default = key.get("default")
    shown = "not set" if default in (None, {}) else f"`{json.dumps(default, ensure_ascii=False)}`"
    cells = (f"`{name}`", allowed(key, definitions), shown, key.get("description", ""))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def allowed(key: Schema, definitions: Schema) -> str:
    """What a value may be, in words."""
    if "$ref" in key:
        return allowed(definitions[key["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in key:
        return " or ".join(allowed(one, definitions) for one in key["anyOf"] if one.get("type") != "null")
    if "enum" in key or "const" in key:
        return ", ".join(f"`{json.dumps(value)}`" for value in key.get("enum", [key.get("const")]))
    if key.get("type") == "array":
        return _list(key, definitions)
    if key.get("format") == "path":
        return "path"
    return " ".join((KINDS.get(key.get("type", ""), "table"), _bounds(key))).strip()


def _list(key: Schema, definitions: Schema) -> str:
    if "prefixItems" in key:
        return "[" + ", ".join(allowed(item, definitions) for item in key["prefixItems"]) + "]"
    least, most = key.get("minItems"), key["maxItems"]
    length = f"{least} to {most}" if least else f"at most {most}"
    return f"list, {length}: {allowed(key['items'], definitions)}"


def _bounds(key: Schema) -> str:
    if "minimum" in key and "maximum" in key and "exclusiveMinimum" not in key:
        return f"from {key['minimum']:g} to {key['maximum']:g}"
    bounds = {bound: key[bound] for bound in BOUNDS if bound in key}
    if "exclusiveMinimum" in bounds:
        bounds.pop("minimum", None)
    return ", ".join(f"{BOUNDS[bound]} {value:g}" for bound, value in bounds.items())


if __name__ == "__main__":
    sys.stdout.write(reference())
