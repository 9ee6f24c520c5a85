"""The commands that say who may look at the pages, also when nobody can log in."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.commands.users import users
from edge.commands.web_password import web_password
from edge.errors import ConfigError, MaskgateError, UsageError
from edge.local.answers import answers
from edge.web.people.access import Access
from edge.web.people.roles import Role, Scope
from edge.web.people.second_factor import STEP_S, code_at, new_secret, recovery_digest
from edge.web.people.store import FILE_NAME
from tests.ownership import SERVICE, as_root, needs_root, service_folder

PASSWORD = r"[a-z2-9]{5}(-[a-z2-9]{5}){3}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the configuration says that people are kept."""
    kept = tmp_path / "state"
    kept.mkdir()
    (tmp_path / "maskgate.toml").write_text(f'[web]\nlisten = "[::]:8080"\nfolder = "{kept}"\n')
    return kept


@pytest.fixture
def run(folder: Path) -> Callable[..., Result]:
    """Runs a command; what it raises is an error of the command line's."""

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(users, [*arguments, "--config", str(folder.with_name("maskgate.toml"))])

    return invoke


def test_an_admin_can_always_be_made(run: Callable[..., Result], folder: Path) -> None:
    """With a password that is printed this once; a running kiosk knows at once."""
    running = Access(folder)
    told = run("add", "anna", "--role", "admin")
    password = told.output.strip()
    assert re.fullmatch(PASSWORD, password)
    assert running.users.is_right("anna", password)
    assert password not in (folder / FILE_NAME).read_text()
    assert run("list").output == "anna  admin  has a password\n"


def test_somebody_is_invited(run: Callable[..., Result], folder: Path) -> None:
    """By a link with the address of this machine, whether they are new or have forgotten the password."""
    for command in (["add", "olga", "--role", "operator", "--invite"], ["invite", "olga"]):
        link = run(*command).output.strip()
        assert re.match(r"http://[0-9.]+:8080/invitation\?name=olga#", link)
        assert Access(folder).users.accept(link.partition("#")[2], "correct horse").role is Role.OPERATOR


def test_a_password_is_made_anew(run: Callable[..., Result], folder: Path) -> None:
    """It ends sessions, the tokens that user made unless they are kept, and the second factor if the app is lost."""
    running = Access(folder)
    running.users.add("anna", Role.ADMIN, password="correct horse")
    for options, left in (["--keep-tokens"], ["mine", "old"]), ([], ["old"]):
        session = running.sessions.open("anna")
        if "mine" not in [token.name for token in running.tokens.all]:
            running.tokens.add("mine", (Scope.READ,), maker="anna")
            running.tokens.add("old", (Scope.READ,))
        told = run("password", "anna", *options)
        assert running.users.is_right("anna", told.stdout.strip())
        assert running.sessions.find(session) is None
        assert sorted(token.name for token in running.tokens.all) == left
    assert told.stderr == "deleted with it: tokens mine\n"


def test_recovery_codes_are_printed(run: Callable[..., Result], folder: Path) -> None:
    """Ten, for who has a second factor, and no others."""
    secret = new_secret()
    run("add", "anna")
    assert "has no second factor; switch it on first" in str(run("recovery-codes", "anna").exception)
    Access(folder).users.set_second_factor("anna", secret, code_at(secret, int(time.time()) // STEP_S))
    codes = run("recovery-codes", "anna").stdout.splitlines()
    assert len(codes) == len(set(codes)) == 10
    user = Access(folder).users.find("anna")
    assert user is not None
    assert recovery_digest(codes[0], "anna") in user.recovery


def test_people_are_logged_out_and_removed(run: Callable[..., Result], folder: Path) -> None:
    """One, or everybody; whoever shares the password, too."""
    running = Access(folder)
    for name in ("anna", "olga"):
        running.users.add(name, Role.OPERATOR)
    sessions = {name: running.sessions.open(name) for name in ("", "anna", "olga")}
    assert run("end-sessions", "anna").exit_code == 0
    assert [name for name, key in sessions.items() if running.sessions.find(key)] == ["", "olga"]
    assert run("end-sessions").exit_code == 0
    assert [name for name, key in sessions.items() if running.sessions.find(key)] == []
    assert run("remove", "olga").exit_code == 0
    assert [user.name for user in running.users.all] == ["anna"]


@pytest.mark.parametrize(
    ("command", "cause"),
    [
        (["remove", "anna"], "'anna' is the last admin; make another one first"),
        (["remove", "nobody"], "there is no user named 'nobody'"),
        (["password", "nobody"], "there is no user named 'nobody'"),
        (["end-sessions", "nobody"], "there is no user named 'nobody'"),
        (["add", "Anna"], "there is a user named 'anna' already"),
        (["add", "a b"], "'a b' cannot be a user's name"),
    ],
)
def test_what_cannot_be_is_refused(command: list[str], cause: str, run: Callable[..., Result], folder: Path) -> None:
    """In one sentence."""
    Access(folder).users.add("anna", Role.ADMIN, password="correct horse")
    error = run(*command).exception
    assert isinstance(error, UsageError)
    assert str(error).startswith(cause)


def test_the_shared_password_is_no_more_where_an_admin_has_a_name(run: Callable[..., Result], folder: Path) -> None:
    """The command says so; the installer, which asks for one unless there is a way in, gets none."""
    run("add", "anna", "--role", "admin")
    config = ["--config", str(folder.with_name("maskgate.toml"))]
    refused = CliRunner().invoke(web_password, config)
    assert isinstance(refused.exception, UsageError)
    assert "maskgate users password NAME" in str(refused.exception)
    kept = CliRunner().invoke(web_password, [*config, "--unless-set"])
    assert (kept.exit_code, kept.output) == (0, "")


def test_a_missing_folder_is_named(run: Callable[..., Result], folder: Path) -> None:
    """With what to do about it."""
    folder.rmdir()
    error = run("list").exception
    assert isinstance(error, ConfigError)
    assert str(error) == f"{folder}: no such folder; name another in web.folder"


def test_what_a_command_did_is_noted_by_a_running_kiosk(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that cannot be asked is told of, and what was done stands."""
    asked: list[str] = []

    def ask(question: str, text: str) -> None:
        asked.append(f"{question}: {text}")
        if text.startswith("user olga removed"):
            raise MaskgateError("the service does not answer")

    monkeypatch.setattr("edge.commands.users.ask_service", ask)
    run("add", "olga")
    told = run("remove", "olga")
    assert asked == ["note: user olga added as viewer", "note: user olga removed"]
    assert told.exit_code == 0
    assert "not noted in the events: the service does not answer" in told.stderr


@needs_root
def test_root_does_it_as_the_service(tmp_path: Path) -> None:
    """The files are the service's, for its eyes alone."""
    with service_folder() as state:
        done = as_root(state, "users", "add", "anna", "--role", "admin")
        assert re.fullmatch(PASSWORD, done.stdout.strip()), done.stderr
        for name in (FILE_NAME, "access.lock"):
            status = (state / name).stat()
            assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (*SERVICE, 0o600)


def test_the_running_service_writes_it_down() -> None:
    """By its own socket, with who did it."""
    noted: list[str] = []
    nothing = object()
    table = answers(nothing, nothing, nothing, nothing, noted.append)  # type: ignore[arg-type]
    assert table["note"]({"text": "user olga added as viewer"}) == {}
    assert noted == ["command line: user olga added as viewer"]
