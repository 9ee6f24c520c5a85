"""People with names: roles, invitations, second factors, and the end of the shared password."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from edge.web.people import hashing
from edge.web.people.access import Access
from edge.web.people.roles import Role, Scope
from edge.web.people.second_factor import STEP_S, code_at, new_secret
from edge.web.people.users import INVITATION_AGE
from tests.edge.web.people.test_access import Clock

PASSWORD = "correct horse"
OTHER = "another horse"


@pytest.fixture
def clock() -> Clock:
    """Stands still until it is told otherwise."""
    return Clock()


@pytest.fixture
def access(tmp_path: Path, clock: Clock) -> Access:
    """Knows nobody."""
    return Access(tmp_path, clock=clock)


def test_a_user_is_known_by_name_and_password(access: Access) -> None:
    """However the name is spelt; not by another's password, nor without one."""
    access.users.add("Anna", Role.VIEWER, password=PASSWORD)
    access.users.add("boris", Role.VIEWER)
    assert access.users.is_right("ANNA", PASSWORD)
    assert not access.users.is_right("anna", OTHER)
    assert not access.users.is_right("boris", "")
    assert not access.users.is_right("boris", PASSWORD)
    assert not access.users.is_right("clara", PASSWORD)
    with pytest.raises(ValueError, match="there is a user named 'Anna' already"):
        access.users.add("aNNa", Role.ADMIN)


@pytest.mark.parametrize("name", ["", " anna", "an na", "button", "MQTT", "token", "-x", "ä", "x" * 65, "a/b", "a\n"])
def test_a_name_can_be_told_apart_from_whatever_else_acts(name: str, access: Access) -> None:
    """And needs no quoting: what is no name is refused, with what is one."""
    with pytest.raises(ValueError, match="cannot be a user's name: up to 64 letters"):
        access.users.add(name, Role.VIEWER)


def test_an_invitation_is_good_once_and_for_three_days(access: Access, clock: Clock) -> None:
    """And void as soon as there is another."""
    access.users.add("anna", Role.VIEWER)
    late, void, key = (access.users.invite("anna") for _ in range(3))
    for wrong in (late, void, "", "x"):
        with pytest.raises(LookupError, match="was used, or has expired"):
            access.users.accept(wrong, PASSWORD)
    with pytest.raises(ValueError, match="10 to 200"):
        access.users.accept(key, "short")
    assert access.users.accept(key, PASSWORD).name == "anna"
    assert access.users.is_right("anna", PASSWORD)
    with pytest.raises(LookupError):
        access.users.accept(key, OTHER)
    late = access.users.invite("anna")
    clock.now += INVITATION_AGE
    with pytest.raises(LookupError):
        access.users.accept(late, OTHER)


