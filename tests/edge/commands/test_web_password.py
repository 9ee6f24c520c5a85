"""The command that makes a password: printed once, kept as a hash that only the service reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from argon2 import extract_parameters
from argon2.low_level import Type
from click.testing import CliRunner, Result

from edge.commands.web_password import web_password
from edge.errors import ConfigError
from edge.web.people.access import Access
from edge.web.people.roles import Scope
from edge.web.people.store import FILE_NAME
from tests.ownership import SERVICE, as_root, as_service, needs_root, service_folder

PASSWORD = r"[a-z2-9]{5}(-[a-z2-9]{5}){3}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the configuration says that the password is kept."""
    kept = tmp_path / "state"
    kept.mkdir()
    (tmp_path / "maskgate.toml").write_text(f'[web]\nfolder = "{kept}"\n')
    return kept


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(web_password, ["--config", str(folder.with_name("maskgate.toml")), *arguments])


def make(folder: Path, *arguments: str) -> str:
    result = run(folder, *arguments)
    assert result.exit_code == 0, result.output
    return result.output.strip()


def test_the_password_is_printed_and_kept_as_an_argon2id_hash(folder: Path) -> None:
    """What is printed opens the pages; what is kept is a salted hash with OWASP's least parameters, or better."""
    password = make(folder)
    assert re.fullmatch(PASSWORD, password)
    access = Access(folder)
    assert access.shared.is_right(password)
    kept = (folder / FILE_NAME).read_text()
    assert password not in kept
    [hashed] = re.findall(r"\$argon2[^\"]+", kept)
    parameters = extract_parameters(hashed)
    assert parameters.type is Type.ID
    assert parameters.memory_cost >= 19456
    assert parameters.time_cost >= 2
    assert parameters.salt_len >= 16


@needs_root
def test_root_makes_it_as_the_service(tmp_path: Path) -> None:
    """The file is the service's, for its eyes alone, however wide the folder is open."""
    with service_folder() as state:
        state.chmod(0o755)
        done = as_root(state, "web-password")
        assert re.fullmatch(PASSWORD, done.stdout.strip()), done.stderr
        status = (state / FILE_NAME).stat()
        assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (*SERVICE, 0o600)


@needs_root
@pytest.mark.parametrize("name", [FILE_NAME, f".new-{FILE_NAME}"])
def test_root_writes_through_no_link(name: str) -> None:
    """A link in the file's place leads root nowhere."""
    with service_folder() as state:
        victim = state.parent / "victim"
        victim.write_text("root's")
        as_service(state, f"ln -s {victim} {name}")
        as_root(state, "web-password")
        assert victim.read_text() == "root's"
        assert victim.stat().st_uid == 0


def test_a_new_password_logs_everybody_out(folder: Path) -> None:
    """Also those whom a running kiosk has let in, and programs, unless they are to keep their tokens."""
    old = make(folder)
    running = Access(folder)
    session, key = running.sessions.open(), running.tokens.add("lights", (Scope.READ,))
    kept = make(folder, "--keep-tokens")
    assert running.sessions.find(session) is None
    assert not running.shared.is_right(old)
    assert running.shared.is_right(kept)
    assert running.tokens.find(key) is not None
    told = run(folder)
    assert running.shared.is_right(told.stdout.strip())
    assert told.stderr == "deleted with the old password: tokens lights\n"
    assert running.tokens.find(key) is None


def test_a_password_that_is_there_is_left(folder: Path) -> None:
    """With --unless-set nothing is printed, nothing changed, and nobody logged out."""
    password = make(folder, "--unless-set")
    assert re.fullmatch(PASSWORD, password)
    session = Access(folder).sessions.open()
    before = (folder / FILE_NAME).read_bytes()
    assert make(folder, "--unless-set") == ""
    assert (folder / FILE_NAME).read_bytes() == before
    assert Access(folder).sessions.find(session) is not None


def test_a_missing_folder_is_named(folder: Path) -> None:
    """With what to do about it."""
    folder.rmdir()
    error = run(folder).exception
    assert isinstance(error, ConfigError)
    assert str(error) == f"{folder}: no such folder; name another in web.folder"
