"""Sessions: they end, they are few, and their tokens are nowhere."""

from __future__ import annotations

import pytest

from mallard.auth.sessions import Sessions
from tests.conftest import Clock


@pytest.fixture
def sessions(clock: Clock) -> Sessions:
    return Sessions(60, clock.timer, most=3)


def test_a_token_of_256_random_bits_opens_its_session(sessions: Sessions):
    first, second = sessions.open(), sessions.open()
    assert first != second
    assert len(bytes.fromhex(first)) == 32
    assert sessions.is_open(first) and sessions.is_open(second)


@pytest.mark.parametrize("token", ["", "x", "0" * 64, "\ud800"])
def test_another_token_opens_none(sessions: Sessions, token: str):
    sessions.open()
    assert not sessions.is_open(token)


def test_a_session_ends_with_its_time(sessions: Sessions, clock: Clock):
    token = sessions.open()
    clock.move(seconds=59)
    assert sessions.is_open(token)
    clock.move(seconds=1)
    assert not sessions.is_open(token)


def test_a_closed_session_stays_closed(sessions: Sessions):
    token = sessions.open()
    sessions.close(token)
    sessions.close(token)
    assert not sessions.is_open(token)


def test_all_but_one_can_be_closed(sessions: Sessions):
    mine, other = sessions.open(), sessions.open()
    sessions.close_others(mine)
    assert (sessions.is_open(mine), sessions.is_open(other)) == (True, False)
    sessions.close_others(None)
    assert len(sessions) == 0


def test_the_oldest_makes_room_when_there_are_many(sessions: Sessions):
    tokens = [sessions.open() for _ in range(4)]
    assert [sessions.is_open(token) for token in tokens] == [False, True, True, True]
    assert len(sessions) == 3


def test_those_that_have_ended_make_room_first(sessions: Sessions, clock: Clock):
    for _ in range(2):
        sessions.open()
    clock.move(seconds=30)
    kept = sessions.open()
    clock.move(seconds=30)
    sessions.open()
    assert len(sessions) == 2
    assert sessions.is_open(kept)


def test_the_token_itself_is_not_kept(sessions: Sessions):
    assert sessions.open() not in repr(vars(sessions))
