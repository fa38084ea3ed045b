"""A way to PostgreSQL, on loopback, that loses a COMMIT, or the answer to one, and then breaks."""

from __future__ import annotations

import re
import socket
import threading
from contextlib import suppress
from typing import Literal

COMMIT = re.compile(rb"\bcommit\b", re.IGNORECASE)

What = Literal["commit", "answer"]


class Losing:
    """Hands on all that comes, but for what it was told to lose, once."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._lock = threading.Lock()
        self._lose: What | None = None
        self._passes = 0
        self.lost = 0
        """How often something was lost so far."""
        threading.Thread(target=self._accept, daemon=True).start()

    def lose(self, what: What, after: int = 0) -> None:
        """Loses it of the next COMMIT, or of one that comes `after` so many others."""
        with self._lock:
            self._lose, self._passes = what, after

    def spare(self) -> None:
        """Loses nothing any more."""
        with self._lock:
            self._lose = None

    def close(self) -> None:
        """Takes no more connections."""
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(("127.0.0.1", self._to)) as server:
            is_losing = threading.Event()
            back = threading.Thread(
                target=self._hand_back, args=(server, client, is_losing), daemon=True
            )
            back.start()
            while piece := client.recv(65_536):
                match self._lost(piece):
                    case "commit":
                        break
                    case "answer":
                        is_losing.set()
                server.sendall(piece)
            for end in (client, server):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            back.join()

    def _hand_back(
        self, server: socket.socket, client: socket.socket, is_losing: threading.Event
    ) -> None:
        with suppress(OSError):
            while piece := server.recv(65_536):
                if is_losing.is_set():
                    break  # It has answered, and so done it.
                client.sendall(piece)
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)

    def _lost(self, piece: bytes) -> What | None:
        if not COMMIT.search(piece):
            return None
        with self._lock:
            if self._lose is None:
                return None
            if self._passes:
                self._passes -= 1
                return None
            lost, self._lose = self._lose, None
            self.lost += 1
            return lost
