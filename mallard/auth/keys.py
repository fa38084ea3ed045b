"""API keys: made once, shown once, and kept as SHA-256 in one small file."""

from __future__ import annotations

import enum
import hmac
import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Lock
from typing import Protocol

import msgspec
import structlog

from mallard.auth.files import replace_file
from mallard.auth.sessions import digest
from mallard.durable import Insist, anywhere
from mallard.model import MallardError

log = structlog.get_logger("mallard.auth")

PREFIX = "mm_"
LONGEST_NAME = 128


class Scope(enum.StrEnum):
    """What a caller may do: read figures and exports, send batches of events, or everything."""

    READ_ONLY = "ReadOnly"
    INGEST = "Ingest"
    ADMIN = "Admin"

    def covers(self, needed: Scope) -> bool:
        """Whether this is enough where `needed` is asked for. An Admin may do everything."""
        return self in (needed, Scope.ADMIN)


class BadKey(MallardError):
    """A key that cannot be made; its text says why."""


class ApiKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known about a key, which is not the key.

    Nothing has a default, and nothing else is taken: a file in which a single bit has changed must
    not read as if a key had never been revoked.
    """

    key_hash: str
    name: str
    scope: Scope
    created_at: datetime
    revoked: bool
    last_used: date | None
    """The UTC day; nothing finer is kept."""


class NewKey(msgspec.Struct, frozen=True):
    """A key that was just made; nobody can see `key` again."""

    key: str
    key_hash: str
    name: str
    scope: Scope


class Keys(Protocol):
    """The keys of this process, or of a server that is asked."""

    def all(self) -> list[ApiKey]:
        """Every key, revoked ones too, oldest first."""

    def create(self, name: str, scope: str) -> NewKey:
        """Makes a key."""

    def revoke(self, key_hash: str) -> bool:
        """Makes a key useless for ever; False when there is none."""


class ApiKeys:
    """The keys of the file, which is written whole at every change."""

    def __init__(
        self, path: Path, clock: Callable[[], datetime], insist: Insist = anywhere
    ) -> None:
        """Raises MallardError when the file is there but cannot be read: that is not "no keys"."""
        self._path = path
        self._insist = insist
        self._clock = clock
        self._lock = Lock()
        self._keys = {key.key_hash: key for key in _stored(path)}

    def all(self) -> list[ApiKey]:
        """Every key, revoked ones too, oldest first."""
        return list(self._keys.values())

    def create(self, name: str, scope: str) -> NewKey:
        """Makes a key. Raises BadKey, OSError."""
        name, checked = _checked_name(name), _checked_scope(scope)
        secret = PREFIX + secrets.token_hex(32)
        now = self._clock().astimezone(UTC).replace(microsecond=0)
        key = ApiKey(
            key_hash=digest(secret),
            name=name,
            scope=checked,
            created_at=now,
            revoked=False,
            last_used=None,
        )
        with self._lock:
            self._keep(key)
        return NewKey(secret, key.key_hash, name, checked)

    def revoke(self, key_hash: str) -> bool:
        """Makes a key useless for ever; False when there is none. Raises OSError."""
        with self._lock:
            key = self._keys.get(key_hash)
            if key is None:
                return False
            if not key.revoked:
                self._keep(msgspec.structs.replace(key, revoked=True))
        return True

    def find(self, secret: str) -> ApiKey | None:
        """The key that this is, unless it was revoked; notes the day of its use."""
        wanted = digest(secret)
        found = None
        for key in self.all():
            if hmac.compare_digest(key.key_hash, wanted):
                found = key
        if found is None or found.revoked:
            return None
        self._note_use(found.key_hash)
        return found

    def _note_use(self, key_hash: str) -> None:
        """Once per key and day; a full disk keeps nobody out."""
        today = self._clock().astimezone(UTC).date()
        if self._keys[key_hash].last_used == today:
            return
        with self._lock:
            used = msgspec.structs.replace(self._keys[key_hash], last_used=today)
            try:
                self._keep(used)
            except OSError as error:
                log.warning("Cannot note the use of an API key", error=str(error))
                self._keys = self._keys | {key_hash: used}

    def _keep(self, key: ApiKey) -> None:
        # Readers go without the lock, so the dictionary they look at never changes.
        keys = self._keys | {key.key_hash: key}
        text = msgspec.json.format(msgspec.json.encode(list(keys.values())))
        replace_file(self._path, text, self._insist)
        self._keys = keys


def _checked_name(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise BadKey(f"name must be 1 to {LONGEST_NAME} printable characters")
    return name


def _checked_scope(scope: str) -> Scope:
    try:
        return Scope(scope)
    except ValueError:
        raise BadKey(f"scope must be one of {', '.join(Scope)}") from None


def _stored(path: Path) -> list[ApiKey]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=list[ApiKey])
    except FileNotFoundError:
        return []
    except OSError as error:
        raise MallardError(f"cannot read {path}: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise MallardError(
            f"cannot read {path}: it is no list of API keys; restore the file, or delete it to"
            " revoke every key"
        ) from None
