"""The operator's figures: how often what happened within the last 30 days, 90 days and ever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from mallard.config import Portal
from mallard.model import EPOCH, PAGEVIEW, Period
from mallard.reports.arguments import Args, Choice
from mallard.reports.desk import ReportDesk
from mallard.reports.filters import Filter
from mallard.reports.query import ReportQuery
from mallard.reports.tally import DayCount, Tally, TallyRow, counts_of_days, tallies
from mallard.reports.totals import Totals, totals
from mallard.texts.catalogue import N_, _
from mallard.web.portal.subjects import EVERYTHING, Listing, Subject

ONE_DAY = timedelta(days=1)
PAGEVIEWS = Filter("event", "==", (PAGEVIEW,))
MOST_ROWS = 10_000
"""Rows of a file."""
BUCKETS = 120
"""A trend has at most so many points, each of one day, or of several where there are more."""


@dataclass(frozen=True, slots=True)
class Span:
    """Days up to today: as an address names them, and as the page does."""

    name: str
    title: str
    days: int | None

    def start(self, today: date) -> date:
        """Its first day."""
        return EPOCH.date() if self.days is None else today - (self.days - 1) * ONE_DAY

    @property
    def phrase(self) -> str:
        """The same within a sentence."""
        return _("the last %(days)d days", days=self.days) if self.days else _("all days")


SPANS = (
    Span("30", N_("30 days"), 30),
    Span("90", N_("90 days"), 90),
    Span("all", N_("All days"), None),
)


DAYS = Choice(
    "days",
    "Days up to today that count.",
    "90",
    choices=[span.name for span in SPANS],
    default=SPANS[0].name,
    filed_as="days_of_portal",
)


def span_from_args(args: Args) -> int:
    """The place in SPANS of the one that is asked for. Raises BadQuery."""
    return DAYS.choices.index(DAYS.of(args))


NOTHING = (0,) * len(SPANS)


@dataclass(frozen=True, slots=True)
class SubjectFigures:
    """How many events a subject has in each span, and the rows of its lists in their order."""

    subject: Subject
    total: tuple[int, ...]
    rows: list[list[TallyRow]]


@dataclass(frozen=True, slots=True)
class Figures:
    """Asks for the figures of a portal on a day; the span in place `order` orders the lists."""

    desk: ReportDesk
    portal: Portal
    today: date
    order: int = 0

    def of(self, subjects: Iterable[Subject]) -> list[SubjectFigures]:
        """The totals and lists of some subjects, as far as the page shows them."""
        subjects = list(subjects)
        asked = [of for s in subjects for of in (s.whole, *(listing.of for listing in s.listings))]
        answers = iter(self._tallies(asked))
        found = []
        for subject in subjects:
            (total,) = next(answers) or [TallyRow((), NOTHING)]
            rows = [self._with_expected(listing, next(answers)) for listing in subject.listings]
            found.append(SubjectFigures(subject, total.counts, rows))
        return found

    def all_rows(self, listing: Listing) -> list[TallyRow]:
        """The rows of a list, whatever its limit."""
        (rows,) = self._tallies([replace(listing.of, limit=MOST_ROWS)])
        return self._with_expected(listing, rows)

    def trend(self, subject: Subject) -> list[int]:
        """How the events of a subject went over the span, oldest first."""
        days = self.desk.ask(counts_of_days, self._query(self._start), EVERYTHING)
        begin = self._start
        if SPANS[self.order].days is None:
            begin = min((day.day for day in days), default=self.today)
        return in_buckets([day for day in days if day.event in subject.events], begin, self.today)

    def of_pages(self) -> tuple[str, list[Totals]]:
        """The site whose pages are told of, and its figures in each span."""
        site = self.portal.pages_site_id or self.portal.site_id
        # Of the portal's own site most visitors are programs, which look at no page.
        filters = (PAGEVIEWS,) if site == self.portal.site_id else ()
        asked = (self._query(span.start(self.today)) for span in SPANS)
        return site, [
            self.desk.ask(totals, replace(query, site_id=site, filters=filters)) for query in asked
        ]

    @property
    def _start(self) -> date:
        return SPANS[self.order].start(self.today)

    def _with_expected(self, listing: Listing, rows: list[TallyRow]) -> list[TallyRow]:
        """The rows, and at their end zeros for what nothing happened to."""
        found = {row.told for row in rows}
        missing = [told for told in listing.expected(self.portal) if told not in found]
        return rows + [TallyRow(told, NOTHING) for told in missing]

    def _tallies(self, of: list[Tally]) -> list[list[TallyRow]]:
        since = tuple(span.start(self.today) for span in SPANS)
        return self.desk.ask(tallies, self._query(EPOCH.date()), tuple(of), since, self.order)

    def _query(self, start: date) -> ReportQuery:
        return ReportQuery(self.portal.site_id, Period(start, self.today + ONE_DAY))


def in_buckets(counts: Iterable[DayCount], start: date, last: date) -> list[int]:
    """The counts from `start` to `last` in equal steps; the earliest may hold fewer days."""
    days = (last - start).days + 1
    step = -(-days // BUCKETS)
    sums: Counter[int] = Counter()
    for day in counts:
        sums[(last - day.day).days // step] += day.count
    return [sums[place] for place in reversed(range(-(-days // step)))]
