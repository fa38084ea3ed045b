"""Whoever guesses at several nodes guesses no more often than at one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

from mallard.auth.lockout import LockedOut, Lockout, WrongPassword
from mallard.auth.roles import Role
from tests.cluster.conftest import Member, Place
from tests.cluster.postgres import Postgres

pytestmark = pytest.mark.thorough

Join = Callable[..., Member]
PASSWORD = "correct horse battery"
GUESSER, OTHER = "203.0.113.9", "203.0.113.10"
MOST = 4


@pytest.fixture
def nodes(join: Join) -> Iterator[tuple[Member, Member]]:
    """Two that let a client guess four times."""
    yield (
        join("paris", admin_password=PASSWORD, max_login_attempts=MOST),
        join("oslo", admin_password=PASSWORD, max_login_attempts=MOST),
    )


def guess(member: Member, password: str = "a wrong one", address: str = GUESSER) -> str | None:
    """The token that comes of it, or none. Raises LockedOut."""
    try:
        return member.mallard.access.log_in(password, address)
    except WrongPassword:
        return None


def is_locked_out(member: Member, address: str = GUESSER) -> bool:
    """Whether a client has to wait."""
    try:
        return guess(member, PASSWORD, address) is None
    except LockedOut as error:
        assert error.retry_after_secs > 1
        return True


def test_guesses_at_several_nodes_are_counted_together(nodes: tuple[Member, Member]) -> None:
    paris, oslo = nodes
    for member in (paris, oslo, paris, oslo):
        assert guess(member) is None
    assert is_locked_out(paris) and is_locked_out(oslo)
    assert not is_locked_out(oslo, OTHER)


def test_who_gets_in_at_one_begins_anew_at_all(nodes: tuple[Member, Member]) -> None:
    paris, oslo = nodes
    for member in (paris, oslo, paris):
        guess(member)
    assert guess(oslo, PASSWORD)
    for _ in range(MOST - 1):
        assert guess(paris) is None
    assert not is_locked_out(paris)


def test_guesses_at_one_persons_password_from_many_places_are_counted_together(
    nodes: tuple[Member, Member],
) -> None:
    paris, oslo = nodes
    made = paris.mallard.accounts.invite("Ann", Role.VIEWER, None)
    paris.mallard.accounts.accept(made.token, PASSWORD)
    oslo.look()
    members = (paris, oslo) * (2 * MOST)
    for number, member in enumerate(members):
        with pytest.raises(WrongPassword):
            member.mallard.accounts.sign_in("Ann", "wrong", None, f"198.51.100.{number}")
    for member in nodes:
        with pytest.raises(LockedOut):
            member.mallard.accounts.sign_in("Ann", PASSWORD, None, "192.0.2.1")


def test_a_shared_link_has_a_lockout_of_its_own(nodes: tuple[Member, Member]) -> None:
    paris, oslo = nodes
    doors: list[Lockout] = [one.mallard.access.shares.lockout for one in nodes]
    for door in doors * 2:
        with pytest.raises(WrongPassword), door.attempt(GUESSER, "link"):
            raise WrongPassword
    for door in doors:
        with pytest.raises(LockedOut), door.attempt(GUESSER, "link"):
            raise AssertionError("nobody is asked")
    assert not is_locked_out(paris) and not is_locked_out(oslo)


def test_without_postgresql_each_node_counts_alone(
    nodes: tuple[Member, Member], postgres: Postgres
) -> None:
    paris, oslo = nodes
    postgres.stop("immediate")
    try:
        for _ in range(MOST):
            assert guess(paris) is None
        assert is_locked_out(paris) and not is_locked_out(oslo)
    finally:
        postgres.start()


def test_postgresql_has_no_address_of_who_guesses(
    nodes: tuple[Member, Member], place: Place
) -> None:
    guess(nodes[0])
    with psycopg.connect(place.catalog) as connection:
        rows = connection.execute("select * from mallard_cluster.attempts").fetchall()
    assert rows and GUESSER not in repr(rows)
    assert guess(nodes[1], PASSWORD)
    with psycopg.connect(place.catalog) as connection:
        assert connection.execute("select * from mallard_cluster.attempts").fetchall() == []
