"""The hidden command `maskgate man-pages`, by which the installer makes the manual of the version it installs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from edge import __version__
from edge.errors import UsageError


@click.command("man-pages", hidden=True)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.pass_context
def man_pages(context: click.Context, folder: Path) -> None:
    """Write a manual page (section 1) for each command into a folder."""
    root = context.find_root()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for command in _commands(root):
            name = command.command_path.replace(" ", "-")
            (folder / f"{name}.1").write_text(manual(command), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written ({error.strerror})") from error


def manual(context: click.Context) -> str:
    """One command's page, in the language of man(7)."""
    command, path = context.command, context.command_path
    title = path.replace(" ", "-")
    summary = command.get_short_help_str(limit=200)
    lines = [f'.TH "{title.upper()}" "1" "" "Maskgate {__version__}" "Maskgate"', ".SH NAME"]
    lines += [f"{_text(title)} \\- {_text(summary)}", ".SH SYNOPSIS", f".B {_text(path)}"]
    lines += [_text(" ".join(command.collect_usage_pieces(context)))]
    lines += [".SH DESCRIPTION", *(_text(line) for line in (command.help or "").split("\n"))]
    options = [record for option in command.get_params(context) if (record := option.get_help_record(context))]
    if options:
        lines.append(".SH OPTIONS")
    for names, told in options:
        lines += [".TP", f"\\fB{_text(names)}\\fR", _text(told)]
    if isinstance(command, click.Group):
        lines.append(".SH COMMANDS")
        for below in _below(context):
            lines += [".TP", f"\\fB{_text(below.command_path)}\\fR", _text(below.command.get_short_help_str(200))]
    return "\n".join(line or ".PP" for line in lines) + "\n"


def _commands(context: click.Context) -> Iterator[click.Context]:
    yield context
    if isinstance(context.command, click.Group):
        for below in _below(context):
            yield from _commands(below)


def _below(context: click.Context) -> Iterator[click.Context]:
    assert isinstance(context.command, click.Group)
    for name in context.command.list_commands(context):
        command = context.command.get_command(context, name)
        if command is not None and not command.hidden:
            yield click.Context(command, info_name=name, parent=context)


def _text(text: str) -> str:
    """Words as man(7) takes them: a line that begins with a dot or quote would be a request."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text[:1] in (".", "'") else text
