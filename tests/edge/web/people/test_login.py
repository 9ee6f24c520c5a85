"""People come in: by name, invitation, second factor, or a trusted proxy's word; and the events say who."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from edge.config.schema import WebConfig
from edge.web.guarding.attempts import MAX_OF_ADDRESS
from edge.web.people.access import Access
from edge.web.people.roles import Role, Scope
from edge.web.people.second_factor import STEP_S, code_at, new_secret
from tests.edge.web.conftest import BARE, PASSWORD, Site, log_in
from tests.edge.web.people.visitors import client_of, let_in
from tests.edge.web.test_browser import violations

OTHER = "five brown horses"


def post_login(site: Site, **form: str) -> httpx.Response:
    return httpx.post(site.url + "/login", data=form)


def noted(site: Site) -> list[str]:
    """What people did, oldest first."""
    site.write_events()
    key = Access(site.folder).tokens.add(f"reader {time.monotonic_ns()}", (Scope.READ,))
    url = f"{site.url}/api/v1/events?kind=audit&newest_first=false"
    events = httpx.get(url, headers={"Authorization": f"Bearer {key}"}).json()["events"]
    return [event["detail"] for event in events]


def test_everybody_goes_on_with_the_shared_password_until_an_admin_has_their_own(site: Site) -> None:
    """Then it opens nothing, whoever was let in by it is logged out, and programs go on."""
    access = Access(site.folder)
    access.users.add("olga", Role.OPERATOR, password=OTHER)
    with site.client() as shared, site.token("read") as program:
        assert shared.get("/api/v1/account").json()["role"] == "admin"
        access.users.add("anna", Role.ADMIN, password=OTHER)
        assert shared.get("/api/v1/account").status_code == 401
        assert program.get("/api/v1/status").status_code == 200
    for form, status in (
        ({"password": PASSWORD}, 403),
        ({"username": "anna", "password": PASSWORD}, 403),
        ({"username": "ANNA", "password": OTHER}, 303),
        ({"username": "olga", "password": OTHER}, 303),
    ):
        assert post_login(site, **form).status_code == status, form


def test_the_form_of_before_lets_in_with_the_shared_password(site: Site) -> None:
    """A browser fills in the name that the form had; where nobody has a name it means nothing."""
    assert post_login(site, username="maskgate", password=PASSWORD).status_code == 303


def test_who_knows_one_password_may_not_guess_anothers(site: Site) -> None:
    """Logging in with a name of one's own forgives no failures with another's; a new password for that name does."""
    access = Access(site.folder)
    for name in ("anna", "victor"):
        access.users.add(name, Role.ADMIN, password=OTHER)
    for _ in range(5):
        assert post_login(site, username="anna", password="wrong guess").status_code == 403
        assert post_login(site, username="victor", password=OTHER).status_code == 303
    assert post_login(site, username="Anna", password=OTHER).status_code == 429
    access.users.set_password("anna", PASSWORD)
    assert post_login(site, username="anna", password=PASSWORD).status_code == 303


def test_an_invitation_leads_to_a_password_and_names_in_the_events(site: Site, page: Page) -> None:
    """From the page Access of whoever shares the password, to the invited person's own browser, to the events."""
    log_in(page, site.url, "/access")
    expect(page.locator("#users")).to_have_text("Nobody has a name yet.")
    expect(page.locator("#shared")).to_be_visible()
    page.fill("#user-name", "olga")
    page.check("input[value=operator]")
    page.click("text=Add, and make an invitation")
    link = page.locator("#invitation code").inner_text()
    assert violations(page) == []
    context = page.context.browser
    assert context is not None
    theirs = context.new_context(locale="en-GB").new_page()
    theirs.goto(link)
    expect(theirs.locator("#invitation")).to_contain_text("Welcome, olga")
    assert violations(theirs) == []
    theirs.fill("#password", OTHER)
    theirs.keyboard.press("Enter")
    expect(theirs).to_have_url(site.url + "/")
    expect(theirs.locator(".who")).to_have_text("olga, operator")
    site.show(BARE, "alert")
    theirs.click("#acknowledge")
    expect(theirs.locator("#message")).to_have_text("This alert is silent.")
    theirs.click("#logout")
    # With or without the page that was asked for: both the answer and the live stream lead there.
    expect(theirs).to_have_url(re.compile(re.escape(site.url) + r"/login(\?.*)?$"))
    theirs.goto(link)
    theirs.fill("#password", PASSWORD)
    theirs.keyboard.press("Enter")
    expect(theirs.locator("#complaint")).to_have_text("this invitation was used, or has expired; ask for another")
    theirs.goto(site.url + "/events")
    assert violations(theirs) == []
    theirs.fill("#username", "olga")
    theirs.fill("#password", OTHER)
    theirs.click("button[type=submit]")
    rows = theirs.locator("#events tbody")
    for words in (
        "web page: user olga added as operator",
        "olga: password chosen by invitation",
        "olga: login from 127.0.0.1",
        "olga: alert acknowledged",
    ):
        expect(rows).to_contain_text(words)
    theirs.context.close()


