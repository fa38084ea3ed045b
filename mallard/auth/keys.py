"""API keys: made once, shown once, and kept as SHA-256 in one small file."""

from __future__ import annotations

import enum
import hmac
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Lock
from typing import Annotated, Protocol

import msgspec
import structlog
from msgspec import Meta

from mallard.auth.files import replace_file
from mallard.auth.sessions import digest
from mallard.durable import Insist, anywhere
from mallard.model import MallardError
from mallard.texts.said import said

log = structlog.get_logger("mallard.auth")

PREFIX = "mm_"
LONGEST_NAME = 128
MOST_SITES = 500


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


class OwnedKey(ApiKey, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key of a person, or for some sites alone. It is one thing or the other, in the file too.

    So that no key is ever taken for one that may do more, its fields are never left out.
    """

    owner: str
    """The id of the person whose it is; empty for whoever knows the dashboard's one password."""
    sites: Annotated[tuple[str, ...], Meta(min_length=1)] | None
    """Those that it is limited to; None for all that its owner may see."""


def owner_of(key: ApiKey) -> str:
    """The id of the person whose key it is; empty for the dashboard's one password."""
    return key.owner if isinstance(key, OwnedKey) else ""


def sites_of(key: ApiKey) -> tuple[str, ...] | None:
    """The sites that a key is limited to; None for all that its owner may see."""
    return key.sites if isinstance(key, OwnedKey) else None


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

    def create(
        self, name: str, scope: str, owner: str = "", sites: Sequence[str] | None = None
    ) -> NewKey:
        """Makes a key, of a person and for some sites alone if that is said.

        Raises BadKey, OSError.
        """
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
        if owner or sites is not None:
            key = OwnedKey(**msgspec.structs.asdict(key), owner=owner, sites=_checked_sites(sites))
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

    def revoke_of(self, owner: str) -> None:
        """Makes all keys of a person useless for ever. Raises OSError."""
        for key in self.all():
            if owner and owner_of(key) == owner:
                self.revoke(key.key_hash)

    def rename_site(self, old: str, new: str) -> None:
        """Has keys that are limited to a site go with it to its new id. Raises OSError."""
        with self._lock:
            for key in self.all():
                if isinstance(key, OwnedKey) and old in (key.sites or ()):
                    sites = tuple(new if one == old else one for one in key.sites or ())
                    self._keep(msgspec.structs.replace(key, sites=sites))

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
        raise BadKey(said("name must be 1 to %(most)d printable characters", most=LONGEST_NAME))
    return name


def _checked_scope(scope: str) -> Scope:
    try:
        return Scope(scope)
    except ValueError:
        raise BadKey(
            said("%(name)s must be one of %(choices)s", name="scope", choices=", ".join(Scope))
        ) from None


def _checked_sites(sites: Sequence[str] | None) -> tuple[str, ...] | None:
    if sites is None:
        return None
    if not sites or len(sites) > MOST_SITES or any(not 1 <= len(site) <= 256 for site in sites):
        raise BadKey(
            said("sites must be 1 to %(most)d ids of sites; leave it out for all", most=MOST_SITES)
        )
    return tuple(dict.fromkeys(sites))


def _stored(path: Path) -> list[ApiKey]:
    try:
        return read_keys(path.read_bytes())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise MallardError(
            said("cannot read %(where)s: %(why)s", where=path, why=error.strerror)
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise MallardError(
            said(
                "cannot read %(where)s: it is no list of API keys; restore the file, or delete"
                " it to revoke every key",
                where=path,
            )
        ) from None


def read_keys(content: bytes) -> list[ApiKey]:
    """The keys that a file or a server tells of. Raises DecodeError."""
    return [_key(bytes(one)) for one in msgspec.json.decode(content, type=list[msgspec.Raw])]


def _key(entry: bytes) -> ApiKey:
    try:
        return msgspec.json.decode(entry, type=ApiKey)
    except msgspec.ValidationError:
        return msgspec.json.decode(entry, type=OwnedKey)
