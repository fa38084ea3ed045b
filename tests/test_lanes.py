"""Logins that wait for a password to be hashed: so many of an address, so many in all."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event
from types import SimpleNamespace

import pytest

from mallard.auth.lockout import SHARED_FACTOR
from mallard.auth.passwords import AT_A_TIME
from mallard.lanes import LOGINS_OF_A_CLIENT, Clients, Lanes, PasswordLane, PatientLane
from tests.waiting import PATIENCE_SECS, until

MOST = 40
HOME = "198.51.100.7"
PROXY = "10.0.0.1"


class Login:
    """A channel whose next request is a login."""

    def __init__(self, address: str, may_end: Event) -> None:
        self.address = address
        self.request = SimpleNamespace(path="/login", is_post=True, is_turned_away=False)
        self.requests = [self.request]
        self.has_begun = self.has_ended = False
        self._may_end = may_end

    @property
    def is_turned_away(self) -> bool:
        return bool(self.request.is_turned_away)

    def service(self) -> None:
        """Answers, at once only where there is nothing to hash."""
        self.has_begun = True
        assert self.is_turned_away or self._may_end.wait(PATIENCE_SECS)
        self.has_ended = True


class Door:
    """The lanes, in which nothing is hashed to its end before `opens`."""

    def __init__(self) -> None:
        clients = Clients(lambda one: one.address, HOME.__eq__, PROXY.__eq__)
        self.lanes = Lanes(1, clients, most_logins=MOST)
        self.opens = Event()
        self.logins: list[Login] = []

    def log_in(self, address: str) -> Login:
        self.logins.append(Login(address, self.opens))
        self.lanes.add_task(self.logins[-1])
        return self.logins[-1]

    def keep_busy(self) -> None:
        """Somebody hashes with every thread there is."""
        busy = [self.log_in(f"192.0.2.{number}") for number in range(AT_A_TIME)]
        until(lambda: all(one.has_begun for one in busy))

    @property
    def held(self) -> int:
        """How many wait, those that are being hashed included."""
        return sum(not one.is_turned_away for one in self.logins)


@pytest.fixture
def door() -> Iterator[Door]:
    one = Door()
    one.keep_busy()
    yield one
    one.opens.set()
    until(lambda: all(login.has_ended for login in one.logins), "all are answered")
    one.lanes.shutdown()


def test_a_flood_of_an_address_is_turned_away_while_others_wait(door: Door) -> None:
    flood = [door.log_in("203.0.113.1") for _ in range(LOGINS_OF_A_CLIENT + 5)]
    late = flood[LOGINS_OF_A_CLIENT:]
    until(lambda: all(login.has_ended for login in late), "they are told so at once")
    assert all(login.is_turned_away for login in late)
    assert not any(login.has_begun for login in flood[:LOGINS_OF_A_CLIENT])


def test_ten_addresses_with_a_hundred_logins_each_hold_few_connections(door: Door) -> None:
    for number in range(1000):
        door.log_in(f"203.0.113.{number % 10}")
    assert door.held <= MOST + AT_A_TIME
    until(lambda: sum(login.has_ended for login in door.logins) == 1002 - door.held)


def test_of_a_login_it_is_known_that_it_has_waited(door: Door) -> None:
    assert door.log_in("198.51.100.8").request.has_waited


def test_a_newcomer_waits_his_turn_beside_them(door: Door) -> None:
    for number in range(1000):
        door.log_in(f"203.0.113.{number % 10}")
    assert not door.log_in("198.51.100.1").is_turned_away


def test_who_has_got_in_before_waits_his_turn_beside_any_crowd(door: Door) -> None:
    for number in range(100):
        door.log_in(f"203.0.113.{number}")
    assert door.log_in("198.51.100.1").is_turned_away
    assert not door.log_in(HOME).is_turned_away


def test_an_address_that_many_share_has_more_waiting(door: Door) -> None:
    for _ in range(LOGINS_OF_A_CLIENT * SHARED_FACTOR):
        door.log_in(PROXY)
    assert door.held == min(MOST, LOGINS_OF_A_CLIENT * SHARED_FACTOR) + AT_A_TIME


def test_a_network_of_ipv6_is_one_client(door: Door) -> None:
    flood = [door.log_in(f"2001:db8:1:{number}::1") for number in range(LOGINS_OF_A_CLIENT + 1)]
    assert [login.is_turned_away for login in flood] == [False] * LOGINS_OF_A_CLIENT + [True]


@pytest.mark.parametrize(
    ("path", "is_login"),
    [
        ("/stats/login", True),
        ("//stats/login", True),
        ("/login", True),
        ("/stats/stats/login", False),
        ("/statsx/login", False),
        ("/stats", False),
    ],
)
def test_logins_below_a_base_path_wait_in_their_lane(
    monkeypatch: pytest.MonkeyPatch, path: str, is_login: bool
) -> None:
    lanes = Lanes(1, base_path="/stats")
    waiting: list[object] = []
    monkeypatch.setattr(PasswordLane, "add_task", lambda _, task: waiting.append(task))
    monkeypatch.setattr(PatientLane, "add_task", lambda *_: None)
    login = Login(HOME, Event())
    login.request.path = path
    lanes.add_task(login)
    assert waiting == [login] * is_login
    lanes.shutdown()
