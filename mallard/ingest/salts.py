"""The random salts of visitor ids, one for each period; each is destroyed when it is over.

Without its salt no id of a period can be made again, by nobody: from then on nothing ties what is
stored to an address. That is why a salt is in a file of its own, and no backup holds it.
"""

from __future__ import annotations

import binascii
import calendar
import fcntl
import os
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal

import structlog

from mallard import durable
from mallard.durable import Insist, anywhere
from mallard.zones.days import UTC, day_of

log = structlog.get_logger("mallard.ingest.salts")

Rotation = Literal["daily", "weekly", "monthly"]

SALT_BYTES = 32
SURE_AFTER_SECS = 600
"""A salt is destroyed when it has been over for so long: a clock that jumps for a moment takes none
away."""
PASSING_STAYS_SECS = 600
"""A salt for days that are over goes when no event of such a day has come for so long."""
AHEAD = timedelta(minutes=10)
"""So long before it begins, a period gets its salt: no event has to wait for the disk."""

LOCK = ".lock"
DRAFT = ".new"
_NAME = re.compile(r"(\d{4}-\d\d-\d\d)\.(daily|weekly|monthly)")


@dataclass(frozen=True, slots=True)
class SaltPeriod:
    """The days for which one salt is good, `end` exclusive."""

    rotation: Rotation
    first: date

    @property
    def name(self) -> str:
        """What its salt's file is called."""
        return f"{self.first.isoformat()}.{self.rotation}"

    @classmethod
    def named(cls, name: str) -> SaltPeriod | None:
        """The one of this name; None where it is no period's."""
        if (match := _NAME.fullmatch(name)) is None:
            return None
        rotation: Rotation = match[2]  # type: ignore[assignment]  # the pattern's three
        return cls(rotation, date.fromisoformat(match[1]))

    @property
    def end(self) -> date:
        """The first day after it."""
        if self.rotation == "weekly":
            return self.first + timedelta(days=7)
        days = calendar.monthrange(self.first.year, self.first.month)[1]
        return self.first + timedelta(days=days if self.rotation == "monthly" else 1)


def period_of(day: date, rotation: Rotation) -> SaltPeriod:
    """The period that a day is in; weeks begin on Monday."""
    if rotation == "weekly":
        return SaltPeriod(rotation, day - timedelta(days=day.weekday()))
    return SaltPeriod(rotation, day.replace(day=1) if rotation == "monthly" else day)


