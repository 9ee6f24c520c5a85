"""The commands `maskgate users ...`: who may look at the pages, and as what; also when nobody can log in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.options import config_option
from edge.config.page_address import page_address
from edge.config.schema import load_config
from edge.errors import ConfigError, MaskgateError, UsageError
from edge.host.extras import how_to_add
from edge.host.folders import service_folder
from edge.host.owner import hand_to_owner
from edge.local.client import ask_service

if TYPE_CHECKING:
    from edge.web.people.access import Access

ROLES = ("viewer", "operator", "admin")
"""As `edge.web.people.roles.Role`, which the extra `web` may be needed to load."""


@click.group()
def users() -> None:
    """Say who may look at the pages, and as what. A running kiosk knows at once."""


@users.command("list")
@config_option
def list_users(config_path: Path | None) -> None:
    """List everybody: name, role, and whether they can log in."""
    with opened_access(config_path) as access:
        for user in access.users.all:
            codes = ", with second factor" if user.second_factor else ""
            state = f"has a password{codes}" if user.password else "has no password yet"
            click.echo(f"{user.name}  {user.role}  {state}")
        if access.shared.is_set:
            click.echo("everybody else: the password of maskgate web-password, as admin", err=True)


@users.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), default="viewer", show_default=True, help="what they may do")
@click.option("--invite", is_flag=True, help="print a link by which they choose a password, rather than a password")
@config_option
def add(name: str, role: str, invite: bool, config_path: Path | None) -> None:
    """Add somebody, and print a password for them, this once."""
    with opened_access(config_path) as access:
        from edge.web.people.hashing import generated_password
        from edge.web.people.roles import Role

        password = "" if invite else generated_password()
        access.users.add(name, Role(role), password=password)
        _note(f"user {name} added as {role}")
        if invite:
            _print_invitation(access, name, config_path)
        else:
            click.echo(password)


@users.command()
@click.argument("name")
@click.option("--keep-tokens", is_flag=True, help="keep the programs' tokens valid that they made")
@config_option
def remove(name: str, keep_tokens: bool, config_path: Path | None) -> None:
    """Remove somebody, log them out, and delete the tokens they made."""
    with opened_access(config_path) as access:
        deleted = access.users.remove(name, keep_tokens=keep_tokens)
        _note(f"user {name} removed")
        _tell_deleted(deleted)


@users.command()
@click.argument("name")
@config_option
def invite(name: str, config_path: Path | None) -> None:
    """Print a link by which somebody chooses a password: good once, for three days."""
    with opened_access(config_path) as access:
        _print_invitation(access, name, config_path)
        _note(f"user {name} invited to choose a password")


@users.command()
@click.argument("name")
@click.option("--keep-tokens", is_flag=True, help="keep the programs' tokens valid that they made")
@click.option("--no-second-factor", is_flag=True, help="ask for codes no more: the app is lost")
@config_option
def password(name: str, keep_tokens: bool, no_second_factor: bool, config_path: Path | None) -> None:
    """Make a new password for somebody, print it this once, and end their sessions, tokens and lock-out."""
    with opened_access(config_path) as access:
        from edge.web.people.hashing import generated_password

        fresh = generated_password()
        deleted = access.users.set_password(name, fresh, keep_tokens=keep_tokens)
        if no_second_factor:
            access.users.drop_second_factor(name)
        _note(f"new password for user {name}{', without second factor' if no_second_factor else ''}")
        _tell_deleted(deleted)
        click.echo(fresh)


@users.command("recovery-codes")
@click.argument("name")
@config_option
def recovery_codes(name: str, config_path: Path | None) -> None:
    """Print ten codes that open once each where somebody's app is lost; those of before are void."""
    with opened_access(config_path) as access:
        codes = access.users.new_recovery_codes(name)
        _note(f"recovery codes made for user {name}")
        for code in codes:
            click.echo(code)


@users.command("end-sessions")
@click.argument("name", required=False)
@config_option
def end_sessions(name: str | None, config_path: Path | None) -> None:
    """Log somebody out everywhere, or everybody."""
    with opened_access(config_path) as access:
        if name is not None and access.users.find(name) is None:
            raise LookupError(f"there is no user named {name!r}")
        known = ["", *(user.name for user in access.users.all)]
        for each in known if name is None else [name]:
            access.sessions.end_all(each)
        _note(f"sessions of {name or 'everybody'} ended")


@contextmanager
def opened_access(config_path: Path | None) -> Iterator[Access]:
    """Whom the kiosk knows. Root's whole command is run by the folder's owner, and nothing else is done.

    Raises:
        click.exceptions.Exit: if the owner has run it.
        ConfigError: if the extra `web` or the folder is missing, or the file cannot be used.
        UsageError: if what was asked for is refused.
    """
    try:
        from edge.web.people.access import Access
    except ImportError as error:
        raise ConfigError(f"the pages need an extra: {how_to_add('web')}") from error
    folder = load_config(config_path).web.folder or service_folder()
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder; name another in web.folder")
    # The service reads it as its own user, who owns the folder.
    if hand_to_owner(folder):
        raise click.exceptions.Exit(0)
    access = Access(folder)
    try:
        yield access
    except (LookupError, ValueError) as error:
        raise UsageError(str(error)) from error


def _note(text: str) -> None:
    """Have a running kiosk write down what was done; the change stands, whether or not it can."""
    try:
        ask_service("note", text=text)
    except MaskgateError as error:
        click.echo(f"done, but not noted in the events: {error}", err=True)


def _tell_deleted(tokens: tuple[str, ...]) -> None:
    if tokens:
        click.echo(f"deleted with it: tokens {', '.join(tokens)}", err=True)


def _print_invitation(access: Access, name: str, config_path: Path | None) -> None:
    from edge.web.api.people import invitation_page

    key = access.users.invite(name)
    click.echo(f"{page_address(load_config(config_path).web)}{invitation_page(name, key)}")
