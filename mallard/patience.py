"""Sends an answer piece by piece as its client takes it, with nothing in between.

What waitress is handed it keeps until the client takes it, on the disk if there is much. A thread
that passes a stream on has nothing else to do, so it waits for the client itself.
"""

from __future__ import annotations

import select
import time
from typing import Any

from waitress.channel import ClientDisconnected

STREAMS = "mallard.streams"
"""Set in the environment of a request whose answer is a stream from elsewhere."""

GONE = select.POLLERR | select.POLLHUP | select.POLLNVAL


def send_all(channel: Any, data: bytes) -> None:
    """Sends a piece, behind what waits already; returns when the system has taken all of it.

    Raises ClientDisconnected, also when the client takes nothing for as long as it may be silent.
    """
    unsent = memoryview(data)
    while True:
        if not channel.connected:
            raise ClientDisconnected
        try:
            unsent = unsent[_send_some(channel, unsent) :]
            if not len(unsent) and not channel.total_outbufs_len:
                return
            _await_room(channel)
        except (OSError, ValueError):  # a ValueError is of a socket that is closed already
            channel.will_close = True
            raise ClientDisconnected from None


def _send_some(channel: Any, unsent: memoryview) -> int:
    """How much of it there was room for, once nothing waits before it."""
    with channel.outbuf_lock:
        if channel.total_outbufs_len:
            channel._flush_some(do_close=False)
        if channel.total_outbufs_len or not len(unsent):
            return 0
        try:
            sent = int(channel.socket.send(unsent))
        except BlockingIOError:
            return 0
    channel.last_activity = time.monotonic()
    return sent


def _await_room(channel: Any) -> None:
    """Returns when the client has taken something. Raises OSError when it does not."""
    room = select.poll()
    room.register(channel.socket, select.POLLOUT)
    events = room.poll(1000 * channel.adj.channel_timeout)
    if not events or events[0][1] & GONE:
        raise TimeoutError
