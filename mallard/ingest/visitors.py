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
        self._salt_of_day = (date.min, b"")

    def visitor_id(self, site_id: str, address: str, user_agent: str, day: date) -> str:
        """The visitor's id on that UTC day: hex HMAC-SHA256 of `site|ip|user-agent`."""
        return _digest(self._salt(day), f"{site_id}|{address}|{user_agent}").hex()

    def _salt(self, day: date) -> bytes:
        # Day and salt are one tuple: another thread sees both or neither.
        known_day, salt = self._salt_of_day
        if day != known_day or not salt:
            salt = _digest(_SALT_KEY, f"{self._secret}:{self._first_day(day).isoformat()}")
            self._salt_of_day = (day, salt)
        return salt

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


def _digest(key: bytes, message: str) -> bytes:
    # A header may hold anything, also what is not valid Unicode.
    return hmac.digest(key, message.encode("utf-8", "surrogatepass"), "sha256")


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
