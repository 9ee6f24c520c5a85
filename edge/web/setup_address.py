"""Where the pages of the set-up are served: by https, for every device on the network."""

from __future__ import annotations

import socket
from pathlib import Path

from edge.aiming.setup_mode import SetupAddress
from edge.config.schema import WebConfig
from edge.errors import ConfigError
from edge.web.certificate import fingerprint, own_certificate

PORTS = range(8443, 8453)
"""The first of them that is free: there may be several kiosks on one board."""


def setup_address(web: WebConfig, folder: Path | None) -> tuple[WebConfig, SetupAddress]:
    """The pages' own section of the configuration, and what to tell of it.

    Args:
        web: the section in use.
        folder: where certificate and password are kept.

    Raises:
        ConfigError: if there is no folder, no free port, or the certificate cannot be written.
    """
    if folder is None:
        raise ConfigError("web.folder: name a folder for password and certificate; only a systemd service has its own")
    host, family = ("[::]", socket.AF_INET6) if _has_ipv6() else ("0.0.0.0", socket.AF_INET)  # noqa: S104 (for everybody)
    port = next((port for port in PORTS if _is_free(port, family)), None)
    if port is None:
        raise ConfigError(f"ports {PORTS.start} to {PORTS.stop - 1} are taken; end what uses them")
    certificate, key = (web.certificate, web.key) if web.certificate and web.key else own_certificate(folder)
    at = web.model_copy(
        update={"listen": f"{host}:{port}", "certificate": certificate, "key": key, "open_door_screen": False}
    )
    return at, SetupAddress(port, fingerprint(certificate))


def _has_ipv6() -> bool:
    """Whether the kernel has it: some switch it off."""
    try:
        socket.socket(socket.AF_INET6).close()
    except OSError:
        return False
    return True


def _is_free(port: int, family: socket.AddressFamily) -> bool:
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("", port))
        except OSError:
            return False
    return True
