"""The presets: what they promise can be run."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from edge import __version__
from training.commands.main import COMMANDS, train
from training.commands.presets import PRESETS, Preset


def test_lists_every_preset() -> None:
    """Name, what it trains, and its command, each on a line of its own."""
    result = CliRunner().invoke(train, ["presets"])
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.output.splitlines()[::3]] == [preset.name for preset in PRESETS]


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_preset_names_what_there_is(preset: Preset) -> None:
    """Its subcommand takes every option that it names, with a value that the option allows."""
    name, *options = preset.command.split()
    assert name in COMMANDS
    command = train.get_command(click.Context(train), name)
    assert command is not None
    context = click.Context(command, resilient_parsing=True)
    parser = command.make_parser(context)
    values, rest, _ = parser.parse_args(options)
    assert rest == []
    for parameter in command.params:
        if parameter.name in values:
            assert parameter.type_cast_value(context, values[parameter.name]) is not None


def test_tells_its_version() -> None:
    """As `maskgate --version` does."""
    assert CliRunner().invoke(train, ["--version"]).output == f"maskgate-train, version {__version__}\n"
