"""Commands that run networks, asked for with sudo: root runs none that the service's user may have put in place."""

from __future__ import annotations

import os

from edge.host.owner import hand_to_owner
from edge.networks.find import store_folder


def left_to_owner() -> bool:
    """Whether the owner of the installed models ran this process's whole command, as root must not run them.

    Without an installed model the shipped ones are used, which are root's, and the caller goes on.

    Raises:
        click.exceptions.Exit, ConfigError: see `hand_to_owner`.
    """
    store = store_folder()
    return os.access(store, os.R_OK | os.X_OK) and any(store.iterdir()) and hand_to_owner(store)
