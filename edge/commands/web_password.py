"""The command `maskgate web-password`: a new password for the pages."""

from __future__ import annotations

from pathlib import Path

import click

from edge.commands.options import config_option
from edge.commands.users import opened_access


@click.command("web-password")
@config_option
@click.option("--unless-set", is_flag=True, help="keep the existing password, and print nothing")
@click.option("--keep-tokens", is_flag=True, help="keep the programs' tokens valid")
def web_password(config_path: Path | None, unless_set: bool, keep_tokens: bool) -> None:
    """Make a new password for the pages, print it this once, and end every session, token and lock-out.

    It is everybody's together, until an admin has one of their own: see maskgate users.
    """
    with opened_access(config_path) as access:
        from edge.web.people.hashing import generated_password

        if unless_set and access.can_be_entered:
            return
        password = generated_password()
        deleted = access.shared.set(password, keep_tokens=keep_tokens)
    if deleted:
        click.echo(f"deleted with the old password: tokens {', '.join(deleted)}", err=True)
    click.echo(password)
