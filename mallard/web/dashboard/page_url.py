"""PageUrl: the state of the dashboard, which is its address and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from urllib.parse import urlencode

from mallard.reports.filters import Filter, parse_filter
from mallard.reports.query import DEFAULT_PERIOD, Args, BadQuery, first

Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PageUrl:
    """Where the reader is; each method gives the address one step away from here."""

    site_id: str | None
    when: Fields = (("period", DEFAULT_PERIOD),)
    filters: tuple[Filter, ...] = ()
    tabs: tuple[str, ...] = ()

    @classmethod
    def from_args(cls, args: Args) -> PageUrl:
        """The address that request arguments spell; BadQuery when a filter cannot be read."""
        try:
            filters = tuple(parse_filter(text) for text in args.get("filter") or ())
        except ValueError as error:
            raise BadQuery(str(error)) from None
        return cls(first(args, "site_id"), _when(args), filters, tuple(args.get("tab") or ()))

    @property
    def period(self) -> str | None:
        """The name of the period; None when it is given by its dates."""
        return dict(self.when).get("period")

    @property
    def fields(self) -> Fields:
        """The arguments of the address, in their order."""
        site = (("site_id", self.site_id),) if self.site_id is not None else ()
        filters = tuple(("filter", str(condition)) for condition in self.filters)
        return (*site, *self.when, *filters, *(("tab", tab) for tab in self.tabs))

    @property
    def fields_without_dates(self) -> Fields:
        """What a form that asks for dates has to send along."""
        return replace(self, when=()).fields

    def __str__(self) -> str:
        return f"/?{urlencode(self.fields, safe='/:=!~')}"

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
