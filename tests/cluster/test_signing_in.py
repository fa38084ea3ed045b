"""Whoever is let in, or no longer, at one node is at the others: passwords, people and sessions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from werkzeug.test import Client, TestResponse

from mallard.auth.roles import Role
from mallard.people.accounts import Accounts, NoInvitation
from mallard.register.port import Unreachable
from mallard.web.client import SESSION_COOKIE
from mallard.wsgi import application
from tests.cluster.conftest import Member, Place
from tests.cluster.postgres import Postgres

pytestmark = pytest.mark.thorough

Join = Callable[..., Member]
PASSWORD, OTHER = "correct horse battery", "wrong horse, right battery"
ASKED = "/api/instance"


@pytest.fixture
def nodes(join: Join) -> Iterator[tuple[Member, Member]]:
    """Two, with a password that was set on one."""
    paris, oslo = join("paris"), join("oslo")
    paris.mallard.access.set_up(PASSWORD)
    oslo.look()
    yield paris, oslo


def log_in(member: Member, password: str = PASSWORD, name: str | None = None) -> str:
    """The token of a session that begins at a node."""
    access, accounts = member.mallard.access, member.mallard.accounts
    if name is None:
        return access.log_in(password, "203.0.113.7")
    return access.sessions.open(accounts.sign_in(name, password, None, "203.0.113.7").id)


def is_in(member: Member, token: str) -> bool:
    """Whether a token opens a node."""
    return member.mallard.access.caller(token, None) is not None


def asked(member: Member, token: str) -> TestResponse:
    """What a browser gets that shows a token."""
    browser = Client(application(member.mallard))
    browser.set_cookie(SESSION_COOKIE, token)
    return browser.get(ASKED)


def invited(accounts: Accounts, name: str, role: Role = Role.VIEWER) -> str:
    """The id of somebody who has accepted."""
    made = accounts.invite(name, role, None)
    return accounts.accept(made.token, PASSWORD).id


def test_a_password_that_is_set_on_one_node_is_asked_for_by_all(
    nodes: tuple[Member, Member],
) -> None:
    paris, oslo = nodes
    assert oslo.client.get(ASKED).status_code == 401
    token = log_in(oslo)
    # No look in between: the other node asks for a session that it does not know.
    assert [asked(node, token).status_code for node in nodes] == [200, 200]
    assert asked(paris, token[:-1] + "x").status_code == 401


def test_another_password_ends_the_sessions_of_the_old_one_on_all_nodes(
    nodes: tuple[Member, Member],
) -> None:
    paris, oslo = nodes
    own, others = log_in(paris), log_in(oslo)
    reader = oslo.mallard.access.log_in_to_read(PASSWORD, "203.0.113.7")
    assert oslo.mallard.access.caller(None, reader) is not None
    paris.mallard.access.change_password(PASSWORD, OTHER, "203.0.113.7", own)
    oslo.look()
    assert is_in(paris, own) and is_in(oslo, own)
    assert not is_in(paris, others) and not is_in(oslo, others)
    assert oslo.mallard.access.caller(None, reader) is None
    assert oslo.mallard.access.passwords.matches(OTHER)
    assert not oslo.mallard.access.passwords.matches(PASSWORD)


def test_who_signs_out_at_one_node_is_out_at_all(nodes: tuple[Member, Member]) -> None:
    paris, oslo = nodes
    token = log_in(paris)
    assert is_in(oslo, token)
    oslo.mallard.access.sessions.close(token)
    paris.look()
    assert not is_in(paris, token)


def test_an_account_is_one_of_all_nodes_until_it_is_taken_away(
    nodes: tuple[Member, Member],
) -> None:
    paris, oslo = nodes
    ann = invited(paris.mallard.accounts, "Ann", Role.EDITOR)
    oslo.look()
    token = log_in(oslo, name="Ann")
    assert is_in(paris, token)
    key = paris.mallard.access.keys.create("hers", "ReadOnly", ann)
    assert oslo.mallard.accounts.remove(ann)
    paris.look()
    assert not is_in(paris, token) and not is_in(oslo, token)
    assert paris.mallard.access.caller(None, key.key) is None
    assert paris.mallard.accounts.people.all() == []


def test_an_invitation_is_accepted_once_whichever_node_it_comes_to(
    nodes: tuple[Member, Member],
) -> None:
    paris, oslo = nodes
    made = paris.mallard.accounts.invite("Ann", Role.VIEWER, None)
    oslo.look()
    paris.mallard.accounts.accept(made.token, PASSWORD)
    # It has not heard of that yet, and finds out.
    with pytest.raises(NoInvitation):
        oslo.mallard.accounts.accept(made.token, OTHER)


def test_without_postgresql_one_signs_in_at_a_node_alone_and_nothing_is_changed(
    nodes: tuple[Member, Member], postgres: Postgres
) -> None:
    paris, oslo = nodes
    before, ended = log_in(paris), log_in(paris)
    assert is_in(oslo, before)
    assert is_in(oslo, ended)
    postgres.stop("immediate")
    try:
        meanwhile = log_in(paris)
        assert is_in(paris, meanwhile) and not is_in(oslo, meanwhile)
        assert is_in(oslo, before)
        oslo.mallard.access.sessions.close(ended)
        with pytest.raises(Unreachable, match="nothing was changed"):
            paris.mallard.access.change_password(PASSWORD, OTHER, "203.0.113.7", None)
        with pytest.raises(Unreachable, match="nothing was changed"):
            paris.mallard.accounts.invite("Ann", Role.VIEWER, None)
    finally:
        postgres.start()
    for member in (paris, oslo, paris):
        member.look()
    assert is_in(oslo, meanwhile) and is_in(paris, before)
    assert not is_in(paris, ended) and not is_in(oslo, ended)


def test_a_node_that_starts_again_has_not_signed_anybody_out(join: Join) -> None:
    paris = join("paris")
    token = paris.mallard.access.set_up(PASSWORD)
    paris.stop()
    assert is_in(join("paris"), token)


def test_where_postgresql_forgets_the_password_nobody_is_let_in(
    nodes: tuple[Member, Member], place: Place
) -> None:
    paris, _ = nodes
    with psycopg.connect(place.catalog) as connection:
        connection.execute("delete from mallard_cluster.documents where key = '/password'")
        connection.execute("update mallard_cluster.decided set edition = gen_random_uuid()")
    paris.look()
    assert not paris.mallard.access.is_open
    assert log_in(paris)


def test_postgresql_has_no_password_no_name_and_no_token(
    nodes: tuple[Member, Member], place: Place
) -> None:
    paris, _ = nodes
    ann = invited(paris.mallard.accounts, "Ann Somebody")
    secrets = [log_in(paris), "Ann Somebody", ann, "argon2", PASSWORD]
    kept: list[Any] = []
    with psycopg.connect(place.catalog) as connection:
        for table in ("documents", "sessions"):
            rows = connection.execute(f"select * from mallard_cluster.{table}".encode()).fetchall()
            assert rows
            kept += rows
    assert [one for one in secrets if one in repr(kept)] == []
