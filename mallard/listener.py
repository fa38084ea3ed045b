"""Accepts connections: so many of a client, so many in all; the oldest idle one makes room."""

from __future__ import annotations

import errno
import resource
import socket
import time
from typing import TYPE_CHECKING, Any, cast

import structlog
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer

from mallard.auth.lockout import client_name
from mallard.connections import Channel
from mallard.ingest.addresses import TrustedProxies
from mallard.lanes import Lanes

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = structlog.get_logger("mallard.listener")

FILES_BESIDE = 1024
"""So many files may be open beside the connections; where that is too much, half of what may be."""

MOST_OF_A_CLIENT = 100
"""Connections of one address, or of one network of IPv6; never more than half of all."""

PAUSE_SECS = 1.0
"""So long nothing is accepted when that failed and nothing could be closed for it."""
TELLS_EVERY_SECS = 60.0

LOOKS_EVERY_SECS = 0.05
"""So often at most it is looked who could make room, where nobody can."""

OUT_OF_FILES = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))


def make_room(connections: int) -> int:
    """Lets this process have so many connections and its files besides, if the system allows it.

    How many connections there may be, so that idle ones cannot keep reports from their files.
    """
    wanted = connections + FILES_BESIDE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft == resource.RLIM_INFINITY:
        return connections
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    files = max(soft, wanted)
    return min(connections, max(files - FILES_BESIDE, files // 2))


class Listener(TcpWSGIServer):
    """The listening socket. Clients in `proxies` may have as many connections as there are."""

    def __init__(
        self,
        application: WSGIApplication,
        sockets: dict[int, Any],
        listening: socket.socket,
        lanes: Lanes,
        adj: Adjustments,
        proxies: TrustedProxies,
    ) -> None:
        address = listening.getsockname()
        super().__init__(
            application,
            sockets,
            _sock=listening,
            dispatcher=lanes,
            adj=adj,
            sockinfo=(listening.family, listening.type, listening.proto, address),
            bind_socket=False,
        )
        self._sockets = sockets
        self._proxies = proxies
        self._most = adj.connection_limit
        self._most_of_a_client = max(1, min(MOST_OF_A_CLIENT, self._most // 2))
        self._pauses_until = 0.0
        self._looks_at = 0.0
        self._tells_at = 0.0
        self._closed = self._refused = 0

    @property
    def channels(self) -> list[Channel]:
        """The open connections."""
        # The stubs take the channels for a channel.
        return list(cast(dict[int, Channel], self.active_channels).values())

    def readable(self) -> bool:
        """Whether a connection could be accepted: else who knocks waits in the system's queue.

        That is asked in each turn of the server's loop, so nobody is looked for here.
        """
        return self.accepting and not self.pauses_secs

    @property
    def pauses_secs(self) -> float:
        """For so long nothing is accepted."""
        until = max(self._pauses_until, self._looks_at if self._is_full else 0.0)
        return max(0.0, until - time.monotonic()) if until else 0.0

    def handle_accept(self) -> None:
        """Accepts a connection if there is room for one more of its client."""
        if self._is_full and self._oldest_idle(self.channels) is None:
            self._ask_one_to_leave()
            self._looks_at = time.monotonic() + LOOKS_EVERY_SECS
            return
        accepted = self._accepted()
        if accepted is None:
            return
        connection, address = accepted
        hop = self._proxies.hop(address[0])
        client = None if hop and hop.trusted else client_name(hop.address if hop else address[0])
        if not self._has_room_for(client):
            self._refused += 1
            self._tell()
            connection.close()
            return
        self.set_socket_options(connection)
        Channel(self, connection, address, self.adj, self._sockets).client = client

    @property
    def _is_full(self) -> bool:
        return len(cast(dict[int, Channel], self.active_channels)) >= self._most

    def _accepted(self) -> tuple[socket.socket, Any] | None:
        """Without a file for it the oldest idle connection goes, and the next try may succeed."""
        try:
            return self.accept()
        except OSError as error:
            if error.errno in OUT_OF_FILES and not self._close_oldest_idle(self.channels):
                self._pauses_until = time.monotonic() + PAUSE_SECS
            self._tell(error.strerror)
            return None

    def _has_room_for(self, client: str | None) -> bool:
        """Whether it may have one more connection; makes room for that."""
        if client is not None:
            its_own = [channel for channel in self.channels if channel.client == client]
            if len(its_own) >= self._most_of_a_client and not self._close_oldest_idle(its_own):
                return False
        return not self._is_full or self._close_oldest_idle(self.channels)

    def _close_oldest_idle(self, channels: list[Channel]) -> bool:
        oldest = self._oldest_idle(channels)
        if oldest is None:
            return False
        oldest.handle_close()
        self._closed += 1
        self._tell()
        return True

    def _oldest_idle(self, channels: list[Channel]) -> Channel | None:
        """The one that has been idle for longest; those of our proxies come last."""
        idle = [channel for channel in channels if channel.is_idle]
        idle.sort(key=lambda channel: (channel.client is None, channel.last_activity))
        return next((channel for channel in idle if not channel.has_sent_more), None)

    def _ask_one_to_leave(self) -> None:
        """Whoever has been answered most often goes after the next answer; of our proxies last.

        Else clients that always have asked for more could keep their places for ever.
        """
        staying = [one for one in self.channels if one.answered and not one.is_leaving]
        if staying:
            most = max(staying, key=lambda channel: (channel.client is not None, channel.answered))
            most.is_leaving = True

    def _tell(self, error: str | None = None) -> None:
        """Says what was closed, in one line a minute however much it is."""
        now = time.monotonic()
        if now < self._tells_at:
            return
        self._tells_at = now + TELLS_EVERY_SECS
        log.warning(
            "There are more connections than may be",
            closed=self._closed,
            refused=self._refused,
            **({"error": error} if error else {}),
        )
