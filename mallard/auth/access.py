"""The parts of access together: who a caller is, and how one gets in and out."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from mallard.auth.keys import PREFIX, ApiKeys, Scope
from mallard.auth.lockout import Lockout, WrongPassword
from mallard.auth.passwords import Passwords
from mallard.auth.sessions import Sessions, digest
from mallard.auth.shares import ShareDoor
from mallard.auth.uses import Uses
from mallard.durable import Insist, anywhere


class NoPassword(Exception):
    """There is no password to log in with."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as far as it matters."""

    scope: Scope
    credential: str
    """Names what was presented, without giving it away; empty when nothing had to be."""
    has_key: bool = False
    """Whether it is a program with an API key, which no web page can make send a request."""


ANYBODY = Caller(Scope.ADMIN, "")
"""Everyone, while no password is set."""


@dataclass(frozen=True, slots=True)
class Access:
    """Passwords, sessions, keys and the lockout of one instance."""

    passwords: Passwords
    sessions: Sessions
    keys: ApiKeys
    lockout: Lockout
    readers: Sessions
    """Programs that have logged in to read: their tokens are sent as keys are."""
    shares: ShareDoor
    """Where the passwords of shared links are asked for."""
    setup_token: str = field(default_factory=lambda: secrets.token_urlsafe(16), repr=False)
    """Opens the setup to whoever reads the log, where the host of a request proves nothing."""

    def knows_setup_token(self, offered: str) -> bool:
        """Whether this is the token; it is good until there is a password."""
        return self.is_open and hmac.compare_digest(offered.encode(), self.setup_token.encode())

    @property
    def is_open(self) -> bool:
        """Whether everybody is let in, as no password is set."""
        return not self.passwords.is_set

    def caller(self, token: str | None, key: str | None) -> Caller | None:
        """Who presents this session token or API key; None for a stranger.

        A key that is presented decides alone: a request is never two callers at once.
        """
        if key is not None and (found := self.keys.find(key)):
            return Caller(found.scope, found.key_hash, has_key=True)
        if key is not None and self.readers.is_open(key):
            return Caller(Scope.READ_ONLY, digest(key), has_key=True)
        if self.is_open:
            return ANYBODY
        if key is not None:
            return None
        if token is not None and self.sessions.is_open(token):
            return Caller(Scope.ADMIN, digest(token))
        return None

    def set_up(self, password: str) -> str:
        """Keeps the first password and signs in; the session's token.

        Raises AlreadySet, BadPassword, OSError.
        """
        self.passwords.set_first(password)
        return self.sessions.open()

    def log_in(self, password: str, address: str, token: str | None = None) -> str:
        """The token of a new session, in place of the one that the browser has.

        Raises NoPassword, WrongPassword, LockedOut.
        """
        if self.is_open:
            raise NoPassword
        self._check(password, address)
        if token is not None:
            self.sessions.close(token)
        return self.sessions.open()

    def log_in_to_read(self, password: str, address: str) -> str:
        """The token of a program that may read, as long as a session lasts.

        Raises NoPassword, WrongPassword, LockedOut.
        """
        if self.is_open:
            raise NoPassword
        self._check(password, address)
        return self.readers.open()

    def change_password(self, old: str, new: str, address: str, token: str | None) -> None:
        """Keeps another password and ends all sessions but the token's, and those of programs.

        Raises WrongPassword, LockedOut, AlreadySet, BadPassword, OSError.
        """
        self._check(old, address)
        self.passwords.change(new)
        self.sessions.close_others(token)
        self.readers.close_others(None)

    def _check(self, password: str, address: str) -> None:
        with self.lockout.attempt(address):
            if not self.passwords.matches(password):
                raise WrongPassword


def open_access(
    data_dir: Path,
    admin_password: str | None,
    session_ttl_secs: int,
    max_login_attempts: int,
    login_lockout_secs: int,
    clock: Callable[[], datetime],
    timer: Callable[[], float] = time.monotonic,
    is_shared: Callable[[str], bool] = lambda _: False,
    insist: Insist = anywhere,
) -> Access:
    """The access of a data directory. Raises MallardError when one of its files is unreadable.

    What `is_shared` is an address that many may come from, such as a proxy's.
    """
    passwords = Passwords(data_dir / "password", admin_password, insist)

    def lockout() -> Lockout:
        return Lockout(max_login_attempts, login_lockout_secs, _steady(timer), is_shared=is_shared)

    return Access(
        passwords,
        Sessions(session_ttl_secs, timer),
        open_keys(data_dir, clock, insist),
        lockout(),
        Sessions(session_ttl_secs, timer, prefix=PREFIX),
        # A lockout of its own: whoever guesses here keeps nobody from logging in.
        ShareDoor(
            passwords,
            lockout(),
            Uses(data_dir / "share_uses.json", clock, insist),
            session_ttl_secs,
            timer,
        ),
    )


def _steady(timer: Callable[[], float]) -> Callable[[], datetime]:
    """A clock that nobody sets: what lasts by it lasts as long as it should."""
    return lambda: datetime.fromtimestamp(timer(), UTC)


def open_keys(data_dir: Path, clock: Callable[[], datetime], insist: Insist = anywhere) -> ApiKeys:
    """The API keys of a data directory. Raises MallardError when their file is unreadable."""
    return ApiKeys(data_dir / "api_keys.json", clock, insist)
