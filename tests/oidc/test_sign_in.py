"""Signing in through a provider: who gets in, and what turns nobody's browser against him."""

from __future__ import annotations

import subprocess
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from joserfc.jwk import OctKey, RSAKey
from werkzeug.test import Client, TestResponse

from mallard.app import Mallard
from mallard.auth.roles import Role
from mallard.config import Oidc, SettingsError, load
from mallard.oidc.tickets import MOST_SPENT, Tickets
from mallard.wsgi import application
from tests.conftest import Clock, copy_fresh
from tests.oidc.invented_provider import ISSUER, OIDC, SECRET, InventedProvider
from tests.web.access.conftest import copy_with_password
from tests.web.access.people import person

MAIL = {"email": "grace@example.com", "email_verified": True}
ROLES = msgspec.structs.replace(OIDC, role_claim="realm_access.roles")


class Desk:
    """A Mallard with a provider, and browsers that go there and back."""

    def __init__(self, mallard: Mallard, clock: Clock) -> None:
        self.mallard = mallard
        self.wsgi: Any = application(mallard)
        found: Any = self.wsgi
        while not hasattr(found, "extensions"):
            found = found._pages
        self.provider = InventedProvider(clock)
        self.own_part = found.extensions["mallard.oidc"]
        self.own_part._fetching = self.provider

    def browser(self) -> Client:
        return Client(self.wsgi)

    def go(self, browser: Client, **args: str) -> dict[str, str]:
        """Sends a browser to the provider; what it was sent with. The nonce is told as it was."""
        there = browser.get("/login/oidc", query_string=args)
        assert there.status_code == 303, there.text
        sent = {
            key: one[0] for key, one in parse_qs(urlsplit(there.headers["Location"]).query).items()
        }
        self.provider.claims.setdefault("nonce", sent["nonce"])
        return sent

    def come_back(
        self, browser: Client, sent: dict[str, str], **changes: str | None
    ) -> TestResponse:
        told = {"code": "c", "state": sent["state"], "iss": ISSUER} | changes
        own = {key: one for key, one in told.items() if one is not None}
        return browser.get("/login/oidc/callback", query_string=own)

    def sign_in(self, browser: Client, **claims: Any) -> TestResponse:
        self.provider.claims = dict(claims)
        return self.come_back(browser, self.go(browser))


def is_signed_in(browser: Client) -> bool:
    return browser.get("/account").status_code == 200


@pytest.fixture
def open_desk(
    data_dir: Path, fresh_data: Path, start: Callable[..., Mallard], clock: Clock
) -> Callable[[Oidc], Desk]:
    def opened(oidc: Oidc) -> Desk:
        copy_with_password(fresh_data, data_dir)
        return Desk(start(oidc=oidc), clock)

    return opened


@pytest.fixture
def desk(open_desk: Callable[[Oidc], Desk]) -> Desk:
    return open_desk(OIDC)


@pytest.fixture
def with_roles(open_desk: Callable[[Oidc], Desk]) -> Desk:
    return open_desk(ROLES)


def test_a_browser_goes_there_and_comes_back_signed_in(desk: Desk) -> None:
    grace = person(desk.mallard, str(MAIL["email"]), "Editor")
    browser = desk.browser()
    assert 'href="/login/oidc?next=/"' in browser.get("/login").text
    sent = desk.go(browser, next="/?site_id=example.com")
    assert (sent["response_type"], sent["code_challenge_method"]) == ("code", "S256")
    assert sent["redirect_uri"] == "http://localhost/login/oidc/callback"
    assert set(sent["scope"].split()) == {"openid", "profile", "email"}
    desk.provider.claims |= MAIL
    back = desk.come_back(browser, sent)
    assert back.status_code == 200
    assert "url=/login?next=/?site_id%3Dexample.com" in back.text.replace("&#34;", "")
    assert is_signed_in(browser)
    found = desk.mallard.accounts.people.get(grace.id)
    assert found and found.subject == f"{ISSUER} grace-1" and found.role == "Editor"
    form = desk.provider.forms[0]
    assert form["grant_type"] == "authorization_code" and len(form["code_verifier"]) >= 43
    assert desk.provider.headers[0]["Authorization"].startswith("Basic ")
    assert SECRET not in str(form)


