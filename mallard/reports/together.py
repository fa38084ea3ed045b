"""Answers several filtered reports by one statement, so that what filters keep is found once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mallard.reports import kept
from mallard.reports.breakdown import breakdown, breakdown_of_legs
from mallard.reports.kept import Question
from mallard.reports.query import ReportQuery
from mallard.reports.session_series import session_series, session_series_of_legs
from mallard.reports.timeseries import timeseries, timeseries_of_legs
from mallard.reports.totals import totals, totals_of_legs
from mallard.store.reader import Reader

QUESTIONS: Mapping[Callable[..., Any], Callable[..., Question | None]] = {
    totals: totals_of_legs,
    timeseries: timeseries_of_legs,
    session_series: session_series_of_legs,
    breakdown: breakdown_of_legs,
}
"""What each report asks of kept legs under filters; None where they cannot tell."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A report, its query, and its further arguments, all of them."""

    report: Callable[..., Any]
    query: ReportQuery
    args: tuple[Any, ...] = ()


def groups(asked: Sequence[Asked]) -> list[dict[Asked, Question]]:
    """Those that can be answered together: of the same days and filters, and two at least.

    Kept legs tell of the filters of each.
    """
    found: dict[ReportQuery, dict[Asked, Question]] = {}
    for one in asked:
        make = QUESTIONS.get(one.report)
        question = make(one.query, *one.args) if make else None
        if question is not None:
            same = replace(one.query, interval="", limit=0)
            found.setdefault(same, {})[one] = question
    return [group for group in found.values() if len(group) > 1]


def answers(reader: Reader, group: Mapping[Asked, Question]) -> dict[Asked, Any]:
    """What each of a group says. Raises duckdb.Error, QueryTimeout."""
    query = next(iter(group)).query
    rows = kept.fetch_together(reader, query, list(group.values()))
    return dict(zip(group, rows, strict=True))
