"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path

import click

from edge.config.schema import SYSTEM_FILE

config_option = click.option(
    "--config", "config_path", type=click.Path(path_type=Path), help=f"TOML file; default {SYSTEM_FILE}"
)
