"""The second version of the Stats API: what a query asks for, and its answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from mallard.model import Period
from mallard.peers.moments import between, in_zone
from mallard.peers.plausible_stats.figures import (
    METRICS,
    MOST_ROWS,
    NOT_MEASURED,
    Figures,
    Question,
    Rows,
    metrics_named,
    time_told,
)
from mallard.peers.plausible_stats.filters_v2 import Filters
from mallard.peers.plausible_stats.imports import (
    LEFT_OUT,
    DaysOf,
    with_imports,
    without_imports,
)
from mallard.peers.plausible_stats.money import REVENUE, WHY_NULL
from mallard.peers.plausible_stats.v2_dates import days_of, interval_of
from mallard.peers.plausible_stats.words import TIMES, ours
from mallard.reports.arguments import BadQuery
from mallard.reports.query import ReportQuery
from mallard.reports.timeseries import buckets

MOST_DIMENSIONS = 8
TIME = "time"
WARNING = {"code": "not_measured", "warning": "Mallard does not measure this; it is null."}


class Include(msgspec.Struct, forbid_unknown_fields=True):
    """What an answer says beside its rows."""

    imports: bool = False
    time_labels: bool = False
    total_rows: bool = False


class Pagination(msgspec.Struct, forbid_unknown_fields=True):
    """How many rows, and after how many."""

    limit: int = MOST_ROWS
    offset: int = 0


class Body(msgspec.Struct, forbid_unknown_fields=True):
    """A query."""

    site_id: str
    metrics: list[str]
    date_range: Any
    dimensions: list[str] = []
    filters: list[Any] = []
    order_by: list[tuple[str, str]] = []
    include: Include = msgspec.field(default_factory=Include)
    pagination: Pagination = msgspec.field(default_factory=Pagination)


_decoder = msgspec.json.Decoder(Body)


def parsed(body: bytes) -> Body:
    """The query that a body holds. Raises BadQuery."""
    try:
        return _decoder.decode(body.decode())
    except msgspec.ValidationError as error:
        raise BadQuery(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadQuery("the body is not valid JSON") from None


@dataclass(frozen=True, slots=True)
class Answering:
    """Answers a query about a site at a moment of a day of its time zone."""

    body: Body
    site_id: str
    now: datetime
    today: date
    zone: str
    figures: Figures
    first_day: Callable[[], date]
    in_segments: Callable[[ReportQuery, Sequence[str]], ReportQuery]
    """A query with the filters of the segments of these names as well. Raises BadQuery."""
    imported_days: DaysOf

    def answer(self) -> dict[str, Any]:
        """Rows, what is to be known of them, and the query as understood. Raises BadQuery."""
        question = self._question()
        question, imports = self._imports(question)
        found = self.figures.of(question)
        return {
            "results": [
                {
                    "dimensions": _labels(question.query.period, question.dimensions, key),
                    "metrics": figures,
                }
                for key, figures in found.rows
            ],
            "meta": imports | self._meta(question, found),
            "query": self._understood(question),
        }

    def _question(self) -> Question:
        body = self.body
        query, since = self._query()
        dimensions = tuple(
            f"time:{interval_of(query.period)}" if name == TIME else name
            for name in body.dimensions
        )
        for name in dimensions:
            ours(name)
        if len(set(dimensions)) < len(dimensions) or len(dimensions) > MOST_DIMENSIONS:
            raise BadQuery(f"dimensions: name each once, and at most {MOST_DIMENSIONS}")
        metrics = metrics_named(body.metrics, (*METRICS, *REVENUE))
        limit, offset = body.pagination.limit, body.pagination.offset
        if not 1 <= limit <= MOST_ROWS or not 0 <= offset <= 1_000_000:
            raise BadQuery(f"pagination: limit is 1 to {MOST_ROWS}, and offset 0 or more")
        filters = Filters(self.figures.goals, self.figures.words)
        return Question(
            self.in_segments(query, filters.segments(body.filters)),
            dimensions,
            metrics,
            filters.conditions(body.filters),
            self._order(dimensions, metrics),
            limit,
            offset,
            since,
        )

    def _query(self) -> tuple[ReportQuery, datetime | None]:
        """The period, and from when on of its first day."""
        found = days_of(self.body.date_range, self.today, self.now, self.first_day)
        if isinstance(found, Period):
            return ReportQuery(self.site_id, replace(found, zone=self.zone)), None
        return between(self.site_id, *found, self.zone)

    def _order(
        self, dimensions: Sequence[str], metrics: Sequence[str]
    ) -> tuple[tuple[str, bool], ...]:
        if not self.body.order_by:
            times = [(name, False) for name in dimensions if name in TIMES]
            return (*times[:1], (metrics[0], True))
        found = []
        for name, way in self.body.order_by:
            of_time = next((one for one in dimensions if one in TIMES), TIME)
            name = of_time if name == TIME else name
            if name not in (*dimensions, *metrics) or way not in ("asc", "desc"):
                raise BadQuery(
                    'order_by: each is a metric or dimension of the query, with "asc" or "desc"'
                )
            found.append((name, way == "desc"))
        return tuple(found)

    def _imports(self, question: Question) -> tuple[Question, dict[str, Any]]:
        """The question with imported days if they are asked for, and what is said of them."""
        if not self.body.include.imports:
            return without_imports(question), {}
        question, reason = with_imports(question, self.figures, self.imported_days)
        if reason is None:
            return question, {"imports_included": True}
        warning = {"imports_warning": LEFT_OUT[reason]} if reason in LEFT_OUT else {}
        return question, {"imports_included": False, "imports_skip_reason": reason, **warning}

    def _meta(self, question: Question, found: Rows) -> dict[str, Any]:
        include = self.body.include
        meta: dict[str, Any] = {}
        warnings = {name: WARNING for name in question.metrics if name in NOT_MEASURED}
        if why := found.why_no_money:
            of_money = {"code": why, "warning": WHY_NULL[why]}
            warnings |= {name: of_money for name in question.metrics if name in REVENUE}
        if warnings:
            meta["metric_warnings"] = warnings
        if include.time_labels:
            name = next((name for name in question.dimensions if name in TIMES), None)
            if name is None:
                raise BadQuery("include: time_labels needs a dimension of time")
            labels = buckets(question.query.period, TIMES[name])
            meta["time_labels"] = [
                _labels(question.query.period, (name,), (time_told(name, label),))[0]
                for label in labels
            ]
        if include.total_rows:
            meta["total_rows"] = found.total
        return meta

    def _understood(self, question: Question) -> dict[str, Any]:
        query, body = question.query, self.body
        start = question.since or query.period.begins_at
        last = (query.until or query.period.ends_at) - timedelta(seconds=1)
        return {
            "site_id": body.site_id,
            "metrics": question.metrics,
            "date_range": [in_zone(moment, self.zone).isoformat() for moment in (start, last)],
            "filters": body.filters,
            "dimensions": body.dimensions,
            "order_by": [
                [name, "desc" if is_descending else "asc"] for name, is_descending in question.order
            ],
            "include": body.include,
            "pagination": body.pagination,
        }


def _labels(period: Period, dimensions: Sequence[str], key: Sequence[str]) -> list[str]:
    """The values of a row; a week that began before the period goes by its first day."""
    first = period.start.isoformat()
    return [
        max(value, first) if name == "time:week" else value
        for name, value in zip(dimensions, key, strict=True)
    ]
