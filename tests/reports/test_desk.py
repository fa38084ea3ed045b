"""The desk: what was accepted is in the next report, what is kept is given again."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import duckdb
import pytest

from mallard.app import Mallard
from mallard.model import Period
from mallard.reports.breakdown import breakdown
from mallard.reports.desk import HEAVY, TooBusy
from mallard.reports.filters import parse_filters
from mallard.reports.flow import flow, flow_to
from mallard.reports.flow_tree import flow_tree
from mallard.reports.funnel import funnel
from mallard.reports.journeys import journeys
from mallard.reports.query import ReportQuery
from mallard.reports.retention import retention
from mallard.reports.sequences import sequences
from mallard.reports.timeseries import timeseries
from mallard.reports.together import Asked
from mallard.reports.totals import Totals, plain_totals, totals
from mallard.store.engine.deadlines import QueryTimeout
from mallard.store.reader import Reader
from mallard.store.rollups.declared import Rollup
from mallard.store.rollups.kept import Rollups
from mallard.store.rollups.moment import Moment
from mallard.web.dashboard.together import together

TODAY = Period(date(2026, 3, 18), date(2026, 3, 19))


def asked(mallard: Mallard, site_id: str = "example.com") -> Totals:
    return mallard.reports.ask(totals, ReportQuery(site_id, TODAY))


def test_without_a_cache_every_event_is_in_the_very_next_report(visit, mallard) -> None:
    for number in range(1, 8):
        visit("/")
        assert asked(mallard).total_pageviews == number
        if number % 3 == 0:
            assert mallard.flusher.roll()
            assert asked(mallard).total_pageviews == number


def test_what_one_page_asks_tells_of_the_same_events(visit, mallard) -> None:
    def ask() -> int:
        visit("/")
        return asked(mallard).total_pageviews

    with mallard.reports.one_page():
        assert [ask(), *together([ask, ask])] == [1, 1, 1]
    assert [ask(), ask()] == [4, 5]


def test_one_page_asks_each_question_once(visit, mallard) -> None:
    visit("/")
    asked_for: list[ReportQuery] = []

    def counted(reader: Reader, query: ReportQuery) -> int:
        asked_for.append(query)
        return totals(reader, query).total_pageviews

    def ask(limit: int) -> int:
        query = ReportQuery("example.com", TODAY, limit=limit)
        return int(mallard.reports.ask(counted, query))

    with mallard.reports.one_page():
        assert together([partial(ask, n) for n in (1, 2, 1, 2, 1, 2)]) == [1] * 6
    assert sorted(query.limit for query in asked_for) == [1, 2]
    ask(1)
    assert len(asked_for) == 3


def test_a_question_that_failed_is_asked_again(mallard) -> None:
    failures = [TooBusy("later")]

    def failing(reader: Reader, query: ReportQuery) -> int:
        if failures:
            raise failures.pop()
        return 7

    query = ReportQuery("example.com", TODAY)
    with mallard.reports.one_page():
        with pytest.raises(TooBusy):
            mallard.reports.ask(failing, query)
        assert mallard.reports.ask(failing, query) == 7


FROM_DE = parse_filters(["country==DE"])
FILTERED = ReportQuery("example.com", TODAY, filters=FROM_DE)
EXPECTED = [Asked(plain_totals, FILTERED), Asked(breakdown, FILTERED, ("pages",))]


def on_a_page(mallard: Mallard) -> tuple[Any, Any]:
    """What a page that expects both reports is told."""
    with mallard.reports.one_page():
        mallard.reports.expect(EXPECTED)
        return (
            mallard.reports.ask(plain_totals, FILTERED),
            mallard.reports.ask(breakdown, FILTERED, "pages"),
        )


def test_what_a_page_expects_under_filters_is_one_statement(
    visit, mallard, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit("/")
    apart = plain_totals(mallard.store, FILTERED), breakdown(mallard.store, FILTERED, "pages")
    statements: list[str] = []
    fetch = mallard.store.fetch

    def noting(site_id: str, period: Period, sql: str, *rest: Any) -> Any:
        statements.append(sql)
        return fetch(site_id, period, sql, *rest)

    monkeypatch.setattr(mallard.store, "fetch", noting)
    assert on_a_page(mallard) == apart
    assert len(statements) == 1


def test_what_is_asked_together_fails_once_for_all(
    mallard, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def failing(_site_id: str, _period: Period, sql: str, *_: Any) -> Any:
        tried.append(sql)
        raise QueryTimeout("it took too long")

    monkeypatch.setattr(mallard.store, "fetch", failing)
    with mallard.reports.one_page():
        mallard.reports.expect(EXPECTED)
        for report, *args in ((plain_totals,), (breakdown, "pages")):
            with pytest.raises(QueryTimeout):
                mallard.reports.ask(report, FILTERED, *args)
    assert len(tried) == 1, "nobody waits for the same timeout again"


def test_what_there_is_no_memory_for_is_asked_one_by_one_and_of_the_events(
    visit, mallard, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit("/")
    apart = plain_totals(mallard.store, FILTERED), breakdown(mallard.store, FILTERED, "pages")
    run, asked = mallard.store.queries.run, []

    def without_memory(
        moment: Moment, rollups: Rollups, sql: str, params: Any, rollup: Rollup | None, *rest: Any
    ) -> Any:
        asked.append(rollup and rollup.name)
        if rollup:
            raise duckdb.OutOfMemoryException("could not allocate block")
        return run(moment, rollups, sql, params, rollup, *rest)

    monkeypatch.setattr(mallard.store.queries, "run", without_memory)
    assert on_a_page(mallard) == apart
    assert asked == ["legs", "legs", None, "legs", None]


class TestWithACache:
    @pytest.fixture
    def settings(self, settings: dict[str, Any]) -> dict[str, Any]:
        return settings | {"cache_ttl_secs": 3600}

    def test_an_answer_is_given_again_until_it_is_forgotten(self, visit, mallard) -> None:
        visit("/")
        assert asked(mallard).total_pageviews == 1
        visit("/")
        assert asked(mallard).total_pageviews == 1
        mallard.reports.cache.forget("example.com")
        assert asked(mallard).total_pageviews == 2

    def test_the_first_event_of_a_site_shows_at_once(self, visit, mallard) -> None:
        assert asked(mallard).total_pageviews == 0
        visit("/")
        assert asked(mallard).total_pageviews == 1

    def test_every_report_is_kept_under_its_whole_question(self, visit, mallard) -> None:
        visit("/")
        cache = mallard.reports.cache
        query = ReportQuery("example.com", TODAY)
        for _ in range(2):
            mallard.reports.ask(totals, query)
            mallard.reports.ask(timeseries, query)
            mallard.reports.ask(breakdown, query, "pages")
            mallard.reports.ask(breakdown, query, "events")
            mallard.reports.ask(totals, ReportQuery("example.com", TODAY, limit=5))
        assert (cache.misses, cache.hits, len(cache)) == (5, 5, 5)

    def test_a_question_is_one_however_it_is_put(self, visit, mallard) -> None:
        visit("/")
        desk, query = mallard.reports, ReportQuery("example.com", TODAY)
        desk.ask(breakdown, query, "pages")
        desk.ask(breakdown, query, dimension="pages", offset=0)
        desk.ask(breakdown, query, "pages", "", "visitors")
        assert (desk.cache.misses, desk.cache.hits) == (1, 2)
        desk.ask(breakdown, query, "pages", search="/")
        assert (desk.cache.misses, desk.cache.hits) == (2, 2)

    def test_a_look_is_of_this_moment_and_not_kept(self, visit, mallard) -> None:
        desk, query = mallard.reports, ReportQuery("example.com", TODAY)
        for number in range(1, 4):
            visit("/")
            assert desk.look(totals, query).total_pageviews == number
        assert (desk.cache.misses, desk.cache.hits, len(desk.cache)) == (0, 0, 0)


def test_what_is_asked_for_a_comparison_is_as_heavy_as_the_rest() -> None:
    """A report goes by its name; a renamed one must not become light."""
    reports = (funnel, retention, sequences, flow, flow_to, flow_tree, journeys)
    assert {report.__name__ for report in reports} == HEAVY
