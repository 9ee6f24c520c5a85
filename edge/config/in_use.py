"""The configuration in use: the one authority, from which everybody reads a value at the moment it is needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from edge.config.schema import Config, Section


@dataclass(frozen=True, slots=True)
class Change:
    """What another configuration would change.

    Attributes:
        config: what can be used at once: keys that wait for a restart keep the value they had at the start.
        changed: keys that are used with another value than before, such as `alarm.hold_s`.
        waiting: keys whose new value waits for a restart.
    """

    config: Config
    changed: tuple[str, ...]
    waiting: tuple[str, ...]


class ConfigInUse:
    """Holds the configuration in use; replaced by the thread that drives the kiosk, read by any.

    Args:
        config: what the kiosk starts with.
    """

    def __init__(self, config: Config) -> None:
        self._config = config

    def __call__(self) -> Config:
        """What is in use now."""
        return self._config

    def compare(self, wanted: Config) -> Change:
        """What would be different with another configuration."""
        # Keys that wait have the value of the start here: nothing else has ever been laid over them.
        now = self._config
        differing = [(name, _differing(getattr(now, name), getattr(wanted, name))) for name in Config.model_fields]
        live, waiting = list[str](), list[str]()
        sections: dict[str, Section] = {}
        for name, values in differing:
            section = getattr(now, name)
            used = {key: value for key, value in values.items() if section.is_live(key)}
            sections[name] = section.model_copy(update=used)
            live += [f"{name}.{key}" for key in used]
            waiting += [f"{name}.{key}" for key in values if key not in used]
        return Change(now.model_copy(update=sections), tuple(live), tuple(waiting))

    def replace(self, config: Config) -> None:
        """Use another one from now on."""
        self._config = config


def _differing(before: Section, after: Section) -> dict[str, Any]:
    """The values of `after`, by key, that are not those of `before`."""
    old, new = vars(before), vars(after)
    return {key: new[key] for key in type(after).model_fields if new[key] != old[key]}
