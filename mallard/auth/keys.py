"""API keys: made once, shown once, and kept as SHA-256 in one small document."""

from __future__ import annotations

import enum
import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from threading import Lock
from typing import Annotated, Protocol

import msgspec
import structlog
from msgspec import Meta

from mallard.auth.sessions import digest
from mallard.model import MallardError
from mallard.register.port import KEYS, Changed, Document, Register
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
    """The keys as a register keeps them, which are replaced whole at every change."""

    def __init__(self, register: Register, clock: Callable[[], datetime]) -> None:
        """Raises MallardError when they are there but cannot be read: that is not "no keys"."""
        self._register = register
        self._clock = clock
        self._lock = Lock()
        self._version: str | None = None
        self._keys: dict[str, ApiKey] = {}
        self._used: dict[str, date] = {}
        """Days of use that are not kept yet."""
        self._using = Lock()
        self.keeps_uses_later = False
        """Whether somebody else calls `keep_uses`: whoever uses a key is not to wait for it."""
        self._take_in()

    def all(self) -> list[ApiKey]:
        """Every key, revoked ones too, oldest first."""
        return [_with_use(key, self._used) for key in self._keys.values()]

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
        self._change(lambda one: one, key)
        return NewKey(secret, key.key_hash, name, checked)

    def revoke(self, key_hash: str) -> bool:
        """Makes a key useless for ever; False when there is none. Raises OSError."""
        self._revoke(lambda key: key.key_hash == key_hash)
        return key_hash in self._keys

    def revoke_of(self, owner: str) -> None:
        """Makes all keys of a person useless for ever. Raises OSError."""
        if owner:
            self._revoke(lambda key: owner_of(key) == owner)

    def rename_site(self, old: str, new: str) -> None:
        """Has keys that are limited to a site go with it to its new id. Raises OSError."""

        def moved(key: ApiKey) -> ApiKey:
            if not isinstance(key, OwnedKey) or old not in (key.sites or ()):
                return key
            sites = tuple(new if one == old else one for one in key.sites or ())
            return msgspec.structs.replace(key, sites=sites)

        self._change(moved)

    def find(self, secret: str) -> ApiKey | None:
        """The key that this is, unless it was revoked; notes the day of its use."""
        wanted = digest(secret)
        found = None
        for key in self._keys.values():
            if hmac.compare_digest(key.key_hash, wanted):
                found = key
        if found is None or found.revoked:
            return None
        self._note_use(found)
        return found

    def keep_uses(self) -> None:
        """Keeps on which days keys were used last. Raises MallardError, OSError."""
        if used := self._used:
            self._change(lambda key: _with_use(key, used))
            with self._using:
                self._used = {
                    name: day for name, day in self._used.items() if used.get(name) != day
                }

    def take_in(self) -> None:
        """Knows what was changed elsewhere. Raises MallardError."""
        with self._lock:
            self._take_in()

    def _note_use(self, key: ApiKey) -> None:
        """Once per key and day; a full disk keeps nobody out."""
        today = self._clock().astimezone(UTC).date()
        if today in (key.last_used, self._used.get(key.key_hash)):
            return
        with self._using:
            self._used = {**self._used, key.key_hash: today}
        if not self.keeps_uses_later:
            try:
                self.keep_uses()
            except OSError as error:
                log.warning("Cannot note the use of an API key", error=str(error))

    def _revoke(self, is_one: Callable[[ApiKey], bool]) -> None:
        self._change(lambda key: msgspec.structs.replace(key, revoked=True) if is_one(key) else key)

    def _change(self, change: Callable[[ApiKey], ApiKey], *new: ApiKey) -> None:
        """Keeps what is made of each key, and new ones. Raises MallardError, OSError."""
        with self._lock:
            while True:
                # Readers go without the lock, so the dictionary they look at never changes.
                keys = {one.key_hash: change(one) for one in (*self._keys.values(), *new)}
                if keys == self._keys:
                    return
                text = msgspec.json.format(msgspec.json.encode(list(keys.values())))
                try:
                    self._version = self._register.replace(KEYS, text, self._version).version
                except Changed:  # then it is made of those that there are by now
                    self._take_in()
                    continue
                self._keys = keys
                return

    def _take_in(self) -> None:
        document = _stored(self._register)
        self._keys = {key.key_hash: key for key in _keys_of(document)} if document else {}
        self._version = document.version if document else None


def _with_use(key: ApiKey, used: Mapping[str, date]) -> ApiKey:
    """The key, used on one of these days or later."""
    if key.key_hash not in used:
        return key
    last = max(used[key.key_hash], key.last_used or date.min)
    return msgspec.structs.replace(key, last_used=last)


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


def _stored(register: Register) -> Document | None:
    try:
        return register.read(KEYS)
    except OSError as error:
        raise MallardError(
            said("cannot read %(where)s: %(why)s", where=error.filename, why=error.strerror)
        ) from None


def _keys_of(document: Document) -> list[ApiKey]:
    try:
        return read_keys(document.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise MallardError(
            said(
                "cannot read %(where)s: it is no list of API keys; restore the file, or delete"
                " it to revoke every key",
                where=document.place,
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
