"""Plausible's figures, out of ours: percents are rounded, and shares are told of all visitors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from mallard.peers.plausible_stats.money import NO_GOALS, REVENUE, Paid
from mallard.peers.plausible_stats.words import EVENT_GOAL, TIMES, Words, ours
from mallard.reports.arguments import BadQuery
from mallard.reports.combinations import CURRENCY, GOAL, OF_MONEY, ByDimensions, Found
from mallard.reports.goal import Goal
from mallard.reports.imported_combinations import are_told
from mallard.reports.query import ReportQuery
from mallard.reports.where import AllOf, Reaches, Where

Ask = Callable[[ReportQuery, ByDimensions], Found]
Key = tuple[str, ...]
Value = int | float | dict[str, Any] | None

PLAIN = {
    "visitors": "visitors",
    "visits": "sessions",
    "pageviews": "pageviews",
    "events": "events",
    "views_per_visit": "views_per_session",
    "bounce_rate": "bounce_rate",
    "visit_duration": "avg_visit_duration_secs",
}
SHARES = ("percentage", "conversion_rate", "group_conversion_rate")
EXIT_RATE = "exit_rate"
NOT_MEASURED = ("scroll_depth", "time_on_page")
"""Null, as nothing here tells."""
METRICS = (*PLAIN, *SHARES, EXIT_RATE, *NOT_MEASURED)
ONLY_THERE = ("group_conversion_rate", EXIT_RATE, *REVENUE)
"""Rows are put in order by these once they are found."""
ROUNDED: Mapping[str, Callable[[float], Value]] = {
    "views_per_visit": lambda value: round(value, 2),
    "bounce_rate": lambda value: round(100 * value),
    "visit_duration": round,
}
MOST_ROWS = 10_000
MOST_IN_ORDER = 100_000
"""So many rows are put in order by what only Plausible has."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, in Plausible's words; `limit` rows after `offset`, in an order.

    Of `conditions` all must hold, and `order` names what is asked for, with whether the greatest
    comes first.
    """

    query: ReportQuery
    dimensions: tuple[str, ...]
    metrics: tuple[str, ...]
    conditions: tuple[Where, ...]
    order: tuple[tuple[str, bool], ...]
    limit: int = MOST_ROWS
    offset: int = 0
    since: datetime | None = None

    @property
    def where(self) -> Where:
        """All that must hold."""
        return AllOf(self.conditions)

    @property
    def before_goals(self) -> Where:
        """The same without what asks for goals: of whom a share is told."""
        return AllOf(tuple(one for one in self.conditions if not isinstance(one, Reaches)))

    @property
    def asks_goals(self) -> bool:
        """Whether it is of goals at all."""
        filtered = any(isinstance(one, Reaches) for one in self.conditions)
        return filtered or EVENT_GOAL in self.dimensions


@dataclass(frozen=True, slots=True)
class Rows:
    """The values and the figures of each row, as Plausible writes them; how many there are."""

    rows: list[tuple[Key, tuple[Value, ...]]]
    total: int
    why_no_money: str | None = None
    """Why revenue is null in some of them, if so."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Answers questions about a site with these goals."""

    ask: Ask
    goals: tuple[Goal, ...]
    words: Words

    def adds_imported(self, question: Question) -> bool:
        """Whether figures of days that were imported can be added to its rows."""
        is_known = set(question.metrics) <= {*PLAIN, *NOT_MEASURED, "percentage"}
        return is_known and not question.conditions and are_told(self._asked(question))

    def of(self, question: Question) -> Rows:
        """Its rows. Raises BadQuery where figures do not go together."""
        check(question)
        here = [name for name, _ in question.order if name in ONLY_THERE]
        asked = self._asked(question)
        if here:
            asked = replace(asked, order=(), limit=MOST_IN_ORDER, offset=0)
        found = self.ask(question.query, asked)
        paid = self._paid(question, asked)
        columns = list(self._columns(question, asked, found, paid))
        rows = [
            (self._told(question, key), tuple(column[number] for column in columns))
            for number, (key, _) in enumerate(found.rows)
        ]
        if here:
            rows = _in_order(question, rows)[question.offset :][: question.limit]
        return Rows(rows, found.total, paid.why_null if question.asks_goals else NO_GOALS)

    def _asked(self, question: Question) -> ByDimensions:
        """The same in our words."""
        metrics = dict.fromkeys(PLAIN[name] for name in question.metrics if name in PLAIN)
        if set(SHARES) & set(question.metrics) or not metrics:
            metrics["visitors"] = None
        if EXIT_RATE in question.metrics:
            metrics["sessions"] = None
        order = [
            (_ordered_by(name), is_descending)
            for name, is_descending in question.order
            if name not in (*NOT_MEASURED, *ONLY_THERE)
        ]
        return ByDimensions(
            dimensions=tuple(map(ours, question.dimensions)),
            metrics=tuple(metrics),
            where=question.where,
            order=tuple(order),
            limit=question.limit,
            offset=question.offset,
            goals=self.goals,
            since=question.since,
        )

    def _paid(self, question: Question, asked: ByDimensions) -> Paid:
        """What was paid; that of goals alone is told."""
        if not question.asks_goals or set(REVENUE).isdisjoint(question.metrics):
            return Paid()
        by_currency = replace(
            asked,
            dimensions=(*asked.dimensions, CURRENCY),
            metrics=tuple(OF_MONEY),
            order=(),
            limit=MOST_IN_ORDER,
            offset=0,
        )
        return Paid.of(self.ask(question.query, by_currency), CURRENCY)

    def _columns(
        self, question: Question, asked: ByDimensions, found: Found, paid: Paid
    ) -> Iterator[list[Value]]:
        """The figures of all rows, metric by metric."""
        for name in question.metrics:
            if name in PLAIN:
                place, rounded = asked.metrics.index(PLAIN[name]), ROUNDED.get(name, _as_it_is)
                yield [rounded(figures[place]) for _, figures in found.rows]
            elif name in NOT_MEASURED:
                yield [None] * len(found.rows)
            elif name in REVENUE:
                yield list(paid.column(name, found))
            elif name == EXIT_RATE:
                yield list(self._exit_rates(question, asked, found))
            else:
                yield list(self._shares(name, question, asked, found))

    def _shares(
        self, name: str, question: Question, asked: ByDimensions, found: Found
    ) -> Iterator[Value]:
        """Which part of all visitors, or of those of their group, each row has, in percent."""
        kept = [n for n, one in enumerate(asked.dimensions) if one != GOAL]
        if name != "group_conversion_rate":
            kept = []
        whole = replace(
            asked,
            dimensions=tuple(asked.dimensions[n] for n in kept),
            metrics=("visitors",),
            where=question.where if name == "percentage" else question.before_goals,
            order=(),
            limit=MOST_IN_ORDER,
            offset=0,
        )
        names = found.dimensions
        groups = self.ask(question.query, whole)
        everyone = {key: figures[0] for key, figures in groups.rows}
        place = asked.metrics.index("visitors")
        for key, figures in found.rows:
            own = tuple(key[names.index(name)] for name in groups.dimensions)
            yield _percent(figures[place], everyone.get(own, 0))

    def _exit_rates(self, question: Question, asked: ByDimensions, found: Found) -> Iterator[Value]:
        """Which part of a page's views were the last of a session, in percent."""
        views = replace(
            asked,
            dimensions=("page",),
            metrics=("pageviews",),
            order=(),
            limit=MOST_IN_ORDER,
            offset=0,
        )
        viewed = {key[0]: figures[0] for key, figures in self.ask(question.query, views).rows}
        place = asked.metrics.index("sessions")
        for key, figures in found.rows:
            yield _percent(figures[place], viewed.get(key[0], 0))

    def _told(self, question: Question, key: Key) -> Key:
        """A row's values; the country beside a city is not asked for."""
        return tuple(
            time_told(name, value) if name in TIMES else self.words.told(name, value)
            for name, value in zip(question.dimensions, key, strict=False)
        )


