"""Counts of events by name and properties, against plain Python over the same events."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import astuple
from datetime import date, timedelta
from pathlib import Path

import pytest

from mallard.model import Event, Period
from mallard.reports.query import ReportQuery
from mallard.reports.tally import EVENT, Tally, TallyRow, counts_of_days, tallies
from mallard.store.store import Store
from tests.builders import TODAY, an_event, open_store, store_events
from tests.reports.histories import FIRST_DAY
from tests.reports.oracle import event_value, in_period, moment
from tests.reports.test_figures_match_the_oracle import questions

pytestmark = pytest.mark.fuzz

TIMES = 80
KEYS = (EVENT, "plan", "n", "nowhere")
NAMES = ("pageview", "signup", "purchase", "nothing")


def told(event: Event, by: tuple[str, ...]) -> tuple[str, ...]:
    named = (event.event_name if k == EVENT else event_value(event, f"prop:{k}") for k in by)
    return tuple("(unknown)" if value is None else value for value in named)


def asked(history: dict[str, list[Event]], seed: int):
    """Questions without filters, tallies of all kinds, and the events that may count."""
    rng = random.Random(seed)
    for query, _ in questions(history, seed, TIMES):
        of = tuple(a_tally(rng) for _ in range(rng.randint(1, 4)))
        since = tuple(FIRST_DAY + timedelta(days=rng.randint(-1, 6)) for _ in range(3))
        events = in_period(history[query.site_id], query.site_id, query.period)
        yield ReportQuery(query.site_id, query.period), of, since, events, rng


def a_tally(rng: random.Random) -> Tally:
    names = tuple(rng.sample(NAMES, rng.randint(1, 4)))
    by = tuple(rng.sample(KEYS, rng.randint(0, 3)))
    only = rng.choice((None, None, ("plan", "pro"), ("n", "5"), ("nowhere", "x")))
    return Tally(names, by, only, rng.choice((None, 1, 2, 100)))


def expected_rows(
    events: list[Event], of: Tally, since: tuple[date, ...], order: int
) -> list[TallyRow]:
    counted = [
        event
        for event in events
        if event.event_name in of.events
        and (of.only is None or event_value(event, f"prop:{of.only[0]}") == of.only[1])
    ]
    counts = [Counter(told(e, of.by) for e in counted if moment(e).date() >= s) for s in since]
    rows = [
        TallyRow(key, tuple(count[key] for count in counts))
        for key in {told(event, of.by) for event in counted}
    ]
    places = [order, *(n for n in range(len(since)) if n != order)]
    rows.sort(key=lambda row: ([-row.counts[place] for place in places], row.told))
    return rows[: of.limit]


def test_events_are_counted_by_what_tells_them_apart_within_each_span(store: Store, history):
    found_some = 0
    for query, of, since, events, rng in asked(history, seed=41):
        order = rng.randrange(3)
        expected = [expected_rows(events, one, since, order) for one in of]
        assert tallies(store, query, of, since, order) == expected, (query, of)
        found_some += any(expected)
    assert found_some > TIMES / 4


def test_events_are_counted_by_day(store: Store, history):
    for query, of, _, events, _ in asked(history, seed=42):
        names = of[0].events
        named = [event for event in events if event.event_name in names]
        counts = Counter((moment(event).date(), event.event_name) for event in named)
        expected = [(name, day, count) for (day, name), count in sorted(counts.items())]
        assert [astuple(row) for row in counts_of_days(store, query, names)] == expected


def test_properties_that_are_no_json_are_unknown(data_dir: Path):
    store = open_store(data_dir)
    props = (None, "no json", "[1]", '{"plan":{"a":1}}', '{"plan":null}', '{"plan":"pro"}')
    store_events(store, "b1", [an_event(props=text) for text in props])
    query = ReportQuery("example.com", Period(TODAY, TODAY + timedelta(days=1)))
    (rows,) = tallies(store, query, (Tally(("pageview",), ("plan",)),), (TODAY,))
    assert [(row.told, row.counts) for row in rows] == [
        (("(unknown)",), (4,)),
        (("pro",), (1,)),
        (('{"a":1}',), (1,)),
    ]
    store.close()
