"""What a configuration names and this machine has not: known before the service starts."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from edge.cameras.source import Kind
from edge.config.logo import read_logo
from edge.config.schema import Config
from edge.config.settings import RefusedValuesError
from edge.errors import ConfigError, ModelError
from edge.host.files import why_no_input
from edge.networks import kinds
from edge.networks.alternatives import ALTERNATIVES
from edge.networks.detector import find_detector
from edge.networks.find import find_model, weights_search
from edge.types import Required

EXTRAS = {
    "mqtt": "paho",
    "metrics": "prometheus_client",
    "web": "starlette",
    "models": "cryptography",
    "notify": "apprise",
}
"""Section -> a library that its extra brings."""


def check_rule(config: Config) -> None:
    """Refuse a rule that the configured classifier cannot keep: the door would stay shut.

    Raises:
        RefusedValuesError: naming the key.
        ModelError: if there is no such classifier.
    """
    alarm, model = config.alarm, config.classifier.model
    if not kinds.can_tell(alarm.strictest, find_model(model)):
        key = "alarm.required_hours" if alarm.required is Required.ANY else "alarm.required"
        cause = f"{kinds.no_kinds(alarm.strictest, model)}; {kinds.REMEDY}"
        raise RefusedValuesError(cause, {key: cause})


def what_is_missing(config: Config) -> Iterator[str]:
    """Each thing that is named and cannot be had here, in one line with its key.

    Whether a camera or a line answers is not tried: it may be plugged in later, and `maskgate doctor` tells.
    """
    source = config.camera.source
    trouble = why_no_input(source.path) if source.kind is Kind.PATH and source.path is not None else None
    if trouble is not None:
        yield f"camera.source = {source.name!r}: {trouble}"
    if source.kind in (Kind.NETWORK, Kind.PATH) and find_spec("av") is None:
        yield "camera.source: clips and network cameras need PyAV, which is not installed"
    yield from _networks(config)
    in_use = {
        "mqtt": config.mqtt.host,
        "metrics": config.metrics.listen,
        "web": config.web.listen,
        "models": config.models.keys,
        "notify": config.notify.needs_apprise,
    }
    for section, library in EXTRAS.items():
        if in_use[section] and find_spec(library) is None:
            yield f"[{section}]: needs the extra {section!r}, which is not installed"
    if config.door_screen.logo is not None:
        try:
            read_logo(config.door_screen.logo)
        except ConfigError as error:
            yield f"door_screen.logo: {error}"
    if config.voice.folder is not None and not config.voice.folder.is_dir():
        yield f"voice.folder = {str(config.voice.folder)!r}: no such folder"
    for key, path in _files(config):
        if not path.is_file():
            yield f"{key} = {str(path)!r}: no such file"


def _networks(config: Config) -> Iterator[str]:
    required, model = config.alarm.strictest, config.classifier.model
    try:
        if not kinds.can_tell(required, find_model(model)):
            yield f"{kinds.no_kinds(required, model)}; {kinds.REMEDY}"
    except ModelError as error:
        yield f"classifier.model = {model!r}: {error}"
    try:
        if config.detector.name not in ALTERNATIVES:
            find_detector(config.detector.name, weights_search())
    except ModelError as error:
        yield f"detector.name = {config.detector.name!r}: {error}"


def _files(config: Config) -> Iterator[tuple[str, Path]]:
    """Files that must be there to be read."""
    named = {
        "mqtt.authorities": config.mqtt.authorities,
        "mqtt.certificate": config.mqtt.certificate,
        "mqtt.key": config.mqtt.key,
        "mqtt.password_file": config.mqtt.password_file,
        "notify.urls_file": config.notify.urls_file,
        "notify.webhook_secret_file": config.notify.webhook_secret_file,
        "web.certificate": config.web.certificate,
        "web.key": config.web.key,
    }
    yield from ((key, path) for key, path in named.items() if path is not None)
    yield from (("models.keys", path) for path in config.models.keys)
