"""Sessions of the dashboard, in memory: a restart signs everybody out."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Collection, Mapping
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
        self.told: Callable[[Mapping[str, Session], Collection[str]], None] = lambda _, __: None
        """Told of each session that begins here, and of those that end here, by their digests."""
        self.hear: Callable[[], None] = lambda: None
        """Hears of those that began elsewhere: before some end, and where a token opens nothing."""

    def open(self, owner: str = "", about: str = "") -> str:
        """Begins a session; its token, 256 random bits. The oldest one ends when there are many."""
        token = self._prefix + secrets.token_hex(32)
        now = self._timer()
        session = Session(secrets.token_hex(8), owner, about, now, now + self._ttl_secs)
        # First, so that whoever learns of all sessions meanwhile has this one.
        self.told({digest(token): session}, ())
        ended: list[str] = []
        with self._lock:
            if len(self._open) >= self._most:
                self._forget_ended(now)
            if len(self._open) >= self._most:
                ended.append(next(iter(self._open)))
                del self._open[ended[0]]
            self._open[digest(token)] = session
        if ended:
            self.told({}, ended)
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
            found = self._open.pop(digest(token), None)
        if found is not None:
            self.told({}, [digest(token)])

    def left(self, session: Session) -> tuple[float, float]:
        """How many seconds ago a session began, and in how many it ends."""
        now = self._timer()
        return now - session.opened, session.ends - now

    def began(self, id_: str, owner: str, about: str, secs_ago: float, left_secs: float) -> Session:
        """A session that began elsewhere."""
        now = self._timer()
        return Session(id_, owner, about, now - secs_ago, now + left_secs)

    def take_in(self, sessions: Mapping[str, Session]) -> None:
        """Knows these, by their digests, and no others."""
        with self._lock:
            self._open = dict(sessions)

    def end(self, owner: str, session_id: str) -> bool:
        """Ends one of somebody's sessions; False where he has none of this id."""
        return self._close(lambda one: one.owner == owner and one.id == session_id) > 0

    def close_of(self, owner: str, but: str | None = None) -> None:
        """Ends every session of somebody, but not the one that a token opens."""
        kept = self._id_of(but)
        self._close(lambda one: one.owner == owner and one.id != kept)

    def close_others(self, token: str | None) -> None:
        """Ends every session but the token's."""
        kept = self._id_of(token)
        self._close(lambda one: one.id != kept)

    def __len__(self) -> int:
        return len(self._open)

    def _id_of(self, token: str | None) -> str | None:
        found = self.find(token) if token is not None else None
        return found.id if found else None

    def _under_way(self, name: str) -> Session | None:
        found = self._open.get(name)
        if found is None:
            self.hear()
            found = self._open.get(name)
        return found if found is not None and self._timer() < found.ends else None

    def _close(self, is_one: Callable[[Session], bool]) -> int:
        self.hear()
        with self._lock:
            ended = [name for name, session in self._open.items() if is_one(session)]
            for name in ended:
                del self._open[name]
        if ended:
            self.told({}, ended)
        return len(ended)

    def _forget_ended(self, now: float) -> None:
        self._open = {name: one for name, one in self._open.items() if now < one.ends}


def digest(secret: str) -> str:
    """The hex SHA-256 of a token or key, which is all that is ever kept of one."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
