"""How many connections there may be, by how many files the system lets a process open."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator

import pytest

from mallard.listener import FILES_BESIDE, make_room


@pytest.fixture
def set_limit() -> Iterator[Callable[[int], None]]:
    """Changes how many files this process may open, until the test ends."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield lambda limit: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_connections_leave_room_for_files(set_limit: Callable[[int], None]) -> None:
    set_limit(1024)
    connections = make_room(1000)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert soft == 1000 + FILES_BESIDE or soft == hard
    assert connections == 1000 or connections <= soft // 2


@pytest.mark.parametrize(
    ("hard", "connections"), [(64, 32), (1024, 512), (1500, 750), (2000, 1000), (4096, 1000)]
)
def test_there_are_as_many_connections_as_files_allow(
    monkeypatch: pytest.MonkeyPatch, hard: int, connections: int
) -> None:
    limits = [(64, hard)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits[0])
    monkeypatch.setattr(resource, "setrlimit", lambda _, given: limits.append(given))
    assert make_room(1000) == connections
    assert limits[-1][1] == hard


def test_a_higher_limit_stays(set_limit: Callable[[int], None]) -> None:
    set_limit(1600)
    make_room(500)
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 1600