def time_told(dimension: str, bucket: str) -> str:
    """The beginning of a bucket, as Plausible writes it.

    Of two hours of one name each has its distance from UTC behind it.
    """
    if dimension == "time:hour":
        length = len("YYYY-MM-DD HH:MM")
        return f"{bucket[:length]}:00{bucket[length:]}"
    return f"{bucket}-01" if dimension == "time:month" else bucket


def check(question: Question) -> None:
    """Raises BadQuery where the metrics do not go with the dimensions and filters."""
    metrics = set(question.metrics)
    if "percentage" in metrics and not question.dimensions:
        raise BadQuery("metrics: percentage needs a dimension")
    if metrics & {"conversion_rate", "group_conversion_rate"} and not question.asks_goals:
        raise BadQuery("metrics: conversion rates need a filter or dimension event:goal")
    if EXIT_RATE in metrics and question.dimensions != ("visit:exit_page",):
        raise BadQuery(f"metrics: {EXIT_RATE} needs visit:exit_page as the only dimension")


def metrics_named(names: Sequence[str], known: Sequence[str] = METRICS) -> tuple[str, ...]:
    """The metrics of these names, which are among those that are known. Raises BadQuery."""
    unknown = [name for name in names if name not in known]
    if unknown:
        raise BadQuery(f"metrics: {unknown[0]!r:.200} must be one of {', '.join(known)}")
    if not names or len(set(names)) < len(names):
        raise BadQuery("metrics: name at least one, and each once")
    return tuple(names)


def _ordered_by(name: str) -> str:
    """What of ours the rows are put in order by."""
    if name in ("percentage", "conversion_rate"):
        return "visitors"
    return PLAIN.get(name) or ours(name)


def _as_it_is(value: float) -> Value:
    return value


def _percent(part: float, whole: float) -> Value:
    return round(100 * part / whole, 2) if whole else 0.0


def _in_order(
    question: Question, rows: list[tuple[Key, tuple[Value, ...]]]
) -> list[tuple[Key, tuple[Value, ...]]]:
    """The rows in the order that is asked for; of equal ones the order stays."""
    names = [*question.dimensions, *question.metrics]
    for name, is_descending in reversed(question.order):
        rows = sorted(rows, key=partial(_value_at, names.index(name)), reverse=is_descending)
    return rows


def _value_at(place: int, row: tuple[Key, tuple[Value, ...]]) -> tuple[bool, Any]:
    """What rows are sorted by; nothing comes before all values."""
    value = (*row[0], *row[1])[place]
    return value is not None, value["value"] if isinstance(value, dict) else value
