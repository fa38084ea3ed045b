"""PageUrl: the state of the dashboard, which is its address and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from mallard.reports.arguments import Args, BadQuery, first
from mallard.reports.conversions import ORDERS
from mallard.reports.filters import Filter, parse_filters
from mallard.reports.parameters import DEFAULT_PERIOD
from mallard.texts.said import words_of
from mallard.web.dashboard.listing import AS_USUAL, Listing
from mallard.web.dashboard.questions import NOTHING_ASKED, Fields, Questions
from mallard.web.dashboard.shared import REALTIME_PANEL, Shared

HOME = "/"
LANG = "lang"


@dataclass(frozen=True, slots=True)
class PageUrl:
    """Where the reader is; each method gives the address one step away from here."""

    site_id: str | None
    when: Fields = (("period", DEFAULT_PERIOD),)
    interval: str | None = None
    compare: str | None = None
    metric: str | None = None
    filters: tuple[Filter, ...] = ()
    segment: str | None = None
    goal: str | None = None
    tabs: tuple[str, ...] = ()
    questions: Questions = NOTHING_ASKED
    listing: Listing = AS_USUAL
    path: str = HOME
    base: str = ""
    """What stands in front of every path of ours."""
    lang: str | None = None
    """The language that the address itself names."""
    share: Shared | None = None
    """Of a page that a shared link opens: what it shows. The base says of which site."""

    @classmethod
    def from_args(cls, args: Args, path: str = HOME, base: str = "") -> PageUrl:
        """The address that request arguments spell; BadQuery when one cannot be read."""
        try:
            filters = parse_filters(args.get("filter") or ())
        except ValueError as error:
            raise BadQuery(words_of(error)) from None
        return cls(
            site_id=first(args, "site_id"),
            when=_when(args),
            interval=first(args, "interval"),
            compare=first(args, "compare"),
            metric=first(args, "metric"),
            filters=filters,
            segment=first(args, "segment"),
            goal=first(args, "goal"),
            tabs=tuple(args.get("tab") or ()),
            questions=Questions.from_args(args),
            listing=Listing.from_args(args),
            path=path,
            base=base,
            lang=first(args, LANG),
        )

    @property
    def period(self) -> str | None:
        """The name of the period; None when it is given by its dates."""
        return dict(self.when).get("period")

    @property
    def fields(self) -> Fields:
        """The arguments of the address, in their order."""
        single = {"interval": self.interval, "compare": self.compare, "metric": self.metric}
        return (
            *((("site_id", self.site_id),) if self.site_id is not None and not self.share else ()),
            *self.when,
            *((name, value) for name, value in single.items() if value is not None),
            *(("filter", str(condition)) for condition in self.filters),
            *((("segment", self.segment),) if self.segment is not None else ()),
            *((("goal", self.goal),) if self.goal is not None else ()),
            *(("tab", tab) for tab in self.tabs),
            *self.questions.fields,
            *self.listing.fields,
            *(((LANG, self.lang),) if self.lang is not None else ()),
            *(self.share.look.fields if self.share and self.share.look else ()),
        )

    @property
    def args(self) -> Args:
        """The same as names with their values."""
        found: dict[str, list[str]] = {}
        for name, value in self.fields:
            found.setdefault(name, []).append(value)
        return found

    @property
    def report_query(self) -> str:
        """The arguments that make the JSON API answer what this page shows."""
        url = PageUrl(self.site_id, self.when, self.interval, self.compare)
        return replace(url, filters=self.filters, segment=self.segment, goal=self.goal).query

    @property
    def is_filtered(self) -> bool:
        """Whether anybody may be left out."""
        return bool(self.filters or self.segment)

    @property
    def shows_now(self) -> bool:
        """Whether it is told who is there at this moment."""
        return self.shows(REALTIME_PANEL)

    def shows(self, panel: str) -> bool:
        """Whether the reader may see a panel."""
        return self.share is None or self.share.shows(panel)

    @property
    def query(self) -> str:
        """The arguments as they stand behind the question mark."""
        return spelt(self.fields)

    def __str__(self) -> str:
        return f"{self.base}{self.path}?{self.query}"

    @property
    def goal_to_make(self) -> tuple[str, str] | None:
        """The one event or page that is filtered by, as what a goal may be of and its value."""
        if len(self.filters) != 1 or not self.filters[0].is_one_value_of("event", "page"):
            return None
        (one,) = self.filters
        return one.dimension, one.values[0]

    def fields_without(self, *names: str) -> Fields:
        """What a form has to send along that asks for `names` itself."""
        return tuple(field for field in self.fields if field[0] not in names)

    def at_site(self, site_id: str | None) -> PageUrl:
        """The same period of another site, unfiltered; of all sites for None."""
        url = PageUrl(site_id, self.when, self.interval, self.compare, self.metric)
        return replace(url, base=self.base, lang=self.lang)

    def at(self, path: str) -> PageUrl:
        """The same view on another page of the site, its list from the start."""
        return replace(self, path=path, listing=AS_USUAL)

    def in_period(self, name: str) -> PageUrl:
        """The same view over a named period."""
        return self._over((("period", name),))

    def on_days(self, start: str, last: str) -> PageUrl:
        """The same view from the day `start` to the day `last`, both included."""
        return self._over((("start_date", start), ("end_date", _day_after(last))))

    def comparing(self, with_what: str | None) -> PageUrl:
        """The same view beside another period: `previous`, `year`, `FROM..TO`; None for none."""
        return replace(self, compare=with_what)

    def comparing_with_days(self, start: str, last: str) -> PageUrl:
        """The same view beside the days from `start` to `last`, both included."""
        return self.comparing(f"{start}..{_day_after(last)}")

    def by(self, interval: str | None) -> PageUrl:
        """The same view with another width of the chart's buckets."""
        return replace(self, interval=interval)

    def charting(self, metric: str | None) -> PageUrl:
        """The same view with another figure in the chart."""
        return replace(self, metric=metric)

    def only(self, dimension: str, value: str) -> PageUrl:
        """The same view of those with this value; here, when it is so already, or may not be."""
        condition = Filter(dimension, "==", (value,))
        if condition in self.filters or not self._may_filter(dimension):
            return self
        return self._filtered((*self.filters, condition))

    def containing(self, dimension: str, text: str) -> PageUrl:
        """The same view of those whose value contains a text, without the search for it."""
        if not self._may_filter(dimension):
            return self
        condition = Filter(dimension, "~=", (text,))
        return replace(self._filtered((*self.filters, condition)), listing=AS_USUAL)

    def exchanging(self, old: str, new: Filter) -> PageUrl:
        """The same view with another filter, in the place of the one that `old` spells, if any."""
        others = [one for one in self.filters if str(one) != old]
        places = [n for n, one in enumerate(self.filters) if str(one) == old]
        if new not in others:
            others.insert(places[0] if places else len(others), new)
        return self._filtered(tuple(others))

    def filtering(self, **asked: str) -> str:
        """Where a filter is made, or edited, that leads back here."""
        return f"{self.base}/filter?{spelt((*asked.items(), *self.fields, ('path', self.path)))}"

    def lifting(self, condition: Filter) -> PageUrl:
        """The same view without one of its filters."""
        return self._filtered(tuple(f for f in self.filters if f != condition))

    def unfiltered(self) -> PageUrl:
        """The same view without any filter."""
        return replace(self._filtered(()), segment=None)

    def in_segment(self, name: str | None) -> PageUrl:
        """The same view of a segment; of everyone for None."""
        return replace(self, segment=name, listing=self.listing.from_its_start())

    def choosing(self, goal: str | None) -> PageUrl:
        """The same view with the conversions of a goal; without any for None."""
        metric = None if goal is None and self.metric in ORDERS else self.metric
        return replace(self, goal=goal, metric=metric, listing=self.listing.unordered())

    def showing(self, tab: str | None, instead_of: Iterable[str]) -> PageUrl:
        """The same view with one card turned to `tab`; to its first tab for None."""
        others = tuple(name for name in self.tabs if name not in set(instead_of))
        return replace(self, tabs=others if tab is None else (*others, tab))

    def asking(self, **questions: Any) -> PageUrl:
        """The same view with other questions to the behaviour panels."""
        return replace(self, questions=replace(self.questions, **questions))

    def listed(self, **listing: Any) -> PageUrl:
        """The same view with another search, order or page of its list."""
        return replace(self, listing=replace(self.listing, **listing))

    def _may_filter(self, dimension: str) -> bool:
        return self.share is None or self.share.may_filter(dimension)

    def _over(self, when: Fields) -> PageUrl:
        """Over other days; the width of the buckets may not fit them, so it is the usual one."""
        return replace(self, when=when, interval=None, listing=self.listing.from_its_start())

    def _filtered(self, filters: tuple[Filter, ...]) -> PageUrl:
        return replace(self, filters=filters, listing=self.listing.from_its_start())


def spelt(fields: Fields) -> str:
    """Arguments in the one spelling that all addresses use."""
    return urlencode(fields, safe="/:=!~*")


def _when(args: Args) -> Fields:
    start, end = first(args, "start_date"), first(args, "end_date")
    if start is None or end is None:
        return (("period", first(args, "period") or DEFAULT_PERIOD),)
    return (("start_date", start), ("end_date", end))


def _day_after(day: str) -> str:
    """The next day; what is no date stays as it is, for the query's parser to complain about."""
    try:
        return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return day
