"""Which files are exports of days, and how their figures come in: whole, or not at all."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from mallard.model import Period
from mallard.texts.said import Said, within, words_of
from mallard.transfer.day_figures.kinds import DAY_KINDS, DayProduct
from mallard.transfer.day_figures.making import Made, make
from mallard.transfer.histories.cities import lacking
from mallard.transfer.histories.heads import Head, sha256_of
from mallard.transfer.histories.told import Told
from mallard.transfer.importing import MOST_AHEAD, OnBad
from mallard.transfer.instance import Instance
from mallard.transfer.rows import BadRow
from mallard.transfer.sources import Unreadable


@dataclass(frozen=True, slots=True)
class DayJob:
    """The files of one export; its figures count together."""

    paths: tuple[Path, ...]
    product: DayProduct
    told: Told
    period: Period | None = None

    @property
    def path(self) -> Path:
        """The first of them, to speak of."""
        return self.paths[0]

    @property
    def lacks(self) -> Said | None:
        """What it would tell, if something was installed."""
        return lacking() if self.product is DayProduct.PLAUSIBLE_ZIP else None

    def within(self, period: Period) -> DayJob:
        """The same, of these days alone."""
        return replace(self, period=period)

    def known_by(self) -> str:
        """A SHA-256 of all that decides what comes of it. Raises OSError."""
        sums = sorted(sha256_of(path) for path in self.paths)
        span = [str(self.period.start), str(self.period.end)] if self.period else []
        parts = [self.product, self.told.site_id or "", *sums, *span]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @contextmanager
    def made(self, now: datetime, on_bad: OnBad, place: Path | None = None) -> Iterator[Made]:
        """The figures in files that are there meanwhile. Raises Unreadable."""
        latest = (now + MOST_AHEAD).date()
        directory = Path(tempfile.mkdtemp(prefix="mallard-days-", dir=place))
        try:
            yield self._made(latest, directory, on_bad)
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    def _made(self, latest: date, directory: Path, on_bad: OnBad) -> Made:
        try:
            found = DAY_KINDS[self.product].rows(self.told, self.paths)
            return make(found, self.product, latest, self.period, directory, on_bad)
        except Unreadable as error:
            words = words_of(error)
            is_named = str(self.path) in words
            raise Unreadable(words if is_named else within(self.path, words)) from None
        except (OSError, EOFError, zlib.error, BadRow) as error:
            reason = getattr(error, "strerror", None) or words_of(error)
            raise Unreadable(within(self.path, reason)) from error


def day_jobs(heads: Sequence[tuple[Head, DayProduct]], told: Told) -> list[DayJob]:
    """The files of each product make one job: what they have of a day counts together."""
    found: dict[DayProduct, list[Path]] = {}
    for head, product in heads:
        found.setdefault(product, []).append(head.path)
    return [DayJob(tuple(paths), product, told) for product, paths in found.items()]


@dataclass(frozen=True, slots=True)
class Brought:
    """What became of an export: the days that came in of each site, and sites known before."""

    days: dict[str, int]
    before: tuple[str, ...]


def bring_in(made: Made, known_by: str, instance: Instance, again: bool) -> Brought:
    """Hands the figures of each site over, whole or not at all. Raises MallardError."""
    days, before = dict[str, int](), list[str]()
    for site_id, share in made.shares.items():
        if not again and instance.has_imported_days(site_id, known_by):
            before.append(site_id)
            continue
        with share.path.open("rb") as file:
            instance.import_days(site_id, known_by, file)
        days[site_id] = share.days
    return Brought(days, tuple(before))
