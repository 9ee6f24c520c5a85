"""Settings changed at run time: kept in a file of their own and laid over the configuration, which stays as written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from edge.config.schema import Config
from edge.config.secrets import WITH_SECRETS, quoted
from edge.errors import ConfigError, cause_of
from edge.host.files import write_atomically
from edge.host.folders import state_folder

FILE_NAME = "settings.json"

CHANGEABLE: Mapping[str, tuple[str, ...]] = {
    "camera": ("turn_deg", "mirrored"),
    "detector": ("min_score", "start_score", "min_face"),
    "quality": ("min_face_px", "min_sharpness", "min_aspect", "min_gap", "min_brightness"),
    "people": ("memory_s", "min_presence_s", "min_share", "window_s", "min_votes", "majority"),
    "alarm": ("hold_s", "settle_s", "cool_down_s", "mute_s", "hours", "required", "required_hours", "wrong_kind"),
    "zones": ("region", "ignored"),
}
"""What may change while the kiosk runs: nothing that needs another camera, network, pin or port. A camera that
is turned is opened again."""

Overrides = dict[str, dict[str, Any]]
"""Values by section and key, as JSON has them."""


def _optional(section: type[BaseModel], keys: tuple[str, ...]) -> dict[str, Any]:
    """Each key with the type, bounds and words of the schema; null stands for "as the configuration says"."""
    fields = ((key, section.model_fields[key]) for key in keys)
    return {
        key: (
            Annotated[field.annotation, Field(), *field.metadata] | None,
            Field(default=None, description=field.description),
        )
        for key, field in fields
    }


def _patch_model() -> type[BaseModel]:
    strict = ConfigDict(extra="forbid", allow_inf_nan=False)
    sections: dict[str, Any] = {}
    for name, keys in CHANGEABLE.items():
        section = type(getattr(Config(), name))
        model = create_model(
            f"{name.title()}Patch", __config__=strict, __doc__=section.__doc__, **_optional(section, keys)
        )
        sections[name] = (model, Field(default_factory=model))
    return create_model("SettingsPatch", __config__=strict, __doc__="What to change; null: as configured.", **sections)


SettingsPatch = _patch_model()
"""A JSON merge patch (RFC 7396) of the changeable settings."""


class RefusedValuesError(ConfigError):
    """Values that do not go together with the rest of the configuration.

    Attributes:
        fields: what is wrong, by key.
    """

    def __init__(self, message: str, fields: Mapping[str, str]) -> None:
        super().__init__(message)
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Changed:
    """What was changed and kept.

    Attributes:
        lines: what is different now, such as `alarm.hold_s 2.0 -> 3.0`.
        before, after: all that was changed at run time.
    """

    lines: tuple[str, ...]
    before: Overrides
    after: Overrides


def _take_any(_config: Config) -> None:
    """For settings that nobody tries out."""


class Settings:
    """The configuration with what was changed at run time laid over it; may be used from any thread.

    The file of changes lies in `web.folder` or the service's state folder, as the first configuration that was read
    says; without either nothing can be changed.

    Args:
        base: reads the configuration.
        try_out: raises MaskgateError if a configuration cannot be used; asked before a change is kept.
        folder: where the file of changes lies, if that is known already.
    """

    def __init__(
        self,
        base: Callable[[], Config],
        *,
        try_out: Callable[[Config], None] = _take_any,
        folder: Path | None = None,
    ) -> None:
        self._base = base
        self._try_out = try_out
        self._lock = Lock()
        self._folder: tuple[Path | None] | None = None if folder is None else (folder,)

    def load(self) -> Config:
        """What is to be used.

        Raises:
            ConfigError: if either file is refused.
        """
        base = self._base()
        try:
            return _lay(base, self._read(base))
        except ConfigError as error:
            raise ConfigError(f"{self._path(base)}: {error}; delete the file to use the configuration alone") from error

    def read(self) -> tuple[Config, Overrides]:
        """What the configuration file says, and what was changed: each file is read once.

        Raises:
            ConfigError: if either file is refused.
        """
        base = self._base()
        return base, self._read(base)

    def change(self, patch: BaseModel) -> Changed:
        """Keep what a SettingsPatch names; all of it, or nothing if it is refused.

        Raises:
            MaskgateError: if a value is refused, or the configuration with it, or the file cannot be written.
        """
        wanted = patch.model_dump(mode="json", exclude_unset=True)
        with self._lock:
            base = self._base()
            before = self._read(base)
            after = {section: dict(keys) for section, keys in before.items()}
            for section, keys in wanted.items():
                after[section] = after.get(section, {}) | keys
            after = {section: _without_null(keys) for section, keys in after.items() if _without_null(keys)}
            config = _lay(base, after)
            self._try_out(config)
            self._write(base, after)
            return Changed(tuple(_differences(_lay(base, before), config)), before, after)

    def undo(self, changed: Changed) -> None:
        """Take a change back that the kiosk has refused, unless another one has been kept since.

        Raises:
            ConfigError: if the file cannot be written.
        """
        with self._lock:
            base = self._base()
            if self._read(base) == changed.after:
                self._write(base, changed.before)

    def _path(self, base: Config) -> Path | None:
        # Another web.folder waits for a restart, and the file with it.
        if self._folder is None:
            self._folder = (settings_folder(base),)
        (folder,) = self._folder
        return folder and folder / FILE_NAME

    def _read(self, base: Config) -> Overrides:
        path = self._path(base)
        if path is None:
            return {}
        try:
            overrides = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:
            raise ConfigError(f"cannot be read ({error})") from error
        if not isinstance(overrides, dict) or not all(isinstance(keys, dict) for keys in overrides.values()):
            raise ConfigError("is not a settings file")
        return overrides

    def _write(self, base: Config, overrides: Overrides) -> None:
        path = self._path(base)
        if path is None:
            raise ConfigError("settings cannot be kept: name a folder in web.folder")
        try:
            write_atomically(path, json.dumps(overrides, indent=2).encode())
        except OSError as error:
            raise ConfigError(f"{path}: cannot be written ({error.strerror}); check the disk") from error


def _without_null(keys: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in keys.items() if value is not None}


def as_changed(config: Config, folder: Path) -> Config:
    """A configuration with what was changed at run time, for whoever is not the service.

    Args:
        config: as its file says.
        folder: the service's state folder.

    Raises:
        ConfigError: if the file of changes is refused.
    """
    changed = config.web.folder or folder
    return Settings(lambda: config, folder=changed).load()


def settings_folder(config: Config) -> Path | None:
    """Where everything is kept that people change at run time."""
    return config.web.folder or state_folder()


def _lay(base: Config, overrides: Overrides) -> Config:
    if not overrides:
        return base
    values = base.model_dump(mode="json", context=WITH_SECRETS)
    for section, keys in overrides.items():
        unknown = sorted(set(keys) - set(CHANGEABLE.get(section, ())))
        if unknown:
            raise ConfigError(f"{section}.{unknown[0]}: may not be changed at run time")
        values[section] |= keys
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        problems = {".".join(map(str, problem["loc"])): problem for problem in error.errors()}
        causes = {key: cause_of(problem) for key, problem in problems.items()}
        text = "; ".join(f"{key} = {quoted(problems[key]['input'])}: {cause}" for key, cause in causes.items())
        raise RefusedValuesError(text, causes) from error


def _differences(before: Config, after: Config) -> Iterator[str]:
    for section, keys in CHANGEABLE.items():
        for key in keys:
            old, new = (getattr(getattr(config, section), key) for config in (before, after))
            if old != new:
                yield f"{section}.{key} {_short(old)} -> {_short(new)}"


def _short(value: object) -> str:
    """Corners of zones would fill the journal."""
    text = json.dumps(value, default=str)
    return text if len(text) <= 120 else f"{text[:117]}..."
