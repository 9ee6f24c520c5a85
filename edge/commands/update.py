"""The command `maskgate update`: a new version from a signed file."""

from __future__ import annotations

import os
from pathlib import Path

import click

from edge.errors import UsageError

SETUPS = (Path("/usr/local/sbin/maskgate-setup"), Path("/usr/sbin/maskgate-setup"))
"""The installer of an installation from the archive, and of one from the Debian package."""


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def update(file: Path) -> None:
    """Install a newer version from a release's file (.tar.gz, or .deb with SHA256SUMS and SHA256SUMS.sig beside it).

    Only one that is signed by a key in /etc/maskgate/release*.pem is taken. The new version must prove itself before it
    takes over, and the old one comes back if it does not become ready. Never by itself, never from the network.
    """
    setup = next((path for path in SETUPS if path.exists()), None)
    if setup is None:
        raise UsageError("is not installed as a service here; see docs/installation.md")
    os.execv(setup, [str(setup), "update", str(file.absolute())])  # noqa: S606 - the installer takes over
