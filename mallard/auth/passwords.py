"""The dashboard's one password: never kept, only its Argon2id hash."""

from __future__ import annotations

from pathlib import Path
from threading import BoundedSemaphore, Lock

from argon2 import DEFAULT_HASH_LENGTH, PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from mallard.auth.files import replace_file
from mallard.durable import Insist, anywhere
from mallard.model import MallardError
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

    def __init__(self, path: Path, from_settings: str | None, insist: Insist = anywhere) -> None:
        """Raises MallardError for a file that holds no hash: that is not "no password"."""
        self._path = path
        self._insist = insist
        self._hasher = PasswordHasher()
        self._turns = BoundedSemaphore(AT_A_TIME)
        self._lock = Lock()
        self.is_fixed = bool(from_settings)
        self._hash = self._hashed(from_settings) if from_settings else _stored(path)

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
        hashed = self._hashed(_checked(password))
        with self._lock:
            if self.is_set:
                raise AlreadySet
            self._keep(hashed)

    def change(self, password: str) -> None:
        """Keeps another password. Raises BadPassword, OSError, or AlreadySet if it is fixed."""
        if self.is_fixed:
            raise AlreadySet
        hashed = self._hashed(_checked(password))
        with self._lock:
            self._keep(hashed)

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

    def _keep(self, hashed: str) -> None:
        replace_file(self._path, f"{hashed}\n".encode("ascii"), self._insist)
        self._hash = hashed

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


def _stored(path: Path) -> str | None:
    try:
        hashed = path.read_text(encoding="ascii").strip()
        if extract_parameters(hashed).hash_len < DEFAULT_HASH_LENGTH:
            raise InvalidHashError
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, InvalidHashError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it holds no password hash"
        raise MallardError(
            said(
                "cannot read %(where)s: %(why)s; restore the file, or delete it to set a"
                " new password",
                where=path,
                why=reason,
            )
        ) from None
    return hashed
