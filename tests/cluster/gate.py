"""A way to a server, on loopback, that can be shut, as if the server had gone."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress


class Gate:
    """Hands on all that comes while it is open."""

    def __init__(self, port: int) -> None:
        self._to = port
        self.port = 0
        self._listening: socket.socket | None = None
        self._lock = threading.Lock()
        self._ends: set[socket.socket] = set()
        self.open()

    def open(self) -> None:
        """Lets everybody through, where it was before."""
        listening = socket.create_server(("127.0.0.1", self.port))
        self.port = int(listening.getsockname()[1])
        self._listening = listening
        threading.Thread(target=self._accept, args=(listening,), daemon=True).start()

    def shut(self) -> None:
        """Refuses everybody from now on, and cuts off who is in."""
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.shutdown(socket.SHUT_RDWR)
            listening.close()
        with self._lock:
            ends = list(self._ends)
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                client, _ = listening.accept()
                server = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                return
            with self._lock:
                self._ends |= {client, server}
            for pair in ((client, server), (server, client)):
                threading.Thread(target=self._hand_on, args=pair, daemon=True).start()

    def _hand_on(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while piece := one.recv(65_536):
                other.sendall(piece)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        one.close()
        with self._lock:
            self._ends.discard(one)
