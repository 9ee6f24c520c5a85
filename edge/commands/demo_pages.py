"""Pages for a demonstration on a desk: a folder and a password that are gone afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from edge.config.schema import Config
from edge.errors import ConfigError
from edge.host.extras import how_to_add

LISTEN = "127.0.0.1:8080"
"""This machine alone, whatever the configuration says: nobody else is to see a demonstration."""


@contextmanager
def demo_pages() -> Iterator[Path]:
    """A folder for the pages with a new password in it; says where they are.

    Raises:
        ConfigError: if the extra `web` is not installed.
    """
    try:
        from edge.web.people.access import Access
        from edge.web.people.hashing import generated_password
    except ImportError as error:
        raise ConfigError(f"the pages need an extra: {how_to_add('web')}") from error
    with TemporaryDirectory(prefix="maskgate-demo-") as name:
        folder, password = Path(name), generated_password()
        access = Access(folder)
        access.shared.set(password)
        # A first login would lead to the set-up of a camera, and the demo has none.
        access.sessions.close(access.sessions.open())
        click.echo(f"status page  http://{LISTEN}/      password {password}", err=True)
        click.echo(f"door screen  http://{LISTEN}/door  Ctrl+C ends it", err=True)
        yield folder


def with_pages(config: Config, folder: Path) -> Config:
    """The configuration with the pages in it, and its clip shown again and again."""
    web = config.web.model_copy(
        update={"listen": LISTEN, "folder": folder, "open_door_screen": True, "certificate": None, "key": None}
    )
    return config.model_copy(update={"web": web, "camera": config.camera.model_copy(update={"loop": True})})
