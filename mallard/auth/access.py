"""The parts of access together: who a caller is, and how one gets in and out."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from mallard.auth.audit import AuditList
from mallard.auth.keys import PREFIX, ApiKey, ApiKeys, Scope, owner_of, sites_of
from mallard.auth.lockout import Lockout, WrongPassword
from mallard.auth.passwords import Passwords
from mallard.auth.roles import Rights, Role, Sites, lesser, nobody, within
from mallard.auth.sessions import Sessions, digest
from mallard.auth.shares import ShareDoor
from mallard.auth.uses import Uses
from mallard.durable import Insist, anywhere
from mallard.register.port import Register

THE_ONE = "the one password"
"""The account that its guesses are counted at."""


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
    person: str = ""
    """The id of the person who asks, or whose key it is; empty for the one password."""
    name: str = ""
    """What that person is called."""
    lent: Role | None = None
    """How much a person may do, or a person's key; what the scope says for everybody else."""
    sites: Sites = None
    """Those that the caller is limited to; None for all."""
    has_second_factor: bool = True
    """Whether a person has one; nobody else needs any."""

    @property
    def role(self) -> Role | None:
        """How much the caller may do; None for who may only send events."""
        if self.scope is Scope.INGEST:
            return None
        return self.lent or _usual(self.scope)


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
    audit: AuditList
    """Who did what."""
    rights: Callable[[str], Rights | None] = nobody
    """What the person of an id may do; None where there is no such person, or none any more."""
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
            return self._holder(found)
        if key is not None and self.readers.is_open(key):
            return Caller(Scope.READ_ONLY, digest(key), has_key=True)
        if self.is_open:
            return ANYBODY
        if key is not None:
            return None
        return self._signed_in(token) if token is not None else None

    def _signed_in(self, token: str) -> Caller | None:
        session = self.sessions.find(token)
        if session is None:
            return None
        if not session.owner:
            return Caller(Scope.ADMIN, digest(token))
        rights = self.rights(session.owner)
        return _person(session.owner, rights, digest(token)) if rights is not None else None

    def _holder(self, key: ApiKey) -> Caller | None:
        """Who holds a key, which does no more than its owner may; and less, where it is limited."""
        owner, limit = owner_of(key), sites_of(key)
        sites = frozenset(limit) if limit is not None else None
        rights = Rights("", Role.OWNER) if not owner else self.rights(owner)
        if rights is None:
            return None
        role = rights.role if sites is None else lesser(rights.role, Role.EDITOR)
        if key.scope is Scope.INGEST and not role.covers(Role.EDITOR):
            return None
        role = lesser(role, _usual(key.scope))
        return Caller(
            Scope.INGEST if key.scope is Scope.INGEST else _scope(role),
            key.key_hash,
            has_key=True,
            person=owner,
            name=rights.name,
            lent=role,
            sites=within(sites, rights.sites),
        )

    def set_up(self, password: str) -> str:
        """Keeps the first password and signs in; the session's token.

        Raises AlreadySet, BadPassword, OSError.
        """
        self.passwords.set_first(password)
        return self.sessions.open()

    def log_in(self, password: str, address: str, token: str | None = None, about: str = "") -> str:
        """The token of a new session, in place of the one that the browser has.

        Raises NoPassword, WrongPassword, LockedOut.
        """
        if self.is_open:
            raise NoPassword
        before = self.passwords.edition
        self._check(password, address)
        if token is not None:
            self.sessions.close(token)
        return self._unless_changed(before, self.sessions, self.sessions.open(about=about))

    def log_in_to_read(self, password: str, address: str) -> str:
        """The token of a program that may read, as long as a session lasts.

        Raises NoPassword, WrongPassword, LockedOut.
        """
        if self.is_open:
            raise NoPassword
        before = self.passwords.edition
        self._check(password, address)
        return self._unless_changed(before, self.readers, self.readers.open())

    def change_password(self, old: str, new: str, address: str, token: str | None) -> None:
        """Keeps another password and ends all its sessions but the token's, and those of programs.

        Raises WrongPassword, LockedOut, AlreadySet, BadPassword, OSError.
        """
        self._check(old, address)
        self.passwords.change(new)
        self.sessions.close_of("", token)
        self.readers.close_others(None)

    def _unless_changed(self, before: str | None, sessions: Sessions, token: str) -> str:
        """The token, where the password is the one that it was. Raises WrongPassword.

        Whoever changes it ends the sessions that there are after that, and would miss one that
        begins a moment later.
        """
        if self.passwords.edition != before:
            sessions.close(token)
            raise WrongPassword
        return token

    def _check(self, password: str, address: str) -> None:
        with self.lockout.attempt(address, THE_ONE):
            if not self.passwords.matches(password):
                raise WrongPassword


def _usual(scope: Scope) -> Role:
    """How much is done by a scope, whoever has it."""
    return Role.OWNER if scope.covers(Scope.ADMIN) else Role.VIEWER


def _scope(role: Role) -> Scope:
    """The scope that is nothing but what a role may do."""
    return Scope.ADMIN if role is Role.OWNER else Scope.READ_ONLY


def _person(person: str, rights: Rights, credential: str) -> Caller:
    return Caller(
        _scope(rights.role),
        credential,
        person=person,
        name=rights.name,
        lent=rights.role,
        sites=rights.sites,
        has_second_factor=rights.has_second_factor,
    )


def open_access(
    register: Register,
    data_dir: Path,
    admin_password: str | None,
    session_ttl_secs: int,
    max_login_attempts: int,
    login_lockout_secs: int,
    clock: Callable[[], datetime],
    timer: Callable[[], float] = time.monotonic,
    is_shared: Callable[[str], bool] = lambda _: False,
    insist: Insist = anywhere,
    rights: Callable[[str], Rights | None] = nobody,
) -> Access:
    """The access of a data directory. Raises MallardError when one of its files is unreadable.

    What `is_shared` is an address that many may come from, such as a proxy's.
    """
    passwords = Passwords(register, admin_password)

    def lockout() -> Lockout:
        return Lockout(max_login_attempts, login_lockout_secs, steady(timer), is_shared=is_shared)

    return Access(
        passwords,
        Sessions(session_ttl_secs, timer),
        ApiKeys(register, clock),
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
        open_audit(data_dir, clock, insist),
        rights=rights,
    )


def steady(timer: Callable[[], float]) -> Callable[[], datetime]:
    """A clock that nobody sets: what lasts by it lasts as long as it should."""
    return lambda: datetime.fromtimestamp(timer(), UTC)


def open_audit(
    data_dir: Path, clock: Callable[[], datetime], insist: Insist = anywhere
) -> AuditList:
    """The list of who did what of a data directory."""
    return AuditList(data_dir / "audit.jsonl", clock, insist)
