"""Commands that come by MQTT: checked against their schema, done by the kiosk, answered."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from edge.errors import MaskgateError, cause_of
from edge.mqtt.messages import COMMANDS, Answer, Command

log = logging.getLogger(__name__)

MAX_BYTES = 4096
"""No command needs more."""

Done = Callable[[str], None]
Refused = Callable[[MaskgateError], None]
Action = Callable[[Any, Done, Refused], None]
"""Does what a checked command says, at once or later, and tells what was done, or why not."""


class RefusedError(MaskgateError):
    """A command is not obeyed."""


class Commands:
    """Obeys commands. Who may give them is the broker's business: its access list.

    Args:
        actions: what to do, by the command's name.
        answer: told the outcome; may be called from any thread.
    """

    def __init__(self, actions: Mapping[str, Action], answer: Callable[[Answer], None]) -> None:
        self._actions = actions
        self._answer = answer

    def __call__(self, name: str, payload: bytes, retained: bool) -> None:
        """Obey the command `name`, or answer why not."""
        number: str | None = None

        def tell(ok: bool, text: str) -> None:
            log.info("command=%r id=%r ok=%s text=%r", name[:64], number, ok, text)
            self._answer(Answer(command=name[:64], id=number, ok=ok, text=text))

        try:
            command = _parse(name, payload, retained)
            number = command.id
            self._actions[name](command, lambda text: tell(True, text), lambda error: tell(False, str(error)))
        except MaskgateError as error:
            tell(False, str(error))
        except Exception:  # the border of the client's thread: a command is answered, whatever happens
            log.exception("command=failed")
            tell(False, "failed; see the kiosk's log")


def _parse(name: str, payload: bytes, retained: bool) -> Command:
    """The command that a payload holds; an empty one is `{}`.

    Raises:
        RefusedError: with what is allowed.
    """
    kind = COMMANDS.get(name)
    if kind is None:
        raise RefusedError(f"no such command; there are {', '.join(COMMANDS)}")
    if retained:
        raise RefusedError("a retained command would be obeyed at every connection; send it without `retain`")
    if len(payload) > MAX_BYTES:
        raise RefusedError(f"{len(payload)} bytes; a command has at most {MAX_BYTES}")
    try:
        return kind.model_validate_json(payload or b"{}")
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "payload"
        raise RefusedError(f"{where}: {cause_of(first)}") from error
