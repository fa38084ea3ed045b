"""How many connections there may be, of one client and in all, and which one makes room."""

from __future__ import annotations

import errno
import select
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from waitress.adjustments import Adjustments

from mallard.connections import Channel
from mallard.incoming import Request
from mallard.ingest.addresses import TrustedProxies
from mallard.lanes import Lanes
from mallard.listener import (
    LOOKS_EVERY_SECS,
    MOST_OF_A_CLIENT,
    PAUSE_SECS,
    Listener,
)

ME = "127.0.0.1"


class Door:
    """A listener, its clients, and how a connection of theirs comes in."""

    def __init__(
        self, stack: ExitStack, most: int, trusted: str, of: type[Listener] = Listener
    ) -> None:
        self._stack = stack
        listening = stack.enter_context(socket.create_server((ME, 0), backlog=512))
        self._listening = listening
        self._port = listening.getsockname()[1]
        lanes = Lanes(1)
        stack.callback(lanes.shutdown)
        sockets: dict[int, Any] = {}
        adj = Adjustments(sockets=[listening], connection_limit=most)
        proxies = TrustedProxies([trusted])
        self.listener: Any = of(lambda *_: [], sockets, listening, lanes, adj, proxies)
        stack.callback(self._close, sockets)

    def knock(self) -> socket.socket:
        """A client connects, and the listener hears it."""
        client = self._stack.enter_context(socket.create_connection((ME, self._port)))
        select.select([self._listening], [], [])
        if self.listener.readable():
            self.listener.handle_accept()
        return client

    def is_open(self, client: socket.socket) -> bool:
        """Whether the listener has not closed it."""
        ports = [channel.addr[1] for channel in self.listener.channels]
        return client.getsockname()[1] in ports

    def serve(self, client: socket.socket) -> None:
        """A request of the client is being served from now on."""
        for channel in self.listener.channels:
            if channel.addr[1] == client.getsockname()[1]:
                channel.requests = [Request(channel.adj)]

    def _close(self, sockets: dict[int, Any]) -> None:
        for one in list(sockets.values()):
            one.close()
        self.listener.trigger.close()


@pytest.fixture
def door() -> Iterator[Callable[..., Door]]:
    with ExitStack() as stack:
        yield lambda most, trusted="192.0.2.1", of=Listener: Door(stack, most, trusted, of)


def test_for_a_new_connection_the_oldest_idle_one_goes(door: Callable[..., Door]) -> None:
    here = door(3, trusted=ME)
    clients = [here.knock() for _ in range(5)]
    assert [here.is_open(client) for client in clients] == [False, False, True, True, True]


def test_the_client_that_is_served_keeps_its_connection(door: Callable[..., Door]) -> None:
    here = door(2, trusted=ME)
    served = here.knock()
    here.serve(served)
    others = [here.knock() for _ in range(2)]
    assert here.is_open(served)
    assert [here.is_open(other) for other in others] == [False, True]