def test_who_is_known_is_known_whatever_becomes_of_the_address(desk: Desk) -> None:
    person(desk.mallard, "grace@example.com")
    assert desk.sign_in(desk.browser(), **MAIL).status_code == 200
    browser = desk.browser()
    assert desk.sign_in(browser, email="other@example.com").status_code == 200
    assert is_signed_in(browser)
    taken = desk.sign_in(desk.browser(), sub="somebody-else", **MAIL)
    assert taken.status_code == 403, "an address that somebody else has now opens nothing"


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"email": "grace@example.com"},
        {"email": "grace@example.com", "email_verified": False},
        {"email": "grace@example.com", "email_verified": "true"},
        {"email": "nobody@example.com", "email_verified": True},
        {"email": 1, "email_verified": True},
    ],
)
def test_without_an_account_of_a_verified_address_nobody_gets_in(
    desk: Desk, claims: dict[str, Any]
) -> None:
    person(desk.mallard, "grace@example.com", "Owner")
    browser = desk.browser()
    assert desk.sign_in(browser, **claims).status_code == 403
    assert not is_signed_in(browser)


@pytest.mark.parametrize(
    ("said", "role"),
    [
        (["viewer", "x"], Role.VIEWER),
        (["Editor", "Viewer"], Role.EDITOR),
        ("OWNER", Role.OWNER),
        (["x"], None),
        ([], None),
        (None, None),
        ({"Owner": True}, None),
        ([["Owner"]], None),
    ],
)
def test_the_claim_says_what_somebody_may_do(
    with_roles: Desk, said: Any, role: Role | None
) -> None:
    browser = with_roles.browser()
    answer = with_roles.sign_in(browser, realm_access={"roles": said}, **MAIL)
    assert answer.status_code == (403 if role is None else 200)
    people = with_roles.mallard.accounts.people.all()
    assert [one.role for one in people] == ([] if role is None else [role])


def test_another_role_counts_at_once_and_ends_the_sessions_before(with_roles: Desk) -> None:
    first = with_roles.browser()
    with_roles.sign_in(first, realm_access={"roles": ["Owner"]}, **MAIL)
    assert first.get("/settings").status_code == 200
    second = with_roles.browser()
    with_roles.sign_in(second, realm_access={"roles": ["Viewer"]}, **MAIL)
    assert not is_signed_in(first)
    assert (is_signed_in(second), second.get("/settings").status_code) == (True, 403)
    assert with_roles.sign_in(with_roles.browser(), realm_access={}).status_code == 403


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"state": "another"}, "not of this sign-in"),
        ({"state": None}, "not of this sign-in"),
        ({"iss": "https://evil.example"}, "another provider"),
        ({"iss": None}, "another provider"),
        ({"iss": ISSUER + "/"}, "another provider"),
        ({"code": None}, "did not let you in"),
        ({"error": "access_denied"}, "did not let you in"),
    ],
)
def test_an_answer_that_is_not_to_this_question_signs_nobody_in(
    desk: Desk, changes: dict[str, str | None], why: str
) -> None:
    person(desk.mallard, "grace@example.com")
    browser = desk.browser()
    sent = desk.go(browser)
    desk.provider.claims |= MAIL
    answer = desk.come_back(browser, sent, **changes)
    assert answer.status_code == 403 and why in answer.text
    assert not is_signed_in(browser) and desk.provider.forms == []
    again = desk.come_back(browser, sent)
    assert again.status_code == 403, "the question is used up by it"


def test_an_issuer_that_names_itself_in_no_answer_need_not(desk: Desk) -> None:
    person(desk.mallard, "grace@example.com")
    del desk.provider.metadata["authorization_response_iss_parameter_supported"]
    browser = desk.browser()
    sent = desk.go(browser)
    desk.provider.claims |= MAIL
    assert desk.come_back(browser, sent, iss=None).status_code == 200


def test_an_answer_counts_once_in_its_own_browser_and_not_for_ever(
    desk: Desk, clock: Clock
) -> None:
    person(desk.mallard, "grace@example.com")
    victim, attacker = desk.browser(), desk.browser()
    sent = desk.go(attacker)
    cookie = attacker.get_cookie("mm_oidc")
    ticket = cookie.value if cookie else ""
    desk.provider.claims |= MAIL
    assert desk.come_back(victim, sent).status_code == 403
    assert desk.come_back(attacker, sent).status_code == 200
    attacker.set_cookie("mm_oidc", "x")
    assert desk.come_back(attacker, sent).status_code == 403
    attacker.set_cookie("mm_oidc", ticket)
    assert desk.come_back(attacker, sent).status_code == 403, "a cookie that was kept is spent"
    desk.provider.claims.pop("nonce")
    late = desk.browser()
    sent = desk.go(late)
    clock.move(seconds=601)
    assert desk.come_back(late, sent).status_code == 403


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "https://evil.example"},
        {"aud": "another client"},
        {"aud": ["mallard", "another client"], "azp": "another client"},
        {"exp": 1},
        {"exp": None},
        {"iat": 4_000_000_000},
        {"sub": None},
    ],
)
def test_an_id_token_that_is_not_for_us_signs_nobody_in(desk: Desk, claims: dict[str, Any]) -> None:
    person(desk.mallard, "grace@example.com")
    browser = desk.browser()
    sent = desk.go(browser)
    desk.provider.claims |= MAIL | claims
    answer = desk.come_back(browser, sent)
    assert answer.status_code == 502 and "evil" not in answer.text
    assert not is_signed_in(browser)


