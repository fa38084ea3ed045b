"""Sessions of the dashboard, in memory: a restart signs everybody out."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from threading import Lock

MOST = 1000


class Sessions:
    """Open sessions by the SHA-256 of their token; the token itself only the browser has.

    They last by `timer`, in seconds: a wrong clock neither ends nor prolongs one.
    """

    def __init__(
        self,
        ttl_secs: int,
        timer: Callable[[], float] = time.monotonic,
        most: int = MOST,
        prefix: str = "",
    ) -> None:
        self._ttl_secs = ttl_secs
        self._timer = timer
        self._most = most
        self._prefix = prefix
        self._ends: dict[str, float] = {}
        self._lock = Lock()

    def open(self) -> str:
        """Begins a session; its token, 256 random bits. The oldest one ends when there are many."""
        token = self._prefix + secrets.token_hex(32)
        now = self._timer()
        with self._lock:
            if len(self._ends) >= self._most:
                self._forget_ended(now)
            if len(self._ends) >= self._most:
                del self._ends[next(iter(self._ends))]
            self._ends[digest(token)] = now + self._ttl_secs
        return token

    def is_open(self, token: str) -> bool:
        """Whether the token opens a session that has not ended.

        It is looked up by its digest: how long that takes tells nothing about the token.
        """
        ends = self._ends.get(digest(token))
        return ends is not None and self._timer() < ends

    def close(self, token: str) -> None:
        """Ends the token's session, if there is one."""
        with self._lock:
            self._ends.pop(digest(token), None)

    def close_others(self, token: str | None) -> None:
        """Ends every session but the token's."""
        with self._lock:
            kept = digest(token) if token is not None else None
            self._ends = {name: ends for name, ends in self._ends.items() if name == kept}

    def __len__(self) -> int:
        return len(self._ends)

    def _forget_ended(self, now: float) -> None:
        self._ends = {name: ends for name, ends in self._ends.items() if now < ends}


def digest(secret: str) -> str:
    """The hex SHA-256 of a token or key, which is all that is ever kept of one."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
