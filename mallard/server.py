"""Serves with waitress, and stops in order: accept no more, answer, flush, close."""

from __future__ import annotations

import signal
import socket
import time
from types import FrameType
from typing import Any, cast

import structlog
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer, create_server

from mallard import __version__, app
from mallard.config import Settings
from mallard.connections import KNOWS_KEY, Channel, close_stalled, make_room
from mallard.control import ControlServer
from mallard.lanes import Lanes, streams
from mallard.model import MallardError
from mallard.wsgi import application

log = structlog.get_logger("mallard.server")

MAX_BODY_BYTES = 8 << 20
"""Where waitress cuts a request off; our own answer to a large body comes well below."""

CHANNEL_TIMEOUT_SECS = 30
CONNECTION_LIMIT = 1000
POLL_SECS = 1.0


def serve(settings: Settings) -> int:
    """Serves until SIGTERM or SIGINT; the exit code: 0, or 1 when it could not begin."""
    # A terminal that closes must not end the start; afterwards the server says what it does.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    log.info("Starting Mallard", version=__version__, host=settings.host, port=settings.port)
    make_room(CONNECTION_LIMIT)
    try:
        listener = _listen(settings.host, settings.port)
    except OSError as error:
        address = f"{settings.host}:{settings.port}"
        log.error("Cannot listen", addr=address, error=error.strerror or str(error))
        return 1
    try:
        mallard = app.build(settings)
    except MallardError as error:
        listener.close()
        log.error(str(error))
        return 1
    if mallard.access.is_open:
        log.warning(
            "No password is set: whoever reaches this address sees everything; under a host's name"
            " /setup asks for this token",
            setup_token=mallard.access.setup_token,
        )
    mallard.start()
    control = _control(mallard)
    Server(mallard, listener, control).run()
    return 0


class Server:
    """waitress around one Mallard."""

    def __init__(
        self, mallard: app.Mallard, listener: socket.socket, control: ControlServer | None = None
    ) -> None:
        self._mallard = mallard
        self._control = control
        self._timeout_secs = mallard.settings.shutdown_timeout_secs
        self._is_stopping = False
        self._was_hung_up = False
        self._sockets: dict[int, Any] = {}
        self._lanes = Lanes(
            mallard.settings.server_threads,
            self._client_of,
            mallard.access.lockout.is_known,
            streams(mallard.settings),
        )
        server = create_server(
            application(mallard),
            map=self._sockets,
            _dispatcher=self._lanes,
            sockets=[listener],
            clear_untrusted_proxy_headers=False,
            connection_limit=CONNECTION_LIMIT,
            asyncore_use_poll=True,
            channel_timeout=CHANNEL_TIMEOUT_SECS,
            max_request_body_size=MAX_BODY_BYTES,
            ident=None,
        )
        if not isinstance(server, TcpWSGIServer):
            raise TypeError("one listening socket makes one server")
        server.channel_class = Channel
        keys = mallard.access.keys
        setattr(server.adj, KNOWS_KEY, lambda key: key is not None and keys.find(key) is not None)
        self._waitress = server
        self._listener = listener

    def run(self) -> None:
        """Serves until a signal asks to stop, then stops in order."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_stop)
        signal.signal(signal.SIGHUP, self._note_hangup)
        host, port = self._listener.getsockname()[:2]
        log.info("Listening", addr=f"{host}:{port}")
        while not self._is_stopping:
            self._poll(POLL_SECS)
            self._say_what_a_hangup_does()
        self._stop()

    def _client_of(self, channel: HTTPChannel) -> str:
        """The address of whoever sends the channel's next request, as the application sees it."""
        headers = channel.requests[0].headers
        return self._mallard.proxies.client_address(
            channel.addr[0], headers.get("X_FORWARDED_FOR"), headers.get("X_REAL_IP")
        )

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._is_stopping = True
        self._waitress.pull_trigger()

    def _note_hangup(self, _number: int, _frame: FrameType | None) -> None:
        self._was_hung_up = True
        self._waitress.pull_trigger()

    def _say_what_a_hangup_does(self) -> None:
        """Not in the signal's handler: it may have interrupted just another line of the log."""
        if self._was_hung_up:
            self._was_hung_up = False
            log.info(
                "Went on after SIGHUP: settings are read at a start alone; the location database"
                " is read anew by itself when it changes"
            )

    def _poll(self, timeout_secs: float) -> None:
        """Reads and writes what the sockets are ready for, and serves the events among it."""
        wait_secs = 0 if self._lanes.has_events else timeout_secs
        wasyncore.loop(wait_secs, use_poll=True, map=self._sockets, count=1)
        self._lanes.serve_events()
        close_stalled(self._channels(), time.time() - CHANNEL_TIMEOUT_SECS)

    def _stop(self) -> None:
        log.info("Stopping")
        deadline = time.monotonic() + self._timeout_secs
        self._waitress.del_channel()
        self._listener.close()
        if self._control:
            self._control.stop()
        while self._has_requests_under_way() and time.monotonic() < deadline:
            self._poll(0.05)
        self._lanes.shutdown(timeout=max(0, int(deadline - time.monotonic())))
        if self._mallard.stop(max(1.0, deadline - time.monotonic())):
            log.info("Stopped")
        else:
            log.warning("The last flush took too long; the journal keeps its events")

    def _has_requests_under_way(self) -> bool:
        """Closes idle connections; whether others remain."""
        for channel in self._channels():
            if not channel.requests and not channel.total_outbufs_len:
                channel.handle_close()
        return bool(self._waitress.active_channels)

    def _channels(self) -> list[HTTPChannel]:
        # The stubs take the channels for a channel.
        return list(cast(dict[int, HTTPChannel], self._waitress.active_channels).values())


def _control(mallard: app.Mallard) -> ControlServer | None:
    """The socket for commands; where the file system has none, Mallard serves without it."""
    try:
        return ControlServer(mallard.directory.path, mallard.transfer, mallard.access.keys)
    except OSError as error:
        log.warning("Commands cannot reach this server", error=str(error))
        return None


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises OSError."""
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    return socket.create_server((host, port), family=family, backlog=1024)
