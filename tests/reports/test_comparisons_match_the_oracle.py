"""Rows beside those of another period: each part is the oracle's, on random questions."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pytest

from mallard.model import Event
from mallard.reports.breakdown import DIMENSIONS, breakdown, breakdown_of
from mallard.reports.comparison import change, compared_query
from mallard.reports.query import ReportQuery
from mallard.reports.timeseries import bucket_of, timeseries
from mallard.reports.totals import totals
from mallard.store.store import Store
from mallard.web.api.compared import beside, by_key, by_position
from tests.reports import oracle
from tests.reports.test_figures_match_the_oracle import SOME, questions

pytestmark = pytest.mark.fuzz

CHOICES = ("previous", "2026-03-14..2026-03-17", "2026-03-13..2026-03-20")
Asked = tuple[ReportQuery, ReportQuery, oracle.View, oracle.View]


def asked(history: dict[str, list[Event]], seed: int) -> Iterator[Asked]:
    """A question of two periods, and what the oracle sees in each.

    Some of the first go on, and then the second is looked at up to the same time of its day.
    """
    rng = random.Random(seed)
    for query, view in questions(history, seed, times=SOME):
        days = {"start_date": [str(query.period.start)], "end_date": [str(query.period.end)]}
        midnight = datetime.combine(query.period.start, time.min, UTC)
        now = midnight + timedelta(minutes=rng.randrange(6 * 24 * 60))
        before = compared_query({"compare": [rng.choice(CHOICES)], **days}, query, now)
        assert isinstance(before, ReportQuery)
        until = (
            before.until.replace(tzinfo=UTC) if before.until else datetime.max.replace(tzinfo=UTC)
        )
        begun = [event for event in history[query.site_id] if oracle.moment(event) < until]
        yield query, before, view, oracle.View(begun, query.site_id, before.period, query.filters)


def test_a_part_of_a_period_is_often_asked_for(history) -> None:
    parts = [before.until for _, before, _, _ in asked(history, seed=41)]
    assert 0 < sum(until is not None for until in parts) < len(parts)


def test_figures_stand_beside_those_of_the_other_period(store: Store, history) -> None:
    for query, before, view, other in asked(history, seed=41):
        now, then = oracle.totals(view), oracle.totals(other)
        found = beside(totals(store, query), totals(store, before))
        assert found.pop("comparison") == pytest.approx(then), query
        changes = {name: change(now[name], then[name]) for name in now}
        changes["bounce_rate"] = now["bounce_rate"] - then["bounce_rate"]
        assert found.pop("change") == {name: pytest.approx(by) for name, by in changes.items()}
        assert found == pytest.approx(now), query


def test_buckets_stand_beside_those_at_their_place(store: Store, history) -> None:
    for query, before, view, other in asked(history, seed=42):
        rows = oracle.timeseries(view, query.period, query.interval)
        last = bucket_of(before.until, query.interval) if before.until else "9999"
        others = oracle.timeseries(other, before.period, query.interval)
        others = [bucket for bucket in others if bucket[0] <= last]
        found = by_position(timeseries(store, query), timeseries(store, before))
        assert len(found) == len(rows)
        for place, (row, (_, visitors, pageviews)) in enumerate(zip(found, rows, strict=True)):
            if place < len(others):
                assert tuple(row["comparison"].values()) == others[place]
                expected = [change(visitors, others[place][1]), change(pageviews, others[place][2])]
            else:
                assert row["comparison"] is None
                expected = [None, None]
            assert list(row["change"].values()) == expected


def test_rows_of_a_breakdown_stand_beside_the_same_value(store: Store, history) -> None:
    names = random.Random(43)
    for query, before, _, other in asked(history, seed=43):
        name = names.choice(("pages", "entry_pages", "exit_pages", "sources", "countries"))
        rows = breakdown(store, query, name)
        values = tuple(row.value for row in rows)
        then = {row[0]: row for row in oracle.breakdown(other, DIMENSIONS[name])}
        found = by_key(rows, breakdown_of(store, before, name, values))
        assert [row["value"] for row in found] == list(values)
        for row in found:
            expected = then.get(row["value"], (row["value"], 0, 0))
            assert tuple(row["comparison"].values()) == expected, (query, name)
            assert row["change"]["visitors"] == change(row["visitors"], expected[1])
