"""What two doors of one board cannot both have: lines, camera, ports, a name at the broker, files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from edge.cameras.source import Kind, Source
from edge.config.schema import Config, load_config, split_address
from edge.errors import ConfigError
from edge.host.doors import Door, doors_here


def conflicts(config: Config, door: Door) -> Iterator[str]:
    """Each thing that this door's configuration and another's name, in one line with both keys.

    What the other's environment overrides is not known here: it may hold passwords, and is root's.

    Args:
        config: of the door.
        door: its own service does not count; the others are those that start with this machine.
    """
    ours = claims(config, door)
    for other in doors_here():
        if other == door:
            continue
        try:
            theirs = claims(load_config(other.config_file, {}), other)
        except ConfigError:
            continue  # its own service says so
        for thing, key in ours.items():
            if thing in theirs:
                yield f"{key}: {thing} belongs to {other} ({theirs[thing]} in {other.config_file}); each needs its own"


def refuse_conflicts(config: Config, door: Door) -> None:
    """Raise ConfigError if another door of this board has what this one names."""
    found = tuple(conflicts(config, door))
    if found:
        raise ConfigError("; ".join(found))


def claims(config: Config, door: Door) -> Mapping[str, str]:
    """What a configuration takes for its door alone, and the key that names it."""
    return dict(_claims(config, door))


def _claims(config: Config, door: Door) -> Iterator[tuple[str, str]]:
    camera = _camera(config.camera.source)
    if camera is not None:
        yield camera, "camera.source"
    if config.signals.driver != "mock":
        chip = f" of {config.signals.chip}" if config.signals.chip else ""
        for section, pins in (("signals", config.signals.pins), ("inputs", config.inputs.pins)):
            yield from ((f"GPIO {gpio}{chip}", f"{section}.{role}") for role, gpio in pins.items())
    for key, listen in (("web.listen", config.web.listen), ("metrics.listen", config.metrics.listen)):
        if listen is not None:
            yield f"port {split_address(listen)[1]}", key
    mqtt = config.mqtt
    if mqtt.host is not None:
        yield f"{mqtt.prefix}/{mqtt.name or door.network_name} at {mqtt.host}", "mqtt.name"
    for key, path in (("events.database", config.events.database), ("web.folder", config.web.folder)):
        if path is not None:
            yield str(path), key


def _camera(source: Source) -> str | None:
    """A camera that only one process can open; a network camera shows its pictures to several."""
    if source.kind is Kind.PI:
        return f"camera module {source.number}"
    if source.kind is Kind.USB:
        return str((source.path or Path(f"/dev/video{source.number}")).resolve())
    return None
