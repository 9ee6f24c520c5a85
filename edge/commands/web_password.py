"""The command `maskgate web-password`: a new password for the pages."""

from __future__ import annotations

from pathlib import Path

import click

from edge.commands.options import config_option
from edge.config.schema import load_config
from edge.errors import ConfigError, UsageError
from edge.host.extras import how_to_add
from edge.host.folders import service_folder
from edge.host.owner import hand_to_owner


@click.command("web-password")
@config_option
@click.option("--unless-set", is_flag=True, help="keep the existing password, and print nothing")
@click.option("--keep-tokens", is_flag=True, help="keep the programs' tokens valid")
def web_password(config_path: Path | None, unless_set: bool, keep_tokens: bool) -> None:
    """Make a new password for the pages, print it this once, and end every session, token and lock-out.

    It is everybody's together, until an admin has one of their own: see maskgate users.
    """
    try:
        from edge.web.people.access import Access
        from edge.web.people.hashing import generated_password
    except ImportError as error:
        raise ConfigError(f"the pages need an extra: {how_to_add('web')}") from error
    folder = load_config(config_path).web.folder or service_folder()
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder; name another in web.folder")
    # The service reads it as its own user, who owns the folder.
    if hand_to_owner(folder):
        return
    access = Access(folder)
    if unless_set and access.can_be_entered:
        return
    password = generated_password()
    try:
        deleted = access.shared.set(password, keep_tokens=keep_tokens)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if deleted:
        click.echo(f"deleted with the old password: tokens {', '.join(deleted)}", err=True)
    click.echo(password)
