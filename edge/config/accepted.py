"""The configuration that was accepted last: what a kiosk starts with when the present one is refused."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from edge.config.schema import Config
from edge.config.secrets import WITH_SECRETS
from edge.config.settings import CHANGEABLE
from edge.errors import cause_of
from edge.host.files import write_atomically

log = logging.getLogger(__name__)

FILE = "accepted-config.json"


class AcceptedConfig:
    """Keeps one configuration, with every value that is no default, wherever it came from.

    Args:
        folder: the service's state folder; None keeps nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._path = None if folder is None else folder / FILE

    def keep(self, config: Config) -> None:
        """Remember `config`: after a power cut there is the old one or this one, whole. A failure is logged."""
        # json, unlike pydantic, has a way to write names of files that are no UTF-8.
        # Without defaults, an older version that is gone back to understands it, new keys or not.
        text = json.dumps(config.model_dump(mode="json", exclude_defaults=True, context=WITH_SECRETS), indent=1)
        if self._path is None or self._read() == text:
            return
        try:
            # Only for its owner: a camera's address may hold a password.
            write_atomically(self._path, text.encode())
        except OSError as error:
            log.warning("config=unkept path=%s cause=%r", self._path, str(error))

    def load(self) -> Config | None:
        """What was kept last; None if there is nothing, or nothing that this version understands."""
        text = self._read()
        if text is None:
            return None
        try:
            return _understood(json.loads(text))
        except (ValueError, RecursionError) as error:
            log.warning("config=forgotten path=%s cause=%r", self._path, str(error).partition("\n")[0])
            return None

    def _read(self) -> str | None:
        try:
            return None if self._path is None else self._path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None


def _understood(values: Any) -> Config:
    """A configuration without those settings that this version refuses: an older one may have had wider bounds.

    Raises:
        ValidationError: if it refuses anything else.
    """
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        for problem in error.errors():
            section, key = (*problem["loc"], "", "")[:2]
            if key in CHANGEABLE.get(str(section), ()):
                log.warning("config=default key=%s.%s cause=%r", section, key, cause_of(problem))
                values[section].pop(key, None)
        return Config.model_validate(values)
