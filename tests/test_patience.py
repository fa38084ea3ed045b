"""Streams are sent as their clients take them: in order, whole, and no longer than they wait."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from waitress.adjustments import Adjustments
from waitress.channel import ClientDisconnected

from mallard.connections import SENT_IN_A_TURN, Channel
from mallard.patience import send_all
from tests.waiting import PATIENCE_SECS

PIECE = bytes(range(256)) * 16384


@pytest.fixture
def ends() -> Iterator[tuple[Channel, socket.socket]]:
    """A channel and its client."""
    ours, theirs = socket.socketpair()
    server = SimpleNamespace(add_task=[].append, active_channels={}, pull_trigger=lambda: None)
    with ours, theirs:
        channel = Channel(server, ours, ("", 0), Adjustments(channel_timeout=0), {})
        yield channel, theirs
        for buffer in channel.outbufs:
            buffer.close()


class Taker:
    """A client that takes so many bytes, in a thread of its own."""

    def __init__(self, client: socket.socket, size: int) -> None:
        self._client = client
        self._size = size
        self._found = bytearray()
        self._thread = threading.Thread(target=self._take)
        self._thread.start()

    def all(self) -> bytes:
        """Everything, once it is there."""
        self._thread.join(PATIENCE_SECS)
        return bytes(self._found)

    def _take(self) -> None:
        while len(self._found) < self._size and (piece := self._client.recv(1 << 16)):
            self._found += piece


def test_a_piece_is_sent_whole_behind_what_waits_already(ends):
    channel, client = ends
    channel.adj.channel_timeout = 30
    channel.write_soon(b"before")
    taker = Taker(client, len(PIECE) + 6)
    send_all(channel, PIECE)
    assert taker.all() == b"before" + PIECE
    assert channel.total_outbufs_len == 0


def test_a_client_that_takes_nothing_is_given_up(ends):
    channel, _ = ends
    with pytest.raises(ClientDisconnected):
        send_all(channel, PIECE)
    assert channel.will_close


def test_a_client_that_has_gone_is_given_up(ends):
    channel, client = ends
    channel.adj.channel_timeout = 30
    client.close()
    with pytest.raises(ClientDisconnected):
        send_all(channel, PIECE)


def test_a_connection_that_is_closed_is_given_up(ends):
    channel, _ = ends
    channel.connected = False
    with pytest.raises(ClientDisconnected):
        send_all(channel, PIECE)


def test_nobody_is_sent_more_than_a_turns_worth_at_once(ends):
    channel, client = ends
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * SENT_IN_A_TURN)
    channel.outbufs[-1].append(PIECE)
    channel.total_outbufs_len = len(PIECE)
    taker = Taker(client, len(PIECE))
    turns = 0
    while channel.total_outbufs_len:
        before = channel.total_outbufs_len
        channel.handle_write()
        assert before - channel.total_outbufs_len <= SENT_IN_A_TURN
        turns += 1
    assert turns >= len(PIECE) // SENT_IN_A_TURN
    assert taker.all() == PIECE
