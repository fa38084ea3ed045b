"""The visitor's pseudonym: a keyed hash that nobody can follow beyond its period and its site."""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
from datetime import date
from pathlib import Path

from mallard import durable
from mallard.ingest.past_salts import PastSalts
from mallard.ingest.salts import Rotation, Salts, period_of
from mallard.model import MallardError
from mallard.secret_strength import WANTED, is_weak

_SALT_KEY = b"mallard-metrics-salt"

DAYS_REMEMBERED = 4
"""At a moment it is two days, or three, in one place or another."""


class VisitorIds:
    """Makes visitor ids under a salt that changes with every period.

    It follows from the secret and the period alone, as documented, or from a random salt as well,
    without which nobody can work it out.
    """

    def __init__(
        self, secret: str, rotation: Rotation, salts: Salts | PastSalts | None = None
    ) -> None:
        self._secret = secret
        self._rotation: Rotation = rotation
        self._salts = salts
        self._keyed_for_days: dict[date, hmac.HMAC] = {}

    def visitor_id(self, site_id: str, address: str, user_agent: str, day: date) -> str:
        """The visitor's id on that day: hex HMAC-SHA256 of `site|ip|user-agent`.

        Raises OSError when the salt that it takes cannot be kept.
        """
        keyed = self._keyed(day).copy()
        keyed.update(_encoded(f"{site_id}|{address}|{user_agent}"))
        return keyed.hexdigest()

    def forget(self) -> None:
        """Forgets what it remembers, in case the salt of such a day is over."""
        self._keyed_for_days = {}

    def _keyed(self, day: date) -> hmac.HMAC:
        """What begins every id of a day: a copy takes half the time of beginning anew."""
        keyed = self._keyed_for_days.get(day)
        if keyed is None:
            keyed = hmac.new(self._salt(day), digestmod="sha256")
            known = [*list(self._keyed_for_days.items())[1 - DAYS_REMEMBERED :], (day, keyed)]
            # Other threads look at the dictionary, so it never changes.
            self._keyed_for_days = {d: key for d, key in known if self._lasts(d)}
        return keyed

    def _lasts(self, day: date) -> bool:
        return self._salts is None or self._salts.lasts(day)

    def _salt(self, day: date) -> bytes:
        first = period_of(day, self._rotation).first
        derived = hmac.digest(_SALT_KEY, _encoded(f"{self._secret}:{first.isoformat()}"), "sha256")
        return (
            derived if self._salts is None else hmac.digest(self._salts.of(day), derived, "sha256")
        )


def load_or_create_secret(path: Path) -> str:
    """The secret kept in the file, which is made first if there is none.

    Raises MallardError for one that protects nobody, and OSError.
    """
    if (secret := _stored(path)) is not None:
        if is_weak(secret):
            raise MallardError(
                f"{path} holds no secret that protects visitors, which is {WANTED}; put the former"
                " one back, or delete the file to have another made"
            )
        return secret
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        durable.write_new(draft, f"{secrets.token_hex(32)}\n".encode("ascii"))
        _publish(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    return _stored(path) or ""


def _encoded(text: str) -> bytes:
    # A header may hold anything, also what is not valid Unicode.
    return text.encode("utf-8", "surrogatepass")


def _stored(path: Path) -> str | None:
    try:
        secret = path.read_text(encoding="utf-8", errors="surrogateescape").strip(" \r\n\t")
    except FileNotFoundError:
        return None
    with contextlib.suppress(PermissionError):  # the file of another user, mounted read-only
        path.chmod(0o600)
    return secret


def _publish(draft: Path, path: Path) -> None:
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # a link never replaces: whoever comes second takes the first one's secret
    except OSError:
        os.replace(draft, path)  # a file system without links
    durable.sync(path.parent)
