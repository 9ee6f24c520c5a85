"""`maskgate mqtt forget`, against a real broker with the documented access list."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.command_line import run_command
from edge.commands.main import cli
from edge.mqtt import ANNOUNCED
from edge.mqtt.announced import Announced, Announcement
from edge.mqtt.topics import Topics
from tests.broker import USERS, Mosquitto, Operator, needs_mosquitto

ACCESS = Path(__file__).resolve().parents[3] / "docs/fleet/access"
EAST = Topics("maskgate", "east")
DEVICE = "homeassistant/device/maskgate-east/config"


def forget(*arguments: str) -> int:
    return run_command(cli, "maskgate", ["mqtt", "forget", *arguments])


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The service's state folder, of this test alone."""
    folder = tmp_path / "state"
    folder.mkdir()
    monkeypatch.setenv("STATE_DIRECTORY", str(folder))
    return folder


def settings(folder: Path, broker: Mosquitto | None) -> Path:
    path = folder / "maskgate.toml"
    lines = ["[mqtt]", 'name = "west"', 'username = "west"']
    if broker is not None:
        lines += ['host = "127.0.0.1"', f"port = {broker.port}", f'authorities = "{broker.authority.file}"']
    path.write_text("\n".join(lines) + "\n")
    return path


def caretaker(folder: Path) -> tuple[str, ...]:
    path = folder / "caretaker.password"
    path.write_text(USERS["caretaker"] + "\n")
    return ("--username", "caretaker", "--password-file", str(path))


@needs_mosquitto
def test_a_kiosk_that_is_gone_is_forgotten(tmp_path: Path, state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By whoever may, not by another kiosk, and not while it is online; a name that nobody had is questioned."""
    with Mosquitto(tmp_path, access_file=ACCESS) as broker:
        config = settings(tmp_path, broker)
        who = caretaker(tmp_path)
        with Operator(broker, topics=("maskgate/#",)) as operator:
            announced = Announcement(broker.address, EAST, "homeassistant")
            Announced(state).add(announced)
            assert forget("east", *who, "--config", str(config)) == 0
            assert "it kept nothing before" in capsys.readouterr().err
            assert not (state / ANNOUNCED).exists()

            _say_as_caretaker(broker, EAST("available"), b"online")
            assert forget("east", *who, "--config", str(config)) == 1
            assert "a kiosk called east is online; stop it" in capsys.readouterr().err

            _say_as_caretaker(broker, EAST("available"), b"offline")
            _say_as_caretaker(broker, DEVICE, b"{}")
            password = tmp_path / "west.password"
            password.write_text(USERS["west"])
            assert forget("east", "--username", "west", "--password-file", str(password), "--config", str(config)) == 1
            assert "does not accept messages (Not authorized)" in capsys.readouterr().err

            assert forget("east", *who, "--config", str(config)) == 0
            printed = capsys.readouterr()
            assert printed.out == f"east: the broker 127.0.0.1:{broker.port} keeps nothing any more\n"
            assert printed.err == ""
            operator.wait_for(lambda topic, payload: (topic, payload) == (EAST("available"), b""))


def _say_as_caretaker(broker: Mosquitto, topic: str, payload: bytes) -> None:
    """The only login of the access list that may speak for others."""
    with Operator(broker, "caretaker", topics=(), user="caretaker") as caretaker:
        caretaker.say(topic, payload, retain=True)


@needs_mosquitto
def test_former_names_need_not_be_given(tmp_path: Path, state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a name all that is remembered goes, but for what the kiosk announces now."""
    with Mosquitto(tmp_path, access_file=ACCESS) as broker:
        config = settings(tmp_path, broker)
        assert forget("--config", str(config)) == 64
        assert "has had no other name" in capsys.readouterr().err
        for name in ("east", "south"):
            Announced(state).add(Announcement(broker.address, Topics("maskgate", name), "homeassistant"))
        assert forget(*caretaker(tmp_path), "--config", str(config)) == 0
        assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == ["east", "south"]


def test_what_lacks_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No broker, half a login, a broker that is not there: one line each."""
    config = settings(tmp_path, None)
    assert forget("east", "--config", str(config)) == 78
    assert "there is no broker: name it in mqtt.host" in capsys.readouterr().err
    assert forget("east", "--username", "caretaker", "--config", str(config)) == 64
    assert "belong together" in capsys.readouterr().err
    config.write_text('[mqtt]\nhost = "127.0.0.1"\nport = 1\ntls = false\n')
    assert forget("east", "--config", str(config)) == 1
    assert "east: not taken back, 127.0.0.1:1: cannot be reached" in capsys.readouterr().err