def test_who_has_just_sent_something_keeps_the_connection(door: Callable[..., Door]) -> None:
    here = door(2, trusted=ME)
    sender, idle = here.knock(), here.knock()
    sender.sendall(b"GET /health HTTP/1.1\r\n")
    oldest = here.listener.channels[0].socket
    assert oldest is not None
    select.select([oldest], [], [])
    here.knock()
    assert (here.is_open(sender), here.is_open(idle)) == (True, False)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that the listener sees, which stands still."""
    time = [100.0]
    monkeypatch.setattr("mallard.listener.time.monotonic", lambda: time[0])
    return time


def test_where_all_are_served_who_knocks_waits(door: Callable[..., Door], now: list[float]) -> None:
    here = door(2, trusted=ME)
    clients = [here.knock() for _ in range(2)]
    for client in clients:
        here.serve(client)
    waiting = here.knock()
    assert not here.listener.readable()
    here.listener.channels[0].handle_close()
    assert here.listener.readable()
    here.listener.handle_accept()
    assert here.is_open(waiting)


class Counted(Listener):
    """A listener that counts how often it looks through its connections."""

    looks = 0

    @property
    def channels(self) -> list[Channel]:
        self.looks += 1
        return super().channels


def test_nobody_is_looked_for_as_long_as_nobody_knocks(
    door: Callable[..., Door], now: list[float]
) -> None:
    here = door(2, trusted=ME, of=Counted)
    for _ in range(2):
        here.knock()
    before = here.listener.looks
    assert all(here.listener.readable() for _ in range(100))
    assert here.listener.looks == before


def test_while_nobody_can_go_it_is_looked_now_and_then_alone(
    door: Callable[..., Door], now: list[float]
) -> None:
    here = door(2, trusted=ME, of=Counted)
    for client in [here.knock() for _ in range(2)]:
        here.serve(client)
    here.knock()
    before = here.listener.looks
    for _ in range(100):
        if here.listener.readable():
            here.listener.handle_accept()
    assert here.listener.looks == before
    assert 0 < here.listener.pauses_secs <= LOOKS_EVERY_SECS
    now[0] += LOOKS_EVERY_SECS
    assert here.listener.readable()


def test_who_has_been_answered_most_often_leaves_for_who_knocks(
    door: Callable[..., Door], now: list[float]
) -> None:
    here = door(3, trusted=ME)
    for client in [here.knock() for _ in range(3)]:
        here.serve(client)
    first, often, proxy = here.listener.channels
    first.client = often.client = "203.0.113.9"
    first.answered, often.answered, proxy.answered = 1, 7, 9
    waiting = here.knock()
    assert [one.is_leaving for one in (first, often, proxy)] == [False, True, False]
    often.handle_close()
    assert here.listener.readable()
    here.listener.handle_accept()
    assert here.is_open(waiting)


def test_each_time_one_more_leaves_and_nobody_who_has_had_no_answer(
    door: Callable[..., Door], now: list[float]
) -> None:
    here = door(3, trusted=ME)
    for client in [here.knock() for _ in range(3)]:
        here.serve(client)
    for number, channel in enumerate(here.listener.channels):
        channel.answered = number
    here.knock()
    for _ in range(3):
        now[0] += LOOKS_EVERY_SECS
        here.listener.handle_accept()
    assert [one.is_leaving for one in here.listener.channels] == [False, True, True]


def test_a_client_has_so_many_connections_and_its_oldest_idle_one_goes(
    door: Callable[..., Door],
) -> None:
    here = door(1000)
    clients = [here.knock() for _ in range(MOST_OF_A_CLIENT + 2)]
    assert [here.is_open(client) for client in clients] == [False] * 2 + [True] * MOST_OF_A_CLIENT


def test_a_client_whose_connections_are_all_served_gets_no_more(door: Callable[..., Door]) -> None:
    here = door(8)
    clients = [here.knock() for _ in range(4)]
    for client in clients:
        here.serve(client)
    refused = here.knock()
    assert refused.recv(1) == b""
    assert all(here.is_open(client) for client in clients)


def test_a_proxy_of_ours_has_as_many_as_there_are(door: Callable[..., Door]) -> None:
    here = door(2 * MOST_OF_A_CLIENT, trusted=ME)
    clients = [here.knock() for _ in range(2 * MOST_OF_A_CLIENT)]
    assert all(here.is_open(client) for client in clients)


def test_strangers_make_room_before_proxies_do(door: Callable[..., Door]) -> None:
    here = door(3, trusted=ME)
    proxy, stranger = here.knock(), here.knock()
    here.listener.channels[1].client = "203.0.113.9"
    here.knock()
    here.knock()
    assert (here.is_open(proxy), here.is_open(stranger)) == (True, False)


class Exhausted:
    """A listening socket of a process that may open no more files."""

    def accept(self) -> None:
        raise OSError(errno.EMFILE, "Too many open files")


def test_without_a_file_for_it_a_connection_closes_an_idle_one(
    door: Callable[..., Door], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = door(8, trusted=ME)
    client = here.knock()
    with monkeypatch.context() as patched:
        patched.setattr(here.listener, "socket", Exhausted())
        here.listener.handle_accept()
    assert not here.is_open(client)
    assert here.listener.readable()


def test_without_files_and_idle_connections_nothing_is_accepted_for_a_while(
    door: Callable[..., Door], monkeypatch: pytest.MonkeyPatch, now: list[float]
) -> None:
    here = door(8)
    with monkeypatch.context() as patched:
        patched.setattr(here.listener, "socket", Exhausted())
        here.listener.handle_accept()
    assert not here.listener.readable()
    now[0] += PAUSE_SECS
    assert here.listener.readable()


def test_however_many_are_closed_the_log_gets_a_line_a_minute(
    door: Callable[..., Door], capfd: pytest.CaptureFixture[str]
) -> None:
    here = door(2, trusted=ME)
    for _ in range(50):
        here.knock()
    written = "".join(capfd.readouterr())
    assert written.count("There are more connections than may be") == 1
    assert ME not in written