def test_a_second_factor_is_switched_on_and_asked_for(site: Site, page: Page) -> None:
    """By its page; the login asks for a code then, an admin takes it back."""
    access = Access(site.folder)
    access.users.add("anna", Role.ADMIN, password=OTHER)
    let_in(page, site, Role.ADMIN, "anna")
    page.goto(site.url + "/account")
    page.click("#codes-begin")
    expect(page.locator("#qr svg")).to_be_visible()
    secret = page.locator("#secret").inner_text().replace(" ", "")
    assert violations(page) == []
    page.fill("#first-current", OTHER)
    page.fill("#first-code", code_at(secret, int(time.time()) // STEP_S - 1))
    page.click("text=Ask for codes from now on")
    expect(page.locator("#codes-state")).to_contain_text("On: every login asks for a code")
    assert post_login(site, username="anna", password=OTHER).status_code == 403
    page.click("#logout")
    expect(page.locator("#username")).to_be_visible()
    page.fill("#username", "anna")
    page.fill("#password", OTHER)
    page.fill("#code", code_at(secret, int(time.time()) // STEP_S))
    page.click("button[type=submit]")
    expect(page.locator(".who")).to_have_text("anna, admin")
    with client_of(site, Role.ADMIN, "boris") as other:
        assert other.delete("/api/v1/users/anna/second-factor").status_code == 204
    assert post_login(site, username="anna", password=OTHER).status_code == 303
    assert "boris: user anna needs no codes any more" in noted(site)


def test_a_session_alone_changes_no_second_factor(site: Site) -> None:
    """The next person at an unlocked desk neither brings an app of their own nor locks anybody out with it."""
    access, secrets = Access(site.folder), (new_secret(), new_secret())
    access.users.add("anna", Role.ADMIN, password=OTHER)
    path = "/api/v1/account/second-factor"

    def body(secret: str, password: str) -> dict[str, str]:
        return {"secret": secret, "code": code_at(secret, int(time.time()) // STEP_S), "current": password}

    with client_of(site, Role.ADMIN, "anna") as client:
        assert client.post(path, json=body(secrets[0], "wrong guess")).status_code == 409
        assert client.post(path, json=body(secrets[0], OTHER)).status_code == 204
        assert client.post(path, json=body(secrets[1], OTHER)).status_code == 409
    user = access.users.find("anna")
    assert user is not None
    assert user.second_factor == secrets[0]


def test_made_up_names_keep_nobody_else_out(make_site: Callable[..., Site]) -> None:
    """An address that tries name after name is refused without a check; others log in meanwhile, and a new password
    ends its lock-out.
    """
    site = make_site(trusted_proxies=["127.0.0.1"])
    access = Access(site.folder)
    access.users.add("anna", Role.ADMIN, password=OTHER)

    def status(name: str, password: str, address: str) -> int:
        form, headers = {"username": name, "password": password}, {"X-Forwarded-For": address}
        return httpx.post(site.url + "/login", data=form, headers=headers, timeout=20.0).status_code

    stranger = "192.0.2.1"
    answers = [status(f"nobody{number}", "wrong guess", stranger) for number in range(MAX_OF_ADDRESS + 1)]
    assert answers == [403] * MAX_OF_ADDRESS + [429]
    assert status("anna", OTHER, "192.0.2.2") == 303
    assert status("anna", OTHER, stranger) == 429
    access.users.set_password("anna", PASSWORD)
    assert status("anna", PASSWORD, stranger) == 303


def test_a_login_that_cannot_be_noted_is_told(site: Site) -> None:
    """On a disk that takes nothing; where the file lies is not said."""
    with site.client() as client:
        (site.folder / "access.lock").unlink()
        (site.folder / "access.lock").mkdir()
        for answer in (post_login(site, password=PASSWORD), client.post("/logout")):
            assert (answer.status_code, answer.json()) == (
                503,
                {"error": "the password file cannot be read or written; see the log"},
            )


def test_recovery_codes_are_shown_once_and_told_when_used(site: Site, page: Page) -> None:
    """Made on the page with password and code, typed at the login, noted in the events."""
    users = Access(site.folder).users
    secret = new_secret()
    users.add("anna", Role.VIEWER, password=OTHER)
    users.set_second_factor("anna", secret, code_at(secret, int(time.time()) // STEP_S - 1))
    let_in(page, site, Role.VIEWER, "anna")
    page.goto(site.url + "/account")
    expect(page.locator("#codes-state")).to_contain_text("There are no recovery codes")
    page.fill("#off-current", OTHER)
    page.fill("#off-code", code_at(secret, int(time.time()) // STEP_S))
    page.click("text=Make ten recovery codes")
    expect(page.locator("#recovery-codes li")).to_have_count(10)
    expect(page.locator("#codes-state")).to_contain_text("10 recovery codes are left")
    code = page.locator("#recovery-codes li").first.inner_text()
    assert post_login(site, username="anna", password=OTHER, code=code).status_code == 303
    assert post_login(site, username="anna", password=OTHER, code=code).status_code == 403
    page.reload()
    expect(page.locator("#codes-state")).to_contain_text("9 recovery codes are left")
    expect(page.locator("#recovery")).to_be_hidden()
    told = noted(site)
    assert "anna: recovery codes made" in told
    assert "anna: a recovery code was used; 9 are left" in told


def test_sessions_are_listed_and_ended(site: Site, page: Page) -> None:
    """By an admin everybody's, by each person their own; whoever is logged out sees no more."""
    with client_of(site, Role.VIEWER, "victor") as victor, client_of(site, Role.OPERATOR, "olga") as olga:
        [own] = victor.get("/api/v1/account").json()["sessions"]
        [others] = olga.get("/api/v1/account").json()["sessions"]
        assert (own["is_this"], own["address"]) == (True, "192.0.2.1")
        assert victor.delete(f"/api/v1/account/sessions/{others['id']}").status_code == 404
        let_in(page, site, Role.ADMIN, "anna")
        page.goto(site.url + "/access")
        item = page.locator("#sessions li", has_text="victor")
        expect(item).to_contain_text("Firefox on Linux at 192.0.2.1")
        item.locator("button").click()
        expect(item).to_have_count(0)
        assert victor.get("/api/v1/status").status_code == 401
        assert olga.delete(f"/api/v1/account/sessions/{others['id']}").status_code == 204
        assert olga.get("/api/v1/status").status_code == 401


def test_users_and_tokens_are_changed_by_an_admin(site: Site) -> None:
    """Roles, removal, and tokens with maker and end; each is noted with who did it."""
    with client_of(site, Role.ADMIN, "anna") as anna:
        Access(site.folder).users.set_password("anna", OTHER)
    with client_of(site, Role.ADMIN, "anna") as anna:
        assert anna.post("/api/v1/users", json={"name": "boris", "role": "admin"}).status_code == 201
        assert anna.post("/api/v1/users", json={"name": "Boris", "role": "admin"}).status_code == 409
        assert anna.post("/api/v1/users", json={"name": "a b", "role": "admin"}).status_code == 422
        assert anna.delete("/api/v1/users/anna").json()["error"] == "'anna' is the last admin; make another one first"
        assert anna.patch("/api/v1/users/boris", json={"role": "viewer"}).status_code == 204
        assert anna.patch("/api/v1/users/nobody", json={"role": "viewer"}).status_code == 404
        assert anna.post("/api/v1/tokens", json={"name": "x", "scopes": ["read"], "days": 1.5}).status_code == 201
        [token] = anna.get("/api/v1/tokens").json()["tokens"]
        assert (token["maker"], token["expires"] is not None) == ("anna", True)
        assert anna.delete("/api/v1/users/boris").status_code == 204
        assert [user["name"] for user in anna.get("/api/v1/users").json()["users"]] == ["anna"]
    told = noted(site)
    for line in (
        "anna: user boris added as admin",
        "anna: user boris invited to choose a password",
        "anna: user boris is viewer now",
        "anna: token 'x' made for read, for 1.5 days",
        "anna: user boris removed",
    ):
        assert line in told


def test_what_a_token_made_goes_with_the_person_behind_it(site: Site) -> None:
    """Nobody keeps a way in by having a program make it."""
    access = Access(site.folder)
    access.users.add("boris", Role.ADMIN, password=OTHER)
    with client_of(site, Role.ADMIN, "anna") as anna:
        first = anna.post("/api/v1/tokens", json={"name": "first", "scopes": ["admin"]}).json()["key"]
        headers = {"Authorization": f"Bearer {first}"}
        body = {"name": "second", "scopes": ["admin"]}
        second = httpx.post(site.url + "/api/v1/tokens", json=body, headers=headers).json()["key"]
        assert second.startswith("mg_")
        access.users.remove("anna")
        for key in (first, second):
            answer = httpx.get(site.url + "/api/v1/users", headers={"Authorization": f"Bearer {key}"})
            assert answer.status_code == 401


@pytest.mark.parametrize("name", ["..", ".", " ", "-x"])
def test_a_token_has_a_name_by_which_it_can_be_deleted(name: str, site: Site) -> None:
    """A browser makes of `/tokens/..` the folder above."""
    with site.client() as client:
        assert client.post("/api/v1/tokens", json={"name": name, "scopes": ["read"]}).status_code == 422


def test_people_change_their_own_password(site: Site) -> None:
    """Whoever they are, if they know the one they have; theirs are all sessions that end."""
    access = Access(site.folder)
    access.users.add("victor", Role.VIEWER, password=OTHER)
    with client_of(site, Role.VIEWER, "victor") as victor, client_of(site, Role.OPERATOR, "olga") as olga:
        wrong = victor.post("/api/v1/password", json={"current": PASSWORD, "new": "six brown horses"})
        assert (wrong.status_code, "wrong" in wrong.text) == (409, True)
        assert victor.post("/api/v1/password", json={"current": OTHER, "new": "six brown horses"}).status_code == 204
        assert victor.get("/api/v1/status").status_code == 401
        assert olga.get("/api/v1/status").status_code == 200
    assert access.users.is_right("victor", "six brown horses")
    assert "victor: password changed" in noted(site)


@pytest.fixture
def proxied(make_site: Callable[..., Site]) -> Site:
    """A kiosk behind a proxy that says who has logged in with it."""
    site = make_site(trusted_proxies=["127.0.0.1"], login_header="Remote-User")
    Access(site.folder).users.add("olga", Role.OPERATOR)
    return site


def test_a_trusted_proxy_says_who_it_is(proxied: Site) -> None:
    """For those who are users; their pages can change what their role allows, and events name them."""
    headers = {"Remote-User": "Olga", "X-Forwarded-For": "192.0.2.7"}
    with httpx.Client(base_url=proxied.url, headers=headers) as client:
        page = client.get("/").text
        assert "olga, operator" in page
        assert "Log out" not in page
        client.headers["X-CSRF-Token"] = page.partition('<meta name="csrf" content="')[2].partition('"')[0]
        assert client.post("/api/v1/mute", json={"seconds": 5}).status_code == 204
        assert client.post("/api/v1/setup", json={}).status_code == 403
        assert client.get("/api/v1/account").json()["by_proxy"] is True
        del client.headers["X-CSRF-Token"]
        assert client.post("/api/v1/mute", json={"seconds": 5}).status_code == 403
        Access(proxied.folder).users.remove("olga")
        assert client.get("/api/v1/status").status_code == 401
    proxied.wait(lambda: "olga: muted for 5 s" in noted(proxied))


@pytest.mark.parametrize(
    "headers",
    [
        [("Remote-User", "nobody")],
        [("Remote-User", "")],
        [("Remote-User", "olga"), ("Remote-User", "olga")],
        [("X-Remote-User", "olga")],
    ],
)
def test_a_proxys_word_opens_for_nobody_else(headers: list[tuple[str, str]], proxied: Site) -> None:
    """Nor where a visitor's own header may have come through beside the proxy's."""
    assert httpx.get(f"{proxied.url}/api/v1/status", headers=headers).status_code == 401


@pytest.mark.parametrize("proxies", [[], ["192.0.2.1"], ["192.0.2.0/24"]])
def test_nobody_else_is_believed(proxies: list[str], make_site: Callable[..., Site]) -> None:
    """A header from elsewhere than the proxy is worth nothing, whatever address it claims to come from."""
    site = make_site(trusted_proxies=proxies, login_header="Remote-User" if proxies else None)
    Access(site.folder).users.add("olga", Role.OPERATOR)
    headers = {"Remote-User": "olga", "X-Forwarded-For": "192.0.2.1"}
    assert httpx.get(f"{site.url}/api/v1/status", headers=headers).status_code == 401


@pytest.mark.parametrize("proxies", [(), ("*",), ("127.0.0.1", "*")])
def test_the_header_needs_a_proxy_with_an_address(proxies: tuple[str, ...]) -> None:
    """Everybody could write it otherwise."""
    with pytest.raises(ValueError, match="list its address in trusted_proxies"):
        WebConfig(login_header="Remote-User", trusted_proxies=proxies)