def test_what_the_id_token_leaves_out_is_told_by_the_provider_s_other_answer(desk: Desk) -> None:
    person(desk.mallard, "grace@example.com")
    desk.provider.metadata["userinfo_endpoint"] = f"{ISSUER}/me"
    desk.provider.userinfo = {"sub": "grace-1", **MAIL}
    browser = desk.browser()
    assert desk.sign_in(browser).status_code == 200 and is_signed_in(browser)
    desk.provider.userinfo["sub"] = "somebody-else"
    assert desk.sign_in(desk.browser(), sub="grace-2").status_code == 502


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ({"alg": "RS256", "kid": "first"}, RSAKey.generate_key(2048, private=True)),
        ({"alg": "RS256", "kid": "unknown"}, RSAKey.generate_key(2048, private=True)),
        ({"alg": "HS256"}, OctKey.import_key(SECRET * 2)),
        ({"alg": "none"}, OctKey.import_key(SECRET * 2)),
    ],
    ids=["of another key", "of an unknown key", "of a shared secret", "of nobody"],
)
def test_an_id_token_that_the_provider_did_not_sign_signs_nobody_in(
    desk: Desk, header: dict[str, str], key: Any
) -> None:
    person(desk.mallard, "grace@example.com")
    browser = desk.browser()
    sent = desk.go(browser)
    desk.provider.claims |= MAIL
    desk.provider.header, desk.provider.key = header, key
    assert desk.come_back(browser, sent).status_code == 502
    assert not is_signed_in(browser)


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://evil.example"},
        {"authorization_endpoint": "http://id.example/authorize"},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": None},
    ],
)
def test_a_provider_that_describes_itself_as_another_is_not_gone_to(
    desk: Desk, change: dict[str, Any]
) -> None:
    desk.provider.metadata |= change
    answer = desk.browser().get("/login/oidc")
    assert answer.status_code == 502 and "id.example" not in answer.text


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_the_way_back_leads_to_our_own_pages_alone(desk: Desk, target: str) -> None:
    person(desk.mallard, "grace@example.com")
    browser = desk.browser()
    sent = desk.go(browser, next=target)
    desk.provider.claims |= MAIL
    assert "evil" not in desk.come_back(browser, sent).text


def test_a_host_of_the_client_s_is_no_way_back_where_ours_is_known(
    data_dir: Path, fresh_data: Path, start: Callable[..., Mallard], clock: Clock
) -> None:
    copy_with_password(fresh_data, data_dir)
    one = Desk(start(oidc=OIDC, dashboard_origin="https://stats.example"), clock)
    there = one.browser().get("/login/oidc", headers={"Host": "evil.example"})
    sent = parse_qs(urlsplit(there.headers["Location"]).query)
    assert sent["redirect_uri"] == ["https://stats.example/login/oidc/callback"]


def test_a_session_that_was_planted_is_not_adopted(desk: Desk) -> None:
    person(desk.mallard, "grace@example.com")
    browser = desk.browser()
    planted = desk.mallard.access.sessions.open()
    browser.set_cookie("mm_session", planted)
    desk.sign_in(browser, **MAIL)
    assert not desk.mallard.access.sessions.is_open(planted)


def test_while_no_password_is_set_nobody_is_sent_anywhere(
    data_dir: Path, fresh_data: Path, start: Callable[..., Mallard], clock: Clock
) -> None:
    copy_fresh(fresh_data, data_dir)
    assert Desk(start(oidc=OIDC), clock).browser().get("/login/oidc").status_code == 403


def test_however_many_begin_nobody_s_sign_in_goes_for_it_and_nothing_is_remembered(
    desk: Desk,
) -> None:
    person(desk.mallard, "grace@example.com")
    browser = desk.browser()
    sent = desk.go(browser)
    tickets = desk.own_part._tickets
    before = dict(vars(tickets))
    for _ in range(1_010):
        desk.own_part.begin("http://localhost/login/oidc/callback", "/")
    assert vars(tickets) == before
    desk.provider.claims |= MAIL
    assert desk.come_back(browser, sent).status_code == 200


def test_a_ticket_that_comes_back_at_once_by_many_ways_counts_once(desk: Desk) -> None:
    sent = desk.own_part.begin("http://localhost/", "/")
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            tickets = [sent.ticket] * 64
            found = list(pool.map(desk.own_part._tickets.spend, tickets))
    finally:
        sys.setswitchinterval(interval)
    assert len([one for one in found if one is not None]) == 1


