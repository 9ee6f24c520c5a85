"""The commands that pack, install and take back models."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.command_line import run_command
from edge.commands.main import cli
from edge.config.settings import FILE_NAME
from edge.errors import ModelError
from edge.networks.find import find_model
from edge.networks.store import RolloutState
from tests.ownership import SERVICE, as_root, as_service, needs_root, owners, service_folder
from tests.release import make_bundle, make_keys, make_model

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
    assert f"{MODEL} 7 has passed its test\nthe kiosk loads it at its next start" in installed.output
    assert find_model(MODEL) == state / "models" / MODEL / "7"
    assert str(state / "models" / MODEL / "7") in run("list").output
    assert f"{MODEL}: back to the shipped version" in run("rollback").output
    assert find_model(MODEL) == shipped


def test_a_model_that_cannot_keep_the_rule_is_not_installed(tmp_path: Path, state: Path) -> None:
    """Also if the rule was set on the page; a model that is not the one in use may be what it likes."""
    private, public = make_keys(tmp_path)
    bundle = make_bundle(tmp_path, 7, private, model="mask-mobilenetv2-fast")
    config = tmp_path / "maskgate.toml"
    config.write_text(f'[models]\nkeys = ["{public}"]\n[classifier]\nmodel = "mask-mobilenetv2-fast"\n')
    state.mkdir()
    (state / FILE_NAME).write_text('{"alarm": {"required": "medical"}}')
    with pytest.raises(ModelError, match="asks for medical, and the model mask-mobilenetv2-fast 7 does not tell"):
        run("install", bundle, "--config", config)
    other = make_bundle(tmp_path, 7, private)
    assert "has passed its test" in run("install", other, "--config", config).output


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


@needs_root
def test_root_installs_as_the_folder_s_owner(tmp_path: Path) -> None:
    """From a bundle and with a key that only root can read; everything belongs to the service, as does the way back."""
    private, public = make_keys(tmp_path)
    bundle = make_bundle(tmp_path, 7, private)
    bundle.chmod(0o600)
    with service_folder() as state:
        key = shutil.copy(public, state.parent / "release.pem")
        done = as_root(state, "models", "install", bundle, "--key", key)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[0] == f"{MODEL} 7 has passed its test"
        assert done.stdout.count("next start") == 1
        assert (state / "models" / MODEL / "7").is_dir()
        assert owners(state) == {SERVICE}
        back = as_root(state, "models", "rollback")
        assert back.returncode == 0, back.stderr
        assert back.stdout.startswith(f"{MODEL}: back to the shipped version\n")
        assert owners(state) == {SERVICE}


@needs_root
@pytest.mark.parametrize(
    "plant",
    [
        "ln -s {victim} models",
        f"mkdir -p models && ln -s {{victim}} models/{MODEL}",
        f"mkdir -p models/{MODEL} && ln -s {{victim}} models/{MODEL}/7",
        f"mkdir -p models/{MODEL} && ln -s {{victim}}/secret models/{MODEL}/rollout.json",
        f"mkdir -p models/{MODEL} && ln -s {{victim}}/secret models/{MODEL}/rollout.new",
        f"mkdir -p models/{MODEL} && ln -s {{victim}}/secret models/{MODEL}/.new-rollout.json",
    ],
)
@pytest.mark.parametrize("command", ["install", "rollback"])
def test_root_writes_through_no_link(plant: str, command: str, tmp_path: Path) -> None:
    """Whatever links the service's user planted: nothing of root's is written, removed or given away."""
    private, public = make_keys(tmp_path)
    with service_folder() as state:
        victim = state.parent / "victim"
        victim.mkdir()
        (victim / "secret").write_text(RolloutState(live=3, before=(2,)).model_dump_json())
        (victim / "secret").chmod(0o600)
        (victim / "manifest.json").touch()
        as_service(state, plant.format(victim=victim))
        before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in victim.iterdir()}
        key = shutil.copy(public, state.parent / "release.pem")
        bundle = make_bundle(tmp_path, 7, private)
        options = [bundle, "--key", key] if command == "install" else [MODEL]
        done = as_root(state, "models", command, *options)
        assert "Traceback" not in done.stderr
        assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in victim.iterdir()} == before
        assert owners(victim) == {(0, 0)}
        assert (victim.stat().st_uid, victim.stat().st_mode & 0o777) == (0, 0o755)
