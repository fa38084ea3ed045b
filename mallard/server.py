"""Serves with waitress, and stops in order: accept no more, answer, flush, close."""

from __future__ import annotations

import signal
import socket
import time
from types import FrameType
from typing import Any

import structlog
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel

from mallard import __version__, app
from mallard.auth.noted_keys import NotedKeys
from mallard.config import Settings
from mallard.connections import close_silent
from mallard.control import ControlServer
from mallard.incoming import KNOWS_KEY, MAX_HEADER_BYTES, TAKES_LARGE
from mallard.lanes import CLONES, LOGINS_IN_ALL, Clients, Lanes, streams
from mallard.listener import Listener, make_room
from mallard.model import MallardError
from mallard.web.base_path import without
from mallard.wsgi import application

log = structlog.get_logger("mallard.server")

MAX_BODY_BYTES = 8 << 20
"""Where waitress cuts a request off; our own answer to a large body comes well below."""

SILENT_SECS = 30
"""A connection on which nothing comes or goes for so long is closed."""
MOST_CONNECTIONS = 1000
POLL_SECS = 1.0
LOOKS_EVERY_SECS = 1.0
"""So often silent connections are looked for."""


def serve(settings: Settings) -> int:
    """Serves until SIGTERM or SIGINT; the exit code: 0, or 1 when it could not begin."""
    # A terminal that closes must not end the start; afterwards the server says what it does.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    log.info("Starting Mallard", version=__version__, host=settings.host, port=settings.port)
    connections = make_room(MOST_CONNECTIONS)
    try:
        listener = _listen(settings.host, settings.port)
    except OSError as error:
        address = f"{settings.host}:{settings.port}"
        log.error("Cannot listen", addr=address, error=error.strerror or str(error))
        return 1
    try:
        mallard = _joined(app.build(settings))
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
    if connections < MOST_CONNECTIONS:
        log.warning("Few files may be open, so there can be few connections", most=connections)
    mallard.start()
    control = _control(mallard)
    Server(mallard, listener, control, connections).run()
    return 0


class Server:
    """waitress around one Mallard."""

    def __init__(
        self,
        mallard: app.Mallard,
        listener: socket.socket,
        control: ControlServer | None = None,
        connections: int = MOST_CONNECTIONS,
    ) -> None:
        self._mallard = mallard
        self._control = control
        self._timeout_secs = mallard.settings.shutdown_timeout_secs
        self._is_stopping = False
        self._was_hung_up = False
        self._sockets: dict[int, Any] = {}
        self._lanes = Lanes(
            mallard.settings.server_threads,
            Clients(self._client_of, mallard.access.lockout.is_known, mallard.proxies.trusts),
            streams(mallard.settings),
            most_logins=min(LOGINS_IN_ALL, connections // 4),
            base_path=mallard.settings.base_path,
        )
        self._looks_at = 0.0
        self._waitress = Listener(
            application(mallard),
            self._sockets,
            listener,
            self._lanes,
            _adjustments(mallard, listener, connections),
            mallard.proxies,
        )
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
        told = {f"HTTP_{name}": text for name, text in headers.items()}
        return self._mallard.proxies.client_of(told | {"REMOTE_ADDR": channel.addr[0]})

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
        wait_secs = min(timeout_secs, self._waitress.pauses_secs or timeout_secs)
        if self._lanes.has_events:
            wait_secs = 0
        wasyncore.loop(wait_secs, use_poll=True, map=self._sockets, count=1)
        self._lanes.serve_events()
        now = time.monotonic()
        if now >= self._looks_at:
            self._looks_at = now + LOOKS_EVERY_SECS
            close_silent(self._waitress.channels, now - SILENT_SECS)

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
        for channel in self._waitress.channels:
            if channel.is_idle and not channel.total_outbufs_len:
                channel.handle_close()
        return bool(self._waitress.active_channels)


def _adjustments(mallard: app.Mallard, listener: socket.socket, connections: int) -> Adjustments:
    """What waitress is to do otherwise than by itself; how long and how much is ours to watch."""
    adj = Adjustments(
        sockets=[listener],
        clear_untrusted_proxy_headers=False,
        connection_limit=connections,
        max_request_header_size=MAX_HEADER_BYTES,
        max_request_body_size=MAX_BODY_BYTES,
        channel_timeout=SILENT_SECS,
        ident=None,
    )
    keys = mallard.access.keys
    setattr(adj, KNOWS_KEY, lambda key: key is not None and keys.find(key) is not None)
    has_clones, base_path = CLONES in streams(mallard.settings), mallard.settings.base_path
    setattr(
        adj,
        TAKES_LARGE,
        lambda path: has_clones and without(base_path, path).startswith(CLONES),
    )
    return adj


def _joined(mallard: app.Mallard) -> app.Mallard:
    """It, as one of several servers where there are. Raises MallardError, and it is closed then."""
    try:
        mallard.join()
    except BaseException:
        mallard.stop(mallard.settings.shutdown_timeout_secs)
        raise
    return mallard


def _control(mallard: app.Mallard) -> ControlServer | None:
    """The socket for commands; where the file system has none, Mallard serves without it."""
    try:
        keys = NotedKeys(mallard.access.keys, mallard.access.audit)
        return ControlServer(mallard.directory.path, mallard.transfer, keys)
    except OSError as error:
        log.warning("Commands cannot reach this server", error=str(error))
        return None


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises OSError."""
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    return socket.create_server((host, port), family=family, backlog=1024)