class Salts:
    """The salts of a directory, which several processes may share.

    A day is that of any time zone that there is: a period goes on as long as it does in one of
    `zones`, and UTC is always among them. Its salt is kept for `grace_days` after it, for events
    that come late. Days further back have salts in memory only, which last as long as such events
    keep coming.
    """

    def __init__(
        self,
        directory: Path,
        rotation: Rotation,
        grace_days: int,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
        insist: Insist = anywhere,
        zones: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        self._directory = directory
        self.rotation: Rotation = rotation
        self._grace = timedelta(days=grace_days)
        self._clock = clock
        self._monotonic = monotonic
        self._insist = insist
        self._zones = zones
        self._lock = threading.Lock()
        self._known: dict[SaltPeriod, bytes] = {}
        self._passing: dict[SaltPeriod, bytes] = {}
        self._passing_used = 0.0
        self._over_since: dict[str, float] = {}
        self.made: Callable[[SaltPeriod], object] = lambda _: None
        """Told of each period that a salt was made for here."""

    def of(self, day: date) -> bytes:
        """The salt of the period that a day is in, on the disk before it is returned.

        One of a period that is over is not there any more, and never was on the disk. Raises
        OSError.
        """
        period = period_of(day, self.rotation)
        with self._lock:
            if self.is_over(period):
                self._passing_used = self._monotonic()
                return self._passing.setdefault(period, secrets.token_bytes(SALT_BYTES))
            if period not in self._known:
                self._known[period] = self._loaded_or_made(period)
            return self._known[period]

    def lasts(self, day: date) -> bool:
        """Whether the salt of the day's period is kept."""
        return not self.is_over(period_of(day, self.rotation))

    def running(self) -> list[Path]:
        """The files of the salts of running periods: of two where a day goes on somewhere."""
        periods = {period_of(day, self.rotation).name for day in self._days(self._clock())}
        return [path for name in sorted(periods) if (path := self._directory / name).exists()]

    def look(self) -> None:
        """Destroys what is over, and makes in time what is about to be needed. Raises OSError."""
        now = self._clock()
        with self._lock:
            if self._monotonic() - self._passing_used >= PASSING_STAYS_SECS:
                self._passing.clear()
            self._known = {p: salt for p, salt in self._known.items() if not self.is_over(p)}
            used = {period.first for period in self._known}
        for today, soon in zip(self._days(now), self._days(now + AHEAD), strict=True):
            if period_of(today, self.rotation).first in used:
                self.of(soon)
        self._insist()
        if self._directory.exists():
            with self._locked():
                self._destroy_what_is_over()

    def lasting(self) -> list[SaltPeriod]:
        """The periods that are not over and those of the next day, in their order."""
        days = self._days(self._clock())
        first, last = min(days) - self._grace, max(days) + timedelta(days=1)
        ordinals = range(first.toordinal(), last.toordinal() + 1)
        return list(
            dict.fromkeys(period_of(date.fromordinal(day), self.rotation) for day in ordinals)
        )

    def has_begun(self, period: SaltPeriod) -> bool:
        """Whether it has, wherever a site may be."""
        return period.first <= max(self._days(self._clock()))

    def has_ended(self, period: SaltPeriod) -> bool:
        """Whether it has everywhere; its salt lasts for the grace after it."""
        return period.end <= min(self._days(self._clock()))

    def is_over(self, period: SaltPeriod) -> bool:
        """Whether it and the grace are, wherever a site may be."""
        return period.end + self._grace <= min(self._days(self._clock()))

    def kept(self, period: SaltPeriod) -> bytes | None:
        """The salt of a period, if there is one. Raises OSError."""
        with self._lock:
            return self._known.get(period) or _read(self._directory / period.name)

    def keep(self, period: SaltPeriod, salt: bytes, instead_of: bytes | None) -> bool:
        """Keeps a salt that others have, too; False where that of now is not the one to replace.

        It is on the disk then. Raises OSError.
        """
        with self._lock, self._writing():
            path = self._directory / period.name
            if _read(path) != instead_of:
                return False
            if instead_of is not None:
                durable.destroy(path)
            self._write(period, salt)
            self._known[period] = salt
        return True

    def _days(self, moment: datetime) -> list[date]:
        """The day of a moment in each of the zones."""
        return [day_of(moment.replace(tzinfo=None), zone) for zone in sorted({UTC, *self._zones()})]

    def _destroy_what_is_over(self) -> None:
        for draft in self._directory.glob(f"*{DRAFT}"):
            durable.destroy(draft)
        seen = self._monotonic()
        over = [name for name, period in self._files() if self.is_over(period)]
        self._over_since = {name: self._over_since.get(name, seen) for name in over}
        for name, since in list(self._over_since.items()):
            if seen - since >= SURE_AFTER_SECS:
                durable.destroy(self._directory / name)
                del self._over_since[name]
                log.info("Destroyed the salt of a period that is over", period=name)

    def _files(self) -> Iterator[tuple[str, SaltPeriod]]:
        for name in sorted(os.listdir(self._directory)):
            if period := SaltPeriod.named(name):
                yield name, period

    def _loaded_or_made(self, period: SaltPeriod) -> bytes:
        with self._writing():
            salt = _read(self._directory / period.name)
            if salt is None:
                salt = secrets.token_bytes(SALT_BYTES)
                self._write(period, salt)
                self.made(period)
        return salt

    def _write(self, period: SaltPeriod, salt: bytes) -> None:
        path = self._directory / period.name
        draft = path.with_name(path.name + DRAFT)
        durable.destroy(draft)  # which somebody who was killed has left
        durable.replace_file(path, _line(salt), draft)
        durable.sync(self._directory.parent)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """The directory is there, and nobody else writes to it."""
        self._insist()
        self._directory.mkdir(mode=0o700, exist_ok=True)
        with self._locked():
            yield

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keeps other processes from making or destroying salts meanwhile."""
        descriptor = os.open(self._directory / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _line(salt: bytes) -> bytes:
    """A salt as its file holds it, with a sum that tells when a bit of it has changed."""
    return b"%s %08x\n" % (binascii.hexlify(salt), binascii.crc32(salt))


def _read(path: Path) -> bytes | None:
    """The salt of a file; None where there is none, or one that has been damaged."""
    try:
        line = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        salt = binascii.unhexlify(line.split(b" ")[0])
    except ValueError:
        salt = b""
    if len(salt) == SALT_BYTES and line == _line(salt):
        return salt
    log.error("A salt is damaged; who comes again counts as a new visitor", file=str(path))
    return None
