"""`maskgate notify`: do messages arrive?"""

from __future__ import annotations

from pathlib import Path

import click

from edge.commands.options import config_option
from edge.config.schema import load_config
from edge.errors import ConfigError, MaskgateError
from edge.fleet import send_test_messages


@click.group()
def notify() -> None:
    """Messages to people, by mail, chat, push service or webhook."""


@notify.command()
@config_option
def test(config_path: Path | None) -> None:
    """Send a test message to everybody whom [notify] names, and say who took it."""
    config = load_config(config_path)
    if not config.notify.is_on:
        raise ConfigError("nobody is told: name an address in notify.urls, notify.urls_file or notify.webhook")
    tested = send_test_messages(config)
    for name, cause in tested.items():
        click.echo(f"{name}: {'sent' if cause is None else f'not sent, {cause}'}")
    failed = sum(cause is not None for cause in tested.values())
    if failed:
        raise MaskgateError(f"{failed} of {len(tested)} were not reached")
