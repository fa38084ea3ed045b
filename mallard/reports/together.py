"""Answers several filtered reports by one statement, so that what filters keep is found once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mallard.reports import kept
from mallard.reports.breakdown import breakdown, breakdown_of_legs
from mallard.reports.conditions import Params
from mallard.reports.kept import Question
from mallard.reports.query import ReportQuery
from mallard.reports.session_series import session_series, session_series_of_legs
from mallard.reports.timeseries import timeseries, timeseries_of_legs
from mallard.reports.totals import plain_totals, totals_of_legs
from mallard.store.reader import Reader, Row

QUESTIONS: Mapping[Callable[..., Any], Callable[..., Question | None]] = {
    plain_totals: totals_of_legs,
    timeseries: timeseries_of_legs,
    session_series: session_series_of_legs,
    breakdown: breakdown_of_legs,
}
"""What each report asks of kept legs under filters; None where they cannot tell."""


ANSWER = {
    "begins": "timestamp",
    "value": "varchar",
    **dict.fromkeys(("visitors", "pageviews", "sessions", "bounces", "duration_us"), "bigint"),
}
"""All columns that answers may have."""


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
    rows = _fetch(reader, query, list(group.values()))
    return dict(zip(group, rows, strict=True))


def _fetch(reader: Reader, query: ReportQuery, questions: Sequence[Question]) -> list[Any]:
    """What each of several reports says, about the same days under the same filters."""
    selects = []
    params: Params = {}
    for place, question in enumerate(questions):
        columns = ", ".join(
            name if name in question.columns else f"null::{kind} as {name}"
            for name, kind in ANSWER.items()
        )
        selects.append(f"select {place} as place, {columns} from ({question.sql})")
        params |= question.params
    rows = kept.fetch(reader, query, " union all ".join(selects), asks_often=True, **params)
    found: list[list[Row]] = [[] for _ in questions]
    places = [[1 + list(ANSWER).index(name) for name in q.columns] for q in questions]
    for row in rows:
        found[row[0]].append(tuple(row[place] for place in places[row[0]]))
    return [question.read(of_it) for question, of_it in zip(questions, found, strict=True)]
