"""PageUrl: the state of the dashboard, which is its address and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from mallard.reports.filters import Filter, parse_filter
from mallard.reports.query import DEFAULT_PERIOD, Args, BadQuery, first
from mallard.web.dashboard.questions import NOTHING_ASKED, Fields, Questions


@dataclass(frozen=True, slots=True)
class PageUrl:
    """Where the reader is; each method gives the address one step away from here."""

    site_id: str | None
    when: Fields = (("period", DEFAULT_PERIOD),)
    filters: tuple[Filter, ...] = ()
    tabs: tuple[str, ...] = ()
    questions: Questions = NOTHING_ASKED

    @classmethod
    def from_args(cls, args: Args) -> PageUrl:
        """The address that request arguments spell; BadQuery when a filter cannot be read."""
        try:
            filters = tuple(parse_filter(text) for text in args.get("filter") or ())
        except ValueError as error:
            raise BadQuery(str(error)) from None
        tabs = tuple(args.get("tab") or ())
        return cls(first(args, "site_id"), _when(args), filters, tabs, Questions.from_args(args))

    @property
    def period(self) -> str | None:
        """The name of the period; None when it is given by its dates."""
        return dict(self.when).get("period")

    @property
    def fields(self) -> Fields:
        """The arguments of the address, in their order."""
        site = (("site_id", self.site_id),) if self.site_id is not None else ()
        filters = tuple(("filter", str(condition)) for condition in self.filters)
        tabs = (("tab", tab) for tab in self.tabs)
        return (*site, *self.when, *filters, *tabs, *self.questions.fields)

    @property
    def fields_without_dates(self) -> Fields:
        """What a form that asks for dates has to send along."""
        return replace(self, when=()).fields

    @property
    def query(self) -> str:
        """The arguments as they stand behind the question mark."""
        return spelt(self.fields)

    def __str__(self) -> str:
        return f"/?{self.query}"

    def at_site(self, site_id: str | None) -> PageUrl:
        """The same period of another site, unfiltered; of all sites for None."""
        return PageUrl(site_id, self.when)

    def in_period(self, name: str) -> PageUrl:
        """The same view over a named period."""
        return replace(self, when=(("period", name),))

    def on_days(self, start: str, last: str) -> PageUrl:
        """The same view from the day `start` to the day `last`, both included."""
        return replace(self, when=(("start_date", start), ("end_date", _day_after(last))))

    def only(self, dimension: str, value: str) -> PageUrl:
        """The same view of those with this value; here, when it is so already."""
        condition = Filter(dimension, "==", (value,))
        if condition in self.filters:
            return self
        return replace(self, filters=(*self.filters, condition))

    def lifting(self, condition: Filter) -> PageUrl:
        """The same view without one of its filters."""
        return replace(self, filters=tuple(f for f in self.filters if f != condition))

    def unfiltered(self) -> PageUrl:
        """The same view without any filter."""
        return replace(self, filters=())

    def showing(self, tab: str | None, instead_of: Iterable[str]) -> PageUrl:
        """The same view with one card turned to `tab`; to its first tab for None."""
        others = tuple(name for name in self.tabs if name not in set(instead_of))
        return replace(self, tabs=others if tab is None else (*others, tab))

    def asking(self, **questions: Any) -> PageUrl:
        """The same view with other questions to the behaviour panels."""
        return replace(self, questions=replace(self.questions, **questions))


def spelt(fields: Fields) -> str:
    """Arguments in the one spelling that all addresses use."""
    return urlencode(fields, safe="/:=!~")


def _when(args: Args) -> Fields:
    start, end, interval = (first(args, name) for name in ("start_date", "end_date", "interval"))
    if start is None or end is None:
        return (("period", first(args, "period") or DEFAULT_PERIOD),)
    dates = (("start_date", start), ("end_date", end))
    return dates if interval is None else (*dates, ("interval", interval))


def _day_after(day: str) -> str:
    """The next day; what is no date stays as it is, for the query's parser to complain about."""
    try:
        return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return day
