"""Lockout: a client may guess a few times, one after the other or all at once."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest

from mallard.auth.lockout import MOST_KNOWN, LockedOut, Lockout, WrongPassword, client_name
from tests.conftest import Clock
from tests.waiting import PATIENCE_SECS

HERE = "198.51.100.7"


@pytest.fixture
def lockout(clock: Clock) -> Lockout:
    return Lockout(3, 300, clock, most_clients=4)


def fail(lockout: Lockout, address: str = HERE, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(WrongPassword), lockout.attempt(address):
            raise WrongPassword


def succeed(lockout: Lockout, address: str = HERE) -> None:
    with lockout.attempt(address):
        pass


def seconds_to_wait(lockout: Lockout, address: str = HERE) -> int:
    with pytest.raises(LockedOut) as refused, lockout.attempt(address):
        pass
    return refused.value.retry_after_secs


def test_so_many_failures_in_a_row_lock_a_client_out(lockout: Lockout):
    fail(lockout, times=3)
    assert seconds_to_wait(lockout) == 300


def test_the_wait_is_told_in_whole_seconds_and_ends(lockout: Lockout, clock: Clock):
    fail(lockout, times=3)
    clock.move(seconds=299.5)
    assert seconds_to_wait(lockout) == 1
    clock.move(seconds=0.5)
    succeed(lockout)


def test_after_a_lockout_one_may_fail_as_often_again(lockout: Lockout, clock: Clock):
    fail(lockout, times=3)
    clock.move(seconds=300)
    fail(lockout, times=3)
    assert seconds_to_wait(lockout) == 300


def test_a_success_clears_the_count(lockout: Lockout):
    for _ in range(3):
        fail(lockout, times=2)
        succeed(lockout)
    assert len(lockout) == 0


def test_another_client_is_not_locked_out(lockout: Lockout):
    fail(lockout, times=3)
    succeed(lockout, "198.51.100.8")


def test_an_ipv6_client_counts_as_one_whichever_of_its_addresses_it_uses(lockout: Lockout):
    for last in ("1", "2", "ffff:1:2"):
        fail(lockout, f"2001:db8:1:2::{last}")
    assert seconds_to_wait(lockout, "2001:db8:1:2:9::") == 300
    succeed(lockout, "2001:db8:1:3::1")


def test_a_client_without_an_address_counts_too(lockout: Lockout):
    fail(lockout, "", times=3)
    assert seconds_to_wait(lockout, "") == 300
    assert client_name("unix:") == "unix:"


def test_an_attempt_that_breaks_off_is_no_failure(lockout: Lockout):
    for _ in range(5):
        with pytest.raises(OSError, match="disk"), lockout.attempt(HERE):
            raise OSError("disk")
    succeed(lockout)


def test_the_client_that_was_quiet_longest_makes_room(lockout: Lockout):
    fail(lockout, times=3)
    for last in range(4):
        fail(lockout, f"203.0.113.{last}")
    assert len(lockout) == 4
    succeed(lockout)


def test_who_keeps_quiet_for_the_time_of_a_lockout_is_forgotten(lockout: Lockout, clock: Clock):
    fail(lockout, times=2)
    clock.move(seconds=299)
    fail(lockout, "203.0.113.2")
    assert len(lockout) == 2
    clock.move(seconds=1)
    succeed(lockout, "203.0.113.3")
    assert len(lockout) == 1
    fail(lockout, times=2)
    succeed(lockout)


def test_no_attempts_allowed_means_no_limit(clock: Clock):
    lockout = Lockout(0, 300, clock)
    fail(lockout, times=20)
    succeed(lockout)
    assert lockout.failures == 20


def test_guessing_all_at_once_wins_nothing(lockout: Lockout):
    tried, refused, lock = 0, 0, threading.Lock()

    def guess() -> None:
        nonlocal tried, refused
        try:
            with lockout.attempt(HERE):
                with lock:
                    tried += 1
                raise WrongPassword
        except WrongPassword:
            pass
        except LockedOut:
            with lock:
                refused += 1

    threads = [threading.Thread(target=guess) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECS)
    assert (tried, refused) == (3, 13)


def test_many_right_logins_at_once_all_get_in(lockout: Lockout):
    threads = [threading.Thread(target=succeed, args=(lockout,)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECS)
    assert len(lockout) == 0


def an_ipv6_address(network: int, neighbour: int = 0) -> str:
    return f"2001:db8:{neighbour:x}:{network:x}::1"


def test_the_network_around_an_ipv6_client_counts_as_well(clock: Clock):
    lockout = Lockout(3, 300, clock)
    for number in range(12):
        fail(lockout, an_ipv6_address(number))
    assert seconds_to_wait(lockout, an_ipv6_address(99)) == 300
    succeed(lockout, an_ipv6_address(99, neighbour=1))
    clock.move(seconds=300)
    succeed(lockout, an_ipv6_address(99))


def test_who_has_got_in_is_not_locked_out_by_neighbours(clock: Clock):
    lockout = Lockout(3, 300, clock)
    succeed(lockout, an_ipv6_address(1))
    for number in range(2, 14):
        fail(lockout, an_ipv6_address(number))
    succeed(lockout, an_ipv6_address(1))
    fail(lockout, an_ipv6_address(1), times=3)
    assert seconds_to_wait(lockout, an_ipv6_address(1)) == 300


def test_guessing_from_a_whole_network_at_once_wins_nothing(clock: Clock):
    lockout = Lockout(1, 300, clock)
    outcomes: list[bool] = []

    def guess(number: int) -> None:
        try:
            with lockout.attempt(an_ipv6_address(number)):
                raise WrongPassword
        except WrongPassword:
            outcomes.append(True)
        except LockedOut:
            outcomes.append(False)

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECS)
    assert (outcomes.count(True), outcomes.count(False)) == (4, 12)


def test_an_address_that_many_share_has_more_tries_and_not_endless_ones(clock: Clock):
    lockout = Lockout(3, 300, clock, is_shared=lambda address: address == HERE)
    fail(lockout, times=29)
    succeed(lockout)
    fail(lockout, times=30)
    assert seconds_to_wait(lockout) == 300


def test_who_has_got_in_is_known_until_many_others_have(clock: Clock):
    lockout = Lockout(3, 300, clock)
    assert not lockout.is_known(HERE)
    fail(lockout)
    assert not lockout.is_known(HERE)
    succeed(lockout)
    assert lockout.is_known(HERE)
    for number in range(MOST_KNOWN):
        succeed(lockout, f"10.0.{number // 250}.{number % 250}")
    assert not lockout.is_known(HERE)


def test_whoever_gets_into_an_account_of_his_own_guesses_no_faster_at_another(clock: Clock):
    lockout = Lockout(3, 300, clock)
    for _ in range(3):
        with suppress(WrongPassword), lockout.attempt(HERE, "hers"):
            raise WrongPassword
        with lockout.attempt(HERE, "his"):
            pass
    with pytest.raises(LockedOut), lockout.attempt(HERE, "hers"):
        pass
    with lockout.attempt(HERE, "his"):
        pass
    assert lockout.is_known(HERE, "his") and not lockout.is_known(HERE, "hers")
    clock.move(seconds=300)
    with lockout.attempt(HERE, "hers"):
        pass
