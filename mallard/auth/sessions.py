"""Sessions of the dashboard, in memory: a restart signs everybody out."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

MOST = 1000


@dataclass(frozen=True, slots=True)
class Session:
    """Whose it is, and what he knows it by."""

    id: str
    """What may be seen of it; it opens nothing."""
    owner: str
    """The id of a person; empty for whoever knows the dashboard's one password."""
    about: str
    """The browser, in words."""
    opened: float
    ends: float


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
        self._open: dict[str, Session] = {}
        self._lock = Lock()

    def open(self, owner: str = "", about: str = "") -> str:
        """Begins a session; its token, 256 random bits. The oldest one ends when there are many."""
        token = self._prefix + secrets.token_hex(32)
        now = self._timer()
        session = Session(secrets.token_hex(8), owner, about, now, now + self._ttl_secs)
        with self._lock:
            if len(self._open) >= self._most:
                self._forget_ended(now)
            if len(self._open) >= self._most:
                del self._open[next(iter(self._open))]
            self._open[digest(token)] = session
        return token

    def find(self, token: str) -> Session | None:
        """The session that the token opens; None where there is none, or it has ended.

        It is looked up by its digest: how long that takes tells nothing about the token.
        """
        return self._under_way(digest(token))

    def is_open(self, token: str) -> bool:
        """Whether the token opens a session that has not ended."""
        return self._under_way(digest(token)) is not None

    def of(self, owner: str) -> list[tuple[Session, float]]:
        """The sessions of somebody that have not ended, and how many seconds ago they began."""
        now = self._timer()
        with self._lock:
            found = [one for one in self._open.values() if one.owner == owner and now < one.ends]
        return [(one, now - one.opened) for one in found]

    def close(self, token: str) -> None:
        """Ends the token's session, if there is one."""
        with self._lock:
            self._open.pop(digest(token), None)

    def end(self, owner: str, session_id: str) -> bool:
        """Ends one of somebody's sessions; False where he has none of this id."""
        return self._close(lambda one: one.owner == owner and one.id == session_id) > 0

    def close_of(self, owner: str, but: str | None = None) -> None:
        """Ends every session of somebody, but not the one that a token opens."""
        kept = self.find(but) if but is not None else None
        self._close(lambda one: one.owner == owner and one is not kept)

    def close_others(self, token: str | None) -> None:
        """Ends every session but the token's."""
        kept = self.find(token) if token is not None else None
        self._close(lambda one: one is not kept)

    def __len__(self) -> int:
        return len(self._open)

    def _under_way(self, name: str) -> Session | None:
        found = self._open.get(name)
        return found if found is not None and self._timer() < found.ends else None

    def _close(self, is_one: Callable[[Session], bool]) -> int:
        with self._lock:
            ended = [name for name, session in self._open.items() if is_one(session)]
            for name in ended:
                del self._open[name]
        return len(ended)

    def _forget_ended(self, now: float) -> None:
        self._open = {name: one for name, one in self._open.items() if now < one.ends}


def digest(secret: str) -> str:
    """The hex SHA-256 of a token or key, which is all that is ever kept of one."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
