"""The dashboard's one password: never kept, only its Argon2id hash."""

from __future__ import annotations

from threading import BoundedSemaphore, Lock

from argon2 import DEFAULT_HASH_LENGTH, PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from mallard.model import MallardError
from mallard.register.port import ENTRANCE, Changed, Document, Register
from mallard.texts.said import said

SHORTEST = 8
LONGEST = 1024
AT_A_TIME = 2
"""Hashing takes 64 MiB each time, so logins take turns."""


class BadPassword(ValueError):
    """A password that cannot be chosen; its text says why."""


class AlreadySet(Exception):
    """There is a password already, and it was not asked for."""


class Passwords:
    """The password of the settings, or else the one set through the setup page."""

    def __init__(self, register: Register, from_settings: str | None) -> None:
        """Raises MallardError for a document without a hash: that is not "no password"."""
        self._register = register
        self._hasher = PasswordHasher()
        self._turns = BoundedSemaphore(AT_A_TIME)
        self._lock = Lock()
        self.is_fixed = bool(from_settings)
        self._version: str | None = None
        self._hash = self._hashed(from_settings) if from_settings else self._stored()

    @property
    def is_set(self) -> bool:
        """Whether there is a password; without one, everybody may look."""
        return self._hash is not None

    @property
    def edition(self) -> str | None:
        """Another one after each change; it is not to be shown."""
        return self._hash

    def set_first(self, password: str) -> None:
        """Keeps the first password. Raises AlreadySet, BadPassword, OSError."""
        if self.is_set:
            raise AlreadySet
        self._keep(self._hashed(_checked(password)), is_first=True)

    def change(self, password: str) -> None:
        """Keeps another password. Raises BadPassword, OSError, or AlreadySet if it is fixed."""
        if self.is_fixed:
            raise AlreadySet
        self._keep(self._hashed(_checked(password)), is_first=False)

    def take_in(self) -> None:
        """Knows what was changed elsewhere. Raises MallardError."""
        with self._lock:
            if not self.is_fixed:
                self._hash = self._stored()

    def matches(self, password: str) -> bool:
        """Whether this is the password; takes as long for a wrong one as for the right one."""
        return self._hash is not None and self.is_of(self._hash, password)

    def is_of(self, hashed: str, password: str) -> bool:
        """Whether this is the password of a hash, whatever that is kept for; as `matches`."""
        try:
            with self._turns:
                return self._hasher.verify(hashed, _encoded(password))
        except (VerificationError, InvalidHashError):
            return False

    def hash_of(self, password: str) -> str:
        """The hash of a password for something else than the dashboard. Raises BadPassword."""
        return self._hashed(_checked(password))

    def _keep(self, hashed: str, is_first: bool) -> None:
        with self._lock:
            while True:
                if is_first and self.is_set:
                    raise AlreadySet
                content = f"{hashed}\n".encode("ascii")
                try:
                    document = self._register.replace(ENTRANCE, content, self._version)
                except Changed:  # elsewhere, or by hand: then that is known by now
                    self._hash = self._stored()
                    continue
                self._hash, self._version = hashed, document.version
                return

    def _stored(self) -> str | None:
        """The hash that is kept, and which version that is. Raises MallardError."""
        try:
            document = self._register.read(ENTRANCE)
        except OSError as error:
            raise _unreadable(error.filename, error.strerror) from None
        self._version = document.version if document else None
        return _hash_in(document) if document else None

    def _hashed(self, password: str) -> str:
        with self._turns:
            return self._hasher.hash(_encoded(password))


def _encoded(password: str) -> bytes:
    # A variable of the environment may hold bytes that are no text.
    return password.encode("utf-8", "surrogateescape")


def _checked(password: str) -> str:
    if len(password) < SHORTEST:
        raise BadPassword(said("Password must be at least %(least)d characters", least=SHORTEST))
    if len(password) > LONGEST:
        raise BadPassword(said("Password must be at most %(most)d characters", most=LONGEST))
    return password


def _hash_in(document: Document) -> str:
    try:
        hashed = document.content.decode("ascii").strip()
        if extract_parameters(hashed).hash_len < DEFAULT_HASH_LENGTH:
            raise InvalidHashError
    except (UnicodeDecodeError, InvalidHashError):
        raise _unreadable(document.place, said("it holds no password hash")) from None
    return hashed


def _unreadable(where: str, why: str | None) -> MallardError:
    return MallardError(
        said(
            "cannot read %(where)s: %(why)s; restore the file, or delete it to set a new password",
            where=where,
            why=why,
        )
    )
