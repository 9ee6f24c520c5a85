"""Who is told, made out of the configuration."""

from __future__ import annotations

import builtins
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from edge.commands.main import cli
from edge.config.schema import Config, NotifyConfig
from edge.controls import Controls
from edge.errors import ConfigError
from edge.fleet import Fleet, send_test_messages
from edge.health import HealthMonitor
from edge.notify.notice import Notice
from edge.notify.queue import Waiting
from edge.notify.start import _compose, destinations
from tests.builders import event_log
from tests.edge.notify.servers import HttpReceiver, receiver

T0 = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


class Anybody:
    """One who is told."""

    name, key = "anybody", "1"

    def send(self, bulletin: object) -> None:
        pytest.fail("nobody is to be told of anything here")


@pytest.fixture
def without_apprise(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without the extra."""
    real = builtins.__import__

    def load(name: str, *arguments: Any, **more: Any) -> Any:
        if name == "edge.notify.services":
            raise ImportError("No module named 'apprise'", name="apprise")
        return real(name, *arguments, **more)

    monkeypatch.setattr(builtins, "__import__", load)


@pytest.mark.usefixtures("without_apprise")
def test_without_the_extra_the_kiosk_says_so(tmp_path: Path) -> None:
    """In one line, at a start and at a test; nothing else is kept from running."""
    config = Config.model_validate({"notify": {"urls": ["tgram://token/1"]}})
    health = HealthMonitor(model=lambda: "")
    with event_log(tmp_path / "events.db") as log:
        fleet = Fleet(log)
        fleet.open(lambda: config, Controls(), health=health, model=lambda: None, ignored=dict)  # type: ignore[arg-type, return-value]
        fleet.wake()
        fleet.close()
    (fault,) = health.health().faults
    assert (fault.component, fault.cause) == ("notify", "apprise is missing")
    assert "notify" in fault.remedy
    with pytest.raises(ConfigError, match="apprise is missing"):
        send_test_messages(config)


@pytest.mark.parametrize(
    ("notify", "told"),
    [
        ({"urls": ["nonsense://SECRET"]}, "address 1, nonsense://...: is not understood"),
        ({"urls_file": "urls"}, "urls, line 2: expected an address"),
        ({"urls_file": "missing"}, "the addresses cannot be read"),
        ({"webhook": "https://SECRET", "webhook_secret_file": "missing"}, "the webhook's secret cannot be read"),
    ],
)
def test_what_is_of_no_use_is_told_without_the_secret(
    notify: dict[str, Any], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Naming the place, and how it begins."""
    monkeypatch.chdir(tmp_path)
    Path("urls").write_text("\nSECRET\n")
    with pytest.raises(ConfigError) as refused:
        destinations(NotifyConfig.model_validate(notify))
    assert told in str(refused.value)
    assert "SECRET" not in str(refused.value)


def test_a_picture_goes_only_where_it_is_wanted(tmp_path: Path) -> None:
    """Twice: pictures are kept, and may be sent; and with an alert alone."""
    (tmp_path / "snapshots").mkdir()
    picture = tmp_path / "snapshots/20260301T080001Z.jpg"
    picture.touch()
    for rule, notify, snapshots, expected in (
        ("alert", True, True, picture),
        ("alert", False, True, None),
        ("alert", True, False, None),
        ("forced", True, True, None),
    ):
        sections = {"notify": {"picture": notify}, "web": {"snapshots": snapshots, "folder": str(tmp_path)}}
        config = Config.model_validate(sections)
        one = Waiting(1, Notice(rule, "event 1", T0))  # type: ignore[arg-type]
        assert _compose(lambda config=config: config, tmp_path / "events.db", [one], Anybody()).picture == expected  # type: ignore[misc]


def test_the_command_says_who_took_it(tmp_path: Path) -> None:
    """And fails if anybody did not."""
    config = tmp_path / "config.toml"
    (tmp_path / "secret").write_text("0123456789abcdef")
    with receiver(HttpReceiver) as server:
        config.write_text(
            f'[notify]\nwebhook = "http://127.0.0.1:{server.port}/t0ken"\nwebhook_secret_file = "{tmp_path}/secret"\n'
        )
        said = CliRunner().invoke(cli, ["notify", "test", "--config", str(config)])
        assert (said.exit_code, said.output) == (0, "webhook: sent\n")
    said = CliRunner().invoke(cli, ["notify", "test", "--config", str(config)])
    assert said.exit_code != 0
    assert said.output == "webhook: not sent, Connection refused\n"
    config.write_text("")
    assert CliRunner().invoke(cli, ["notify", "test", "--config", str(config)]).exit_code != 0
