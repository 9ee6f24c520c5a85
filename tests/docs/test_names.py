"""What the pages name is there: commands with their options, targets of make, settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from pydantic import BaseModel

from convert.command import convert
from edge.commands.main import cli
from edge.config.schema import Config
from training.commands.main import train

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
PAGES += sorted((ROOT / "models").glob("*/README.md"))
PROGRAMS: dict[str, click.Group] = {"maskgate": cli, "maskgate-train": train, "maskgate-convert": convert}


def code(page: Path) -> Iterator[str]:
    """Each line of a block and each piece of code in the text."""
    text = page.read_text(encoding="utf-8")
    for block in re.findall(r"^```(?:sh|)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield from block.replace("\\\n", " ").splitlines()
    rest = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    yield from (" ".join(piece.split()) for piece in re.findall(r"`([^`]+)`", rest))


def calls(page: Path) -> Iterator[tuple[str, list[str]]]:
    """Each call of a program of ours: its name, and the words after it up to a comment, a pipe or the next command."""
    for line in code(page):
        for match in re.finditer(r"(?:^|[\s/;&])(?<!-u )(maskgate(?:-train|-convert)?) ([^#|;&<>]*)", line):
            yield match[1], match[2].split()


def unknown(program: click.Command, words: list[str]) -> list[str]:
    """Subcommands and options that a program has not."""
    command = program
    while isinstance(command, click.Group) and words and re.fullmatch(r"[a-z-]+", words[0]):
        found = command.get_command(click.Context(command), words[0])
        if found is None:
            return words[:1]
        command, words = found, words[1:]
    options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    named = {word.split("=")[0].strip(".,)") for word in words if word.startswith("--")}
    return sorted(named - options - {"--help"})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_are_there(page: Path) -> None:
    """Each subcommand and option of the kiosk and of conversion that a page shows, and each subcommand of training."""
    listed = train.list_commands(click.Context(train))
    for name, words in calls(page):
        if name == "maskgate-train":
            assert words[0] in listed
        else:
            assert unknown(PROGRAMS[name], words) == [], words


@pytest.mark.slow
def test_options_of_training_are_there() -> None:
    """The same for training, whose subcommands load TensorFlow."""
    found = [words for page in PAGES for name, words in calls(page) if name == "maskgate-train"]
    assert len(found) > 5
    assert [words for words in found if unknown(train, words)] == []


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_command_is_on_a_page(program: str) -> None:
    """A table or an example names each."""
    texts = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    command = PROGRAMS[program]
    names = command.list_commands(click.Context(command))
    assert [name for name in names if not re.search(rf"(`|{program} ){name}\b", texts)] == []


def test_calls_are_found() -> None:
    """The check above reads what it should: the pages hold many calls, and a wrong one would be noticed."""
    assert sum(1 for page in PAGES for _ in calls(page)) > 50
    assert unknown(cli, ["run", "--sauce", "usb:0"]) == ["--sauce"]
    assert unknown(cli, ["models", "burn"]) == ["burn"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_targets_of_make_are_there(page: Path) -> None:
    """`make` with a word after it."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {target for line in code(page) for target in re.findall(r"^make(?: [A-Z_]+=\S+)* ([a-z-]+)", line)}
    assert named - targets == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_settings_are_there(page: Path) -> None:
    """Each `section.key`."""
    sections = {name: field.annotation for name, field in Config.model_fields.items()}
    models = {name: kind for name, kind in sections.items() if isinstance(kind, type) and issubclass(kind, BaseModel)}
    named = {
        match.groups()
        for piece in code(page)
        for match in re.finditer(r"(?<![\w./-])([a-z]+)\.([a-z_]+)(?![\w/(.])", piece)
    }
    # What follows a section's name may also end a file's.
    files = re.compile("conf|csv|db|html|json|md|mp4|password|pem|py|service|sh|svg|toml|yml")
    wrong = {
        (s, key) for s, key in named if s in models and key not in models[s].model_fields and not files.fullmatch(key)
    }
    assert wrong == set()
