"""Commands are checked, obeyed and answered."""

from __future__ import annotations

from typing import Any

import pytest

from edge.errors import ConfigError
from edge.mqtt.commands import MAX_BYTES, Commands, Done, Refused
from edge.mqtt.messages import Answer, Mute


@pytest.fixture
def answers() -> list[Answer]:
    return []


@pytest.fixture
def obeyed() -> list[object]:
    return []


@pytest.fixture
def commands(answers: list[Answer], obeyed: list[object]) -> Commands:
    def mute(command: Mute, done: Done, refused: Refused) -> None:
        obeyed.append(command)
        done(f"muted for {command.seconds:g} s")

    def reload(command: Any, done: Done, refused: Refused) -> None:
        refused(ConfigError("maskgate.toml: alarm.hold_s = -1"))

    return Commands({"mute": mute, "reload": reload}, answers.append)


def test_a_command_is_obeyed_and_answered(commands: Commands, answers: list[Answer], obeyed: list[object]) -> None:
    """The answer carries the command's id."""
    commands("mute", b'{"seconds": 60, "id": "7"}', False)
    assert obeyed == [Mute(seconds=60, id="7")]
    assert answers == [Answer(command="mute", id="7", ok=True, text="muted for 60 s")]


def test_what_cannot_be_done_is_answered(commands: Commands, answers: list[Answer]) -> None:
    """An empty payload is a command without particulars."""
    commands("reload", b"", False)
    assert answers == [Answer(command="reload", id=None, ok=False, text="maskgate.toml: alarm.hold_s = -1")]


@pytest.mark.parametrize(
    ("name", "payload", "retained", "text"),
    [
        ("open", b"{}", False, "no such command; there are mute, acknowledge, lockdown, reset-fire, reload, install"),
        ("mute", b"{}", False, "seconds: Field required"),
        ("mute", b'{"seconds": 9999}', False, "seconds: Input should be less than or equal to 3600"),
        ("mute", b'{"seconds": "long"}', False, "seconds: Input should be a valid number"),
        ("mute", b'{"seconds": "5"}', False, "seconds: Input should be a valid number"),
        ("mute", b'{"seconds": true}', False, "seconds: Input should be a valid number"),
        ("mute", b'{"seconds": 5, "id": 7}', False, "id: Input should be a valid string"),
        ("mute", b'{"seconds": NaN}', False, "seconds: Input should be"),
        ("mute", b'{"seconds": 1, "door": "open"}', False, "door: Extra inputs are not permitted"),
        ("mute", b'{"seconds": 1', False, "payload: Invalid JSON"),
        ("mute", b"\xff\xfe", False, "payload: Invalid JSON"),
        ("mute", b'["seconds", 1]', False, "payload: Input should be an object"),
        ("mute", b'{"seconds": 1}', True, "a retained command would be obeyed at every connection"),
        ("mute", b'{"seconds": 1}' + b" " * MAX_BYTES, False, f"{MAX_BYTES + 14} bytes; a command has at most 4096"),
    ],
)
def test_a_wrong_command_is_refused_with_the_reason(
    name: str,
    payload: bytes,
    retained: bool,
    text: str,
    commands: Commands,
    answers: list[Answer],
    obeyed: list[object],
) -> None:
    """Nothing is done, and the answer says what was wrong."""
    commands(name, payload, retained)
    assert obeyed == []
    assert [answer.ok for answer in answers] == [False]
    assert text in answers[0].text
