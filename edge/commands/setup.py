"""The command `maskgate setup`: aim the camera from a telephone or a laptop, for half an hour."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import click

from edge.commands.options import config_option
from edge.config.schema import load_config
from edge.errors import ConfigError, MaskgateError
from edge.host.doors import the_door
from edge.host.extras import how_to_add
from edge.host.folders import service_folder
from edge.host.own_names import own_hosts
from edge.host.owner import hand_to_owner
from edge.local.client import ask_service


@click.command()
@click.option("--minutes", type=click.FloatRange(1, 120), default=30, show_default=True, help="how long it lasts")
@click.option("--end", is_flag=True, help="end it now")
@config_option
def setup(minutes: float, end: bool, config_path: Path | None) -> None:
    """Show what the camera sees, sharp and with everything that is found, to a browser on the same network.

    For half an hour, behind the password, by https; it ends by itself. Asked again it lasts longer.
    """
    try:
        from segno import make_qr

        from edge.web.people.access import Access
        from edge.web.people.hashing import generated_password
    except ImportError as error:
        raise ConfigError(f"{error.name} is missing: {how_to_add('web')}") from error
    folder = load_config(config_path).web.folder or service_folder()
    if hand_to_owner(folder):
        return
    if end:
        if ask_service("setup_end") is None:
            raise MaskgateError("the service is not running")
        click.echo("the set-up is over")
        return
    if ask_service("pins") is None:
        raise MaskgateError(f"the service is not running: sudo systemctl start {the_door().unit}, then ask again")
    access = Access(folder)
    if not access.can_be_entered:
        password = generated_password()
        access.shared.set(password)
        click.echo(f"password, shown this once:  {password}")
    told = ask_service("setup", seconds=minutes * 60)
    assert told is not None, "it was running a moment ago"
    addresses = [f"https://{host}:{told['port']}/setup" for host in own_hosts()]
    click.echo(f"open one of these, for {told['left_s'] / 60:.0f} minutes from now:")
    for address in addresses:
        click.echo(f"  {address}")
    click.echo("the browser will say that it does not know the certificate: its SHA-256 fingerprint must be")
    click.echo(f"  {told['fingerprint']}")
    picture = StringIO()
    make_qr(addresses[0], error="m").terminal(picture, compact=True)
    click.echo(picture.getvalue())
