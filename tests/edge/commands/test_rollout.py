"""The commands that pack, install and take back models."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.command_line import run_command
from edge.commands.main import cli
from edge.networks.find import find_model
from tests.release import make_keys, make_model

MODEL = "mask-mobilenetv2"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A service's folder of its own, and no systemd."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    return tmp_path / "state"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["models", *map(str, arguments)], catch_exceptions=False)


def test_pack_install_and_take_back(tmp_path: Path, state: Path) -> None:
    """What the kiosk would load follows each command."""
    private, public = make_keys(tmp_path)
    folder = make_model(tmp_path / "colour")
    bundle = tmp_path / "new.bundle"
    packed = run("pack", folder, bundle, "--version", 7, "--key", private, "--model", MODEL)
    assert f"{bundle}: {MODEL} 7" in packed.output
    config = tmp_path / "maskgate.toml"
    config.write_text(f'[models]\nkeys = ["{public}"]\n')
    shipped = find_model(MODEL)
    installed = run("install", bundle, "--config", config)
    assert f"{MODEL} 7 has passed its test; the kiosk loads it at its next start" in installed.output
    assert find_model(MODEL) == state / "models" / MODEL / "7"
    assert str(state / "models" / MODEL / "7") in run("list").output
    assert f"{MODEL}: back to the shipped version" in run("rollback").output
    assert find_model(MODEL) == shipped


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["install", "none.bundle", "--key", "none.pem"], "cannot be used as a public key"),
        (["install", "none.bundle", "--config", "empty.toml"], "no release key is trusted"),
        (["rollback"], "name one of the installed models: there are none"),
        (["rollback", MODEL], "no version was live before this one"),
        (["pack", "none", "new.bundle", "--version", "1", "--key", "none.pem"], "cannot be read"),
    ],
)
def test_what_is_wrong_is_one_line(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 78, the cause and the remedy, no traceback."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.toml").write_text("")
    assert run_command(cli, "maskgate", ["models", *arguments]) == 78
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