def test_a_code_is_asked_for_where_the_second_factor_is_on(access: Access, clock: Clock) -> None:
    """Each opens once; a wrong one switches nothing on; switched off, the password alone is enough again."""
    access.users.add("anna", Role.VIEWER, password=PASSWORD)
    secret = new_secret()

    def code() -> str:
        return code_at(secret, int(clock.now.timestamp()) // STEP_S)

    assert not access.users.set_second_factor("anna", secret, "000000" if code() != "000000" else "111111")
    assert access.users.is_right("anna", PASSWORD)
    assert access.users.set_second_factor("anna", secret, code())
    with pytest.raises(ValueError, match="'anna' has a second factor already; switch it off first"):
        access.users.set_second_factor("anna", secret, code())
    assert not access.users.is_right("anna", PASSWORD)
    assert not access.users.is_right("anna", PASSWORD, code()), "it was used to switch it on"
    clock.now += timedelta(seconds=STEP_S)
    assert not access.users.is_right("anna", OTHER, code())
    assert access.users.is_right("anna", PASSWORD, code())
    assert not access.users.is_right("anna", PASSWORD, code())
    access.users.drop_second_factor("anna")
    assert access.users.is_right("anna", PASSWORD)


def test_the_shared_password_ends_with_the_first_admin_who_has_one(access: Access) -> None:
    """Until then everybody goes on with it; its tokens stay, as programs know no names."""
    access.shared.set(PASSWORD)
    shared, key = access.sessions.open(), access.tokens.add("lights", (Scope.READ,))
    access.users.add("olga", Role.OPERATOR, password=PASSWORD)
    access.users.add("anna", Role.ADMIN)
    assert access.shared.is_right(PASSWORD)
    assert access.sessions.find(shared) is not None
    access.users.accept(access.users.invite("anna"), OTHER)
    assert not access.shared.is_set
    assert access.sessions.find(shared) is None
    assert access.tokens.find(key) is not None
    assert access.can_be_entered
    with pytest.raises(ValueError, match="people log in by name"):
        access.shared.set(PASSWORD)


def test_the_last_admin_stays(access: Access) -> None:
    """Nobody could let anybody in; with another one, or a shared password, they may go."""
    access.users.add("anna", Role.ADMIN, password=PASSWORD)
    access.users.add("boris", Role.ADMIN)
    words = "'anna' is the last admin; make another one first"
    with pytest.raises(ValueError, match=words):
        access.users.remove("anna")
    with pytest.raises(ValueError, match=words):
        access.users.set_role("anna", Role.VIEWER)
    assert access.users.find("anna") is not None
    access.users.set_password("boris", OTHER)
    access.users.remove("anna")
    assert access.users.find("anna") is None


def test_sessions_and_tokens_go_with_their_user(access: Access) -> None:
    """Tokens may be kept; those of others are left alone."""
    for name in ("anna", "boris"):
        access.users.add(name, Role.ADMIN, password=PASSWORD)
    sessions = {name: access.sessions.open(name) for name in ("anna", "boris")}
    for name, maker in (("lights", "anna"), ("fans", "boris"), ("old", "")):
        access.tokens.add(name, (Scope.READ,), maker=maker)
    assert access.users.remove("anna") == ("lights",)
    assert access.sessions.find(sessions["anna"]) is None
    assert access.sessions.find(sessions["boris"]) is not None
    assert {token.name for token in access.tokens.all} == {"fans", "old"}


def test_a_token_may_no_more_than_its_makers_role(access: Access) -> None:
    """A new, smaller role deletes those that could; a new password deletes all they made, unless they are kept."""
    for name in ("anna", "boris"):
        access.users.add(name, Role.ADMIN, password=PASSWORD)
    access.tokens.add("reader", (Scope.READ,), maker="anna")
    access.tokens.add("editor", (Scope.READ, Scope.SETTINGS), maker="anna")
    assert access.users.set_role("anna", Role.OPERATOR) == ("editor",)
    assert access.users.set_password("anna", OTHER, keep_tokens=True) == ()
    assert access.users.set_password("anna", PASSWORD, keep_tokens=False) == ("reader",)


def test_a_token_expires(access: Access, clock: Clock) -> None:
    """It is still listed, and opens nothing."""
    key = access.tokens.add("lights", (Scope.READ,), days=2)
    clock.now += timedelta(days=1, hours=23)
    assert access.tokens.find(key) is not None
    clock.now += timedelta(hours=1)
    assert access.tokens.find(key) is None
    assert [token.name for token in access.tokens.all] == ["lights"]


def test_a_hash_of_old_parameters_is_made_anew_at_login(access: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    """The password stays, whatever it was hashed with."""
    access.shared.set(PASSWORD)
    access.users.add("anna", Role.VIEWER, password=PASSWORD)
    before = access.password_hash(""), access.password_hash("anna")
    stronger = type(hashing._HASHER)(time_cost=3, memory_cost=19456, parallelism=1)
    monkeypatch.setattr(hashing, "_HASHER", stronger)
    assert access.shared.is_right(PASSWORD)
    assert access.users.is_right("anna", PASSWORD)
    after = access.password_hash(""), access.password_hash("anna")
    assert all("t=2" in old and "t=3" in new for old, new in zip(before, after, strict=True))
    assert access.shared.is_right(PASSWORD)
    assert access.users.is_right("anna", PASSWORD)


def test_a_session_is_ended_by_its_id(access: Access) -> None:
    """By an admin, or by its user; nobody else's, and not by half an id."""
    access.users.add("anna", Role.VIEWER, password=PASSWORD)
    key = access.sessions.open("anna", address="192.0.2.1", browser="Firefox")
    [listed] = access.sessions.all
    assert (listed.session.user, listed.session.address, listed.session.browser) == ("anna", "192.0.2.1", "Firefox")
    assert access.sessions.end(listed.id[:-1]) is None
    assert access.sessions.end(listed.id, of="boris") is None
    assert access.sessions.find(key) is not None
    assert access.sessions.end(listed.id, of="anna") is not None
    assert access.sessions.find(key) is None


def test_a_recovery_code_opens_once(access: Access, clock: Clock) -> None:
    """In the app's place, however it is typed; wrong ones and those of before open nothing, none is kept as it is."""
    access.users.add("Anna", Role.VIEWER, password=PASSWORD)
    with pytest.raises(ValueError, match="has no second factor; switch it on first"):
        access.users.new_recovery_codes("anna")
    secret = new_secret()
    assert access.users.set_second_factor("anna", secret, code_at(secret, int(clock().timestamp()) // STEP_S))
    (void, *_), codes = access.users.new_recovery_codes("anna"), access.users.new_recovery_codes("anna")
    assert len(set(codes)) == 10
    assert not access.users.is_right("anna", PASSWORD, void)
    assert not access.users.is_right("anna", OTHER, codes[0])
    assert access.users.is_right("anna", PASSWORD, codes[0])
    assert not access.users.is_right("anna", PASSWORD, codes[0])
    assert access.users.is_right("anna", PASSWORD, f" {codes[1].replace(' ', '-')} ")
    user = access.users.find("anna")
    assert user is not None
    assert len(user.recovery) == 8
    assert not any(code.replace(" ", "") in user.model_dump_json() for code in codes)
    access.users.drop_second_factor("anna")
    access.users.set_second_factor("anna", secret, code_at(secret, int(clock().timestamp()) // STEP_S))
    assert not access.users.is_right("anna", PASSWORD, codes[2])
