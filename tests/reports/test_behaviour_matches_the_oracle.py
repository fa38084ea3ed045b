"""Sessions, funnels, sequences, flows and retention of random histories, against the oracle."""

from __future__ import annotations

import random
from dataclasses import astuple
from datetime import date, timedelta

import pytest

from mallard.model import Event, Period
from mallard.reports.flow import flow, flow_to
from mallard.reports.flow_tree import flow_tree
from mallard.reports.funnel import Lost, funnel
from mallard.reports.journeys import journeys
from mallard.reports.query import ReportQuery
from mallard.reports.retention import retention
from mallard.reports.sequences import sequences
from mallard.reports.sessions import sessions
from mallard.reports.steps import Step
from mallard.store.store import Store
from tests.reports import behaviour_oracle, histories, oracle
from tests.reports.test_figures_match_the_oracle import SOME, questions

pytestmark = pytest.mark.fuzz

WINDOWS = (timedelta(seconds=1), timedelta(minutes=30), timedelta(hours=7), timedelta(weeks=1))


def steps(rng: random.Random, least: int) -> tuple[Step, ...]:
    possible = [Step("page", path) for path in histories.PAGES[:4]]
    possible += [Step("page", "/a%2Ab"), Step("page", "/*a*"), Step("page", "/%C3%A*")]
    possible += [Step("event", "pageview"), Step("event", "signup"), Step("event", "ünï ☃")]
    return tuple(rng.choices(possible, k=rng.choice((least, 2, 2, 3, 3, 4, 7))))


def test_sessions(store: Store, history) -> None:
    for query, view in questions(history, seed=11):
        count = len(view.sessions)
        lasted_us = sum(s[-1].timestamp - s[0].timestamp for s in view.sessions)
        pages = sum(oracle.pageviews(session) for session in view.sessions)
        expected = (count, lasted_us / count / 1e6 if count else 0, pages / count if count else 0)
        assert astuple(sessions(store, query)) == pytest.approx(expected), query


def test_funnels(store: Store, history) -> None:
    rng = random.Random(12)
    for query, view in questions(history, seed=12):
        taken, window = steps(rng, least=1), rng.choice(WINDOWS)
        expected = behaviour_oracle.funnel(view, taken, window)
        rows = funnel(store, query, taken, window)
        assert [row.visitors for row in rows] == expected, (query, taken, window)


def test_sequences(store: Store, history) -> None:
    rng = random.Random(13)
    for query, view in questions(history, seed=13):
        taken = steps(rng, least=2)
        figures = sequences(store, query, taken)
        found = (figures.converting_visitors, figures.total_visitors)
        assert found == behaviour_oracle.sequences(view, taken), (query, taken)


def test_flows(store: Store, history) -> None:
    rng = random.Random(14)
    for query, view in questions(history, seed=14):
        page = rng.choice(histories.PAGES)
        rows = [astuple(row) for row in flow(store, query, page)]
        assert rows == behaviour_oracle.flow(view, page), (query, page)


def test_trees_of_flows(store: Store, history) -> None:
    rng = random.Random(18)
    some = 0
    for query, view in questions(history, seed=18, times=2 * SOME):
        page, depth = rng.choice(histories.PAGES), rng.randint(1, 3)
        for direction in ("forward", "backward"):
            found = astuple(flow_tree(store, query, page, direction, depth))
            expected = behaviour_oracle.flow_tree(view, page, direction, depth)
            assert found == expected, (query, page, direction, depth)
            some += bool(found[-1] and depth == 3)
        (branches,) = astuple(flow_tree(store, query, page, "forward", 1))[-1:]
        assert [one[:2] for one in branches] == behaviour_oracle.flow(view, page)
    assert some


def test_journeys(store: Store, history) -> None:
    rng = random.Random(19)
    some = 0
    for query, view in questions(history, seed=19, times=SOME):
        pages = rng.choice((2, 3, 5, 10))
        found = [astuple(row) for row in journeys(store, query, pages)]
        assert found == behaviour_oracle.journeys(view, pages)[: query.limit], (query, pages)
        some += bool(found)
    assert some


def test_flows_to_certain_pages(store: Store, history) -> None:
    rng = random.Random(16)
    for query, view in questions(history, seed=16, times=SOME):
        page, *wanted = rng.sample(histories.PAGES, 3)
        expected = [row for row in behaviour_oracle.flow(view, page) if row[0] in wanted]
        rows = [astuple(row) for row in flow_to(store, query, page, tuple(wanted))]
        assert rows == expected, (query, page, wanted)
        assert flow_to(store, query, page, ()) == []


def test_flows_of_those_who_did_not_reach_the_next_step(store: Store, history) -> None:
    rng = random.Random(17)
    some = 0
    for query, view in questions(history, seed=17):
        taken, window = steps(rng, least=2), rng.choice(WINDOWS)
        lost = Lost(taken, window, rng.randrange(1, len(taken)))
        page = rng.choice(histories.PAGES)
        expected = behaviour_oracle.flow_of_lost(view, page, taken, window, lost.number)
        rows = [astuple(row) for row in flow(store, query, page, lost)]
        assert rows == expected, (query, page, lost)
        wanted = tuple(rng.sample(histories.PAGES, 2))
        to = [astuple(row) for row in flow_to(store, query, page, wanted, lost)]
        assert to == [row for row in expected if row[0] in wanted], (query, page, lost)
        some += bool(rows)
    assert some


def test_retention(store: Store, history: dict[str, list[Event]]) -> None:
    rng = random.Random(15)
    for query, _ in questions(history, seed=15):
        weeks = rng.choice((1, 2, 4, 9))
        rows = [astuple(row) for row in retention(store, query, weeks)]
        assert rows == expected_retention(history[query.site_id], query, weeks), (query, weeks)


def expected_retention(events: list[Event], query: ReportQuery, weeks: int):
    if query.period.start == query.period.end:
        return []
    last_day = query.period.end - timedelta(days=1)
    end = behaviour_oracle.monday(last_day) + timedelta(weeks=1)
    everything = oracle.View(events, query.site_id, Period(date.min, end), query.filters)
    return behaviour_oracle.retention(everything, last_day, weeks)
