"""The visitor's pseudonym: a keyed hash that nobody can follow beyond its period and its site."""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

Rotation = Literal["daily", "weekly", "monthly"]

_SALT_KEY = b"mallard-metrics-salt"


class VisitorIds:
    """Makes visitor ids under a secret and a salt that changes with every period."""

    def __init__(self, secret: str, rotation: Rotation) -> None:
        self._secret = secret
        self._rotation = rotation
        self._keyed_for_day: tuple[date, hmac.HMAC | None] = (date.min, None)

    def visitor_id(self, site_id: str, address: str, user_agent: str, day: date) -> str:
        """The visitor's id on that UTC day: hex HMAC-SHA256 of `site|ip|user-agent`."""
        keyed = self._keyed(day).copy()
        keyed.update(_encoded(f"{site_id}|{address}|{user_agent}"))
        return keyed.hexdigest()

    def _keyed(self, day: date) -> hmac.HMAC:
        """What begins every id of a day: a copy takes half the time of beginning anew."""
        # Day and key are one tuple: another thread sees both or neither.
        known_day, keyed = self._keyed_for_day
        if day != known_day or keyed is None:
            period = _encoded(f"{self._secret}:{self._first_day(day).isoformat()}")
            keyed = hmac.new(hmac.digest(_SALT_KEY, period, "sha256"), digestmod="sha256")
            self._keyed_for_day = (day, keyed)
        return keyed

    def _first_day(self, day: date) -> date:
        if self._rotation == "weekly":
            return day - timedelta(days=day.weekday())
        return day.replace(day=1) if self._rotation == "monthly" else day


def load_or_create_secret(path: Path) -> str:
    """The secret kept in the file, which is made first if there is none. Raises OSError."""
    if secret := _stored(path):
        return secret
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        _write(draft, secrets.token_hex(32))
        _publish(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    return _stored(path)


def _encoded(text: str) -> bytes:
    # A header may hold anything, also what is not valid Unicode.
    return text.encode("utf-8", "surrogatepass")


def _stored(path: Path) -> str:
    try:
        secret = path.read_text(encoding="utf-8", errors="surrogateescape").strip()
    except FileNotFoundError:
        return ""
    if not secret:
        path.unlink()  # an empty file protects nobody, and would be in the way of a secret
        return ""
    with contextlib.suppress(PermissionError):  # the file of another user, mounted read-only
        path.chmod(0o600)
    return secret


def _write(path: Path, secret: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="ascii") as file:
        file.write(f"{secret}\n")
        file.flush()
        os.fsync(file.fileno())


def _publish(draft: Path, path: Path) -> None:
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # a link never replaces: whoever comes second takes the first one's secret
    except OSError:
        os.replace(draft, path)  # a file system without links
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