def test_what_is_remembered_of_tickets_that_came_back_is_bounded(clock: Clock) -> None:
    tickets = Tickets(clock.timer)
    for _ in range(MOST_SPENT + 10):
        ticket, pending = tickets.issue("http://localhost/", "/")
        assert tickets.spend(ticket) == pending
    assert len(tickets._spent) == MOST_SPENT
    assert tickets.spend(ticket) is None


def test_a_ticket_that_was_changed_or_is_another_process_s_is_none(clock: Clock) -> None:
    tickets = Tickets(clock.timer)
    ticket, pending = tickets.issue("http://localhost/", "/")
    text, _, seal = ticket.partition(".")
    forged = urlsafe_b64encode(b'["x",9e9,"https://evil.example/","/"]').decode()
    foreign, _ = Tickets(clock.timer).issue("", "")
    for wrong in ("", ".", text, f"{text}.", f".{seal}", f"{forged}.{seal}", f"{ticket}0", "é" * 9,
                  f"{text}é.{seal}", "x" * 10_000, foreign):  # fmt: skip
        assert tickets.spend(wrong) is None
    for secret in (pending.state, pending.nonce, pending.verifier):
        assert secret not in ticket and secret not in urlsafe_b64decode(text).decode()
    assert len({pending.state, pending.nonce, pending.verifier}) == 3
    assert tickets.spend(ticket) == pending


def test_where_somebody_was_going_is_forgotten_where_no_cookie_would_hold_it(desk: Desk) -> None:
    there = desk.browser().get("/login/oidc", query_string={"next": "/?" + "x" * 5_000})
    assert len(there.headers["Set-Cookie"]) < 1_000


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"email": "boss@example.com"}, "grace-1"),
        ({"email": "boss@example.com", "email_verified": "true", "name": "Grace"}, "Grace"),
        ({"preferred_username": "boss@example.com", "name": "Grace"}, "Grace"),
        ({"preferred_username": "grace", "name": "Grace"}, "grace"),
        ({"sub": "grace@elsewhere.example"}, "grace at elsewhere.example"),
        ({**MAIL, "preferred_username": "grace"}, "grace@example.com"),
    ],
)
def test_nobody_goes_by_an_address_that_the_provider_has_not_verified(
    with_roles: Desk, claims: dict[str, Any], name: str
) -> None:
    answer = with_roles.sign_in(with_roles.browser(), realm_access={"roles": ["Viewer"]}, **claims)
    assert answer.status_code == 200
    assert [one.name for one in with_roles.mallard.accounts.people.all()] == [name]


def test_without_the_setting_there_is_no_such_route_and_nothing_is_loaded(
    tmp_path: Path, clock: Clock
) -> None:
    program = (
        "import sys; from pathlib import Path; from mallard import app; from mallard.config import"
        " Settings; from mallard.wsgi import application; from werkzeug.test import Client;"
        f"one = app.build(Settings(data_dir=Path({str(tmp_path / 'data')!r}), secret='test'));"
        "status = Client(application(one)).get('/login/oidc').status_code; one.stop(300);"
        "known = {'authlib', 'joserfc', 'pyotp', 'segno', 'cryptography'};"
        "print(status, sorted(known & {name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.decode().splitlines()[-1] == "404 []"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('[oidc]\nclient_id = "x"', "issuer"),
        ('[oidc]\nissuer = "https://id.example"\nclient_id = "x"', "client_secret"),
        ('[oidc]\nissuer = "http://id.example"', "oidc.issuer"),
        ('[oidc]\nissuer = "https://id.example?x=1"', "oidc.issuer"),
        ('[oidc]\nissuer = "id.example"', "oidc.issuer"),
        ('[oidc]\nroles = "x"', "oidc.roles"),
    ],
)
def test_settings_that_will_not_do_are_named(
    toml: Callable[[str], Path], text: str, wrong: str
) -> None:
    with pytest.raises(SettingsError, match=wrong):
        load(toml(text), {})


def test_settings_come_from_variables_too(toml: Callable[[str], Path]) -> None:
    found = load(
        None,
        {
            "MALLARD_OIDC_ISSUER": "http://localhost:9000/realms/x",
            "MALLARD_OIDC_CLIENT_ID": "mallard",
            "MALLARD_OIDC_CLIENT_SECRET": SECRET,
        },
    ).settings.oidc
    assert found == replace_issuer("http://localhost:9000/realms/x")


def replace_issuer(issuer: str) -> Oidc:
    return msgspec.structs.replace(OIDC, issuer=issuer)
