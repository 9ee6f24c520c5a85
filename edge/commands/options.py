"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from edge.host.doors import Door, choosing, parse_door

Command = TypeVar("Command", bound=Callable[..., Any])


def _choose(context: click.Context, _: click.Parameter, name: str | None) -> None:
    """For as long as the command runs."""
    if name is not None:
        context.with_resource(choosing(parse_door(name)))


door_option = click.option(
    "--door",
    metavar="NAME",
    expose_value=False,
    is_eager=True,
    callback=_choose,
    help="one of several doors on this board: its service, settings and state",
)

_config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    help=f"TOML file; default {Door().config_file}, or that of --door",
)


state_option = click.option(
    "--state",
    type=click.Path(path_type=Path),
    help=f"the service's state folder; default {Door().state}, or that of --door",
)


def config_option(command: Command) -> Command:
    """Which door, and whether with other settings than its own."""
    return door_option(_config_option(command))
