"""Compares what users and other programs see of Maskgate with another checkout: `python -m tests.unchanged OLD_TREE`.

The help of every command, the whole default configuration, the OpenAPI document, the schemas of the MQTT messages and
of the event database. Every difference is printed; the exit code is 1 if there is one.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import importlib
import io
import json
import os
import re
import runpy
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
_COLLECT = "--collect"
_DATABASES = ("edge.events.database", "edge.database")
"""Where `open_database` is, and where it was in 0.1.0."""


def differences(old: dict[str, str], new: dict[str, str]) -> Iterator[str]:
    """What is not the same, a unified diff for each."""
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name, "").splitlines(), new.get(name, "").splitlines()
        if diff := list(difflib.unified_diff(before, after, f"old {name}", f"new {name}", lineterm="", n=1)):
            yield "\n".join(diff)


def collected(tree: Path) -> dict[str, str]:
    """What `tree` shows, asked in a process of its own, which imports nothing but what lies there."""
    command = [sys.executable, "-P", __file__, _COLLECT]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MASKGATE_")}
    environment = kept | {"PYTHONPATH": str(tree), "COLUMNS": "100", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, cwd=tree, env=environment, stdout=subprocess.PIPE, check=True)
    result: dict[str, str] = json.loads(done.stdout)
    return result


def _collect() -> dict[str, str]:
    """All that the tree in the present folder shows, by name."""
    facts: dict[str, str] = {}
    for program, entry in tomllib.loads(Path("pyproject.toml").read_text())["project"]["scripts"].items():
        module, _, function = entry.partition(":")
        main = getattr(importlib.import_module(module), function)
        facts |= {f"{program} --help": text for program, text in _helps(main, program, ())}
        if program == "maskgate":
            facts["maskgate check-config"] = _output(main, "check-config")
    pages = importlib.import_module("edge.web.pages")
    facts["OpenAPI document"] = json.dumps(pages.openapi(pages.OPERATIONS), indent=1)
    schemas = runpy.run_path("docs/write_schemas.py")["schemas"]()
    facts |= {f"MQTT schema {name}": text for name, text in schemas.items()}
    facts["event database"] = _database()
    return facts


def _helps(main: Callable[[list[str]], object], program: str, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The help of a command and of all below it."""
    text = _output(main, *path, "--help")
    yield " ".join((program, *path)), text
    _, _, commands = text.partition("\nCommands:\n")
    for name in re.findall(r"^  ([a-z][\w-]*)", commands, re.MULTILINE):
        yield from _helps(main, program, (*path, name))


def _output(main: Callable[[list[str]], object], *arguments: str) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as output, contextlib.suppress(SystemExit):
        main(list(arguments))
    return output.getvalue()


def _database() -> str:
    """The statements that make a fresh database, and its version."""
    module = next(filter(None, map(_module_or_none, _DATABASES)))
    with TemporaryDirectory() as folder:
        module.open_database(Path(folder) / "events.db").close()
        with contextlib.closing(sqlite3.connect(Path(folder) / "events.db")) as database:
            statements = [row[0] for row in database.execute("SELECT sql FROM sqlite_master ORDER BY name") if row[0]]
            version = database.execute("PRAGMA user_version").fetchone()[0]
    return "\n".join([*statements, f"user_version {version}"])


def _module_or_none(name: str):  # type: ignore[no-untyped-def]
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        return None


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.unchanged", description="Compare with another checkout.")
    parser.add_argument("old", type=Path, help="the other checkout, such as one made by `git worktree add`")
    found = list(differences(collected(parser.parse_args().old.resolve()), collected(ROOT)))
    print("\n\n".join(found) or "nothing differs")
    return 1 if found else 0


if __name__ == "__main__":
    if sys.argv[1:] == [_COLLECT]:
        print(json.dumps(_collect()))
        sys.exit(0)
    sys.exit(main())
