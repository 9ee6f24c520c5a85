"""`maskgate mqtt forget`: have the broker keep nothing of a kiosk that is gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.options import config_option
from edge.config.schema import Config, load_config
from edge.errors import ConfigError, MaskgateError, UsageError
from edge.host.doors import the_door
from edge.host.extras import how_to_add
from edge.host.folders import service_folder
from edge.host.owner import hand_to_owner

if TYPE_CHECKING:
    from edge.mqtt.announced import Announced, Announcement

HOME_ASSISTANT = "homeassistant"
"""Where Home Assistant listens unless it was told otherwise."""


@click.group()
def mqtt() -> None:
    """The line to the MQTT broker."""


@mqtt.command()
@click.argument("name", required=False)
@click.option("--username", help="log in as this user; default: as the kiosk does")
@click.option(
    "--password-file", type=click.Path(path_type=Path, dir_okay=False), help="its password, on the first line"
)
@config_option
def forget(name: str | None, username: str | None, password_file: Path | None, config_path: Path | None) -> None:
    """Have the broker keep nothing of the kiosk NAME, so that it disappears from Home Assistant, too.

    Without NAME: of all names that this kiosk had before. A kiosk that is online is left alone.
    """
    if (username is None) != (password_file is None):
        raise UsageError("--username and --password-file belong together; name both or neither")
    folder = service_folder()
    arguments = ["mqtt", "forget", *(["--door", the_door().name] if the_door().name else [])]
    arguments += ["--config", str(config_path.absolute())] if config_path else []
    if username is not None:
        arguments += ["--username", username, "--password-file", "/dev/stdin"]
    if hand_to_owner(folder, [*arguments, *(["--", name] if name else [])], standard_input=password_file):
        return
    try:
        from edge.mqtt.announced import Announced
    except ImportError as error:
        raise ConfigError(f"{error.name} is missing: {how_to_add('mqtt')}") from error
    announced = Announced(folder)
    wanted = _wanted(load_config(config_path), announced, name)
    failed = 0
    for each in wanted:
        failed += not _forget(each, announced, username, password_file)
    if failed:
        raise MaskgateError(f"{failed} of {len(wanted)} names were not taken back")


def _wanted(config: Config, announced: Announced, name: str | None) -> tuple[Announcement, ...]:
    """What is to be taken back.

    Raises:
        ConfigError, UsageError: if there is nothing, or no broker.
    """
    kept = announced.all()
    present = tuple(_present(config))
    if name is None:
        left = tuple(each for each in kept if each not in present)
        if not left:
            raise UsageError("this kiosk has had no other name at a broker; name one: maskgate mqtt forget NAME")
        return left
    named = tuple(each for each in kept if each.topics.kiosk == name)
    if named:
        return named
    if not present:
        raise ConfigError("there is no broker: name it in mqtt.host")
    told = config.mqtt.home_assistant or HOME_ASSISTANT
    return tuple(replace(each, topics=replace(each.topics, kiosk=name), home_assistant=told) for each in present)


def _present(config: Config) -> Iterator[Announcement]:
    """What this kiosk announces now; nothing while MQTT is off."""
    from edge.mqtt.announced import Announcement
    from edge.mqtt.start import broker_of, topics_of

    if config.mqtt.host is not None:
        broker = broker_of(config.mqtt, config.mqtt.host)
        yield Announcement(broker, topics_of(config.mqtt), config.mqtt.home_assistant)


def _forget(wanted: Announcement, announced: Announced, username: str | None, password_file: Path | None) -> bool:
    from edge.mqtt.connection import BrokerError
    from edge.mqtt.leftovers import take_back

    login = (
        wanted.broker if username is None else replace(wanted.broker, username=username, password_file=password_file)
    )
    name = wanted.topics.kiosk
    try:
        taken = take_back(replace(wanted, broker=login), patience_s=0.0)
    except BrokerError as error:
        click.echo(f"{name}: not taken back, {error.cause}; {error.remedy}", err=True)
        return False
    announced.remove(wanted)
    click.echo(f"{name}: the broker {login} keeps nothing any more")
    if not taken.was_known:
        click.echo(f"{name}: it kept nothing before, as far as this login may read; is that the name?", err=True)
    return True
