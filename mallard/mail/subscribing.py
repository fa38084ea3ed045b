"""Who gets which report: notes what is due to whom, and takes out who wants no more."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from msgspec import structs

from mallard.mail.schedule import DISBELIEVED, last_ended, untold
from mallard.notices.book import Book, Every, Notice, ReportOf
from mallard.notices.delivering import with_notices
from mallard.notices.notebook import Notebook
from mallard.register.port import Changed
from mallard.register.site import Site
from mallard.register.sites import Sites


@dataclass(frozen=True, slots=True, order=True)
class Subscription:
    """A report that somebody gets of a site."""

    site: str
    every: Every
    to: str

    @property
    def key(self) -> str:
        """What tells it from all others; none of its parts has a blank in it."""
        return f"{self.site} {self.every} {self.to}"


class Subscriptions:
    """The reports of all sites."""

    def __init__(self, sites: Sites, notebook: Notebook, clock: Callable[[], datetime]) -> None:
        self._sites = sites
        self._notebook = notebook
        self._clock = clock

    def all(self) -> list[Subscription]:
        """Everybody's, in order."""
        found = {one for site_id in self._sites.ids() for one in self._of(site_id)}
        return sorted(found)

    def is_wanted(self, one: Subscription) -> bool:
        """Whether the site's document still says so."""
        return one in self._of(one.site)

    def look(self) -> None:
        """Notes what is due by now. Raises OSError, and then it is noted at the next look."""
        now, wanted = self._clock(), self.all()
        self._notebook.change(lambda book: self._with_due(book, wanted, now))

    def end(self, one: Subscription) -> bool:
        """Takes somebody out of a site's document; whether he was there.

        Raises BadDocument, OSError.
        """
        while (entry := self._sites.entry(one.site)) is not None and self.is_wanted(one):
            with suppress(Changed):  # by somebody else: then out of what is there by now
                self._sites.replace(one.site, _without(entry.site, one), entry.version)
                return True
        return False

    def _of(self, site_id: str) -> Iterator[Subscription]:
        for report in self._sites.of(site_id).reports:
            for address in report.to:
                yield Subscription(site_id, report.every, address)

    def _with_due(self, book: Book, wanted: list[Subscription], now: datetime) -> Book:
        """Who is new gets the next report, and none of what was before."""
        told: dict[str, date] = {}
        due: list[Notice] = []
        for one in wanted:
            zone = self._sites.zone_of(one.site)
            last = last_ended(one.every, zone, now)
            before = book.reports.get(one.key, last)
            ended = untold(one.every, before, zone, now)
            due += [_notice(one, end, now) for end in ended]
            is_possible = before <= last + DISBELIEVED
            told[one.key] = max(before, last) if is_possible else last
        return with_notices(structs.replace(book, reports=told), due)


def subscription_of(notice: Notice) -> Subscription | None:
    """By which a notice goes; None for what is no report."""
    content = notice.content
    if not isinstance(content, ReportOf):
        return None
    return Subscription(content.site, content.every, notice.to)


def _notice(one: Subscription, ended: date, now: datetime) -> Notice:
    told = hashlib.sha256(f"{one.key} {ended}".encode()).hexdigest()[:32]
    return Notice(
        id=told,
        by="mail",
        to=one.to,
        content=ReportOf(one.site, one.every, ended),
        made=now,
        next_try=now,
    )


def _without(site: Site, one: Subscription) -> Site:
    reports = []
    for report in site.reports:
        left = tuple(to for to in report.to if report.every != one.every or to != one.to)
        if left:
            reports.append(structs.replace(report, to=left))
    return structs.replace(site, reports=tuple(reports))
