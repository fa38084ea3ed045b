"""Counts of events by name and properties, against plain Python over the same events."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import astuple
from datetime import timedelta

from mallard.model import Event
from mallard.reports.query import ReportQuery
from mallard.reports.tally import EVENT, Tally, TallyRow, counts_of_days, tally
from mallard.store.store import Store
from tests.reports.histories import FIRST_DAY
from tests.reports.oracle import event_value, in_period, moment
from tests.reports.test_figures_match_the_oracle import questions

TIMES = 80
KEYS = (EVENT, "plan", "n", "nowhere")
NAMES = ("pageview", "signup", "purchase", "nothing")


def told(event: Event, by: tuple[str, ...]) -> tuple[str, ...]:
    named = (event.event_name if k == EVENT else event_value(event, f"prop:{k}") for k in by)
    return tuple("(unknown)" if value is None else value for value in named)


def asked(history: dict[str, list[Event]], seed: int):
    """Questions without filters, tallies of all kinds, and the events that count."""
    rng = random.Random(seed)
    for query, _ in questions(history, seed, TIMES):
        names = tuple(rng.sample(NAMES, rng.randint(1, 4)))
        by = tuple(rng.sample(KEYS, rng.randint(0, 3)))
        only = rng.choice((None, None, ("plan", "pro"), ("n", "5")))
        since = tuple(FIRST_DAY + timedelta(days=rng.randint(-1, 6)) for _ in range(3))
        events = [
            event
            for event in in_period(history[query.site_id], query.site_id, query.period)
            if event.event_name in names
            and (only is None or event_value(event, f"prop:{only[0]}") == only[1])
        ]
        plain = ReportQuery(query.site_id, query.period, limit=query.limit)
        yield plain, Tally(names, by, only), since, events, rng


def test_events_are_counted_by_what_tells_them_apart_within_each_span(store: Store, history):
    found_some = 0
    for query, of, since, events, rng in asked(history, seed=41):
        order = rng.randrange(3)
        counts = [Counter(told(e, of.by) for e in events if moment(e).date() >= s) for s in since]
        rows = [
            TallyRow(key, tuple(count[key] for count in counts))
            for key in {told(event, of.by) for event in events}
        ]
        places = [order, *(n for n in range(3) if n != order)]
        rows.sort(key=lambda row: ([-row.counts[place] for place in places], row.told))
        assert tally(store, query, of, since, order) == rows, (query, of)
        limited = tally(store, query, of, since, order, is_limited=True)
        assert limited == rows[: query.limit], (query, of)
        found_some += bool(rows)
    assert found_some > TIMES / 4


def test_events_are_counted_by_day(store: Store, history):
    for query, of, _, events, _ in asked(history, seed=42):
        if of.only is not None:
            continue
        counts = Counter((moment(event).date(), event.event_name) for event in events)
        expected = [(name, day, count) for (day, name), count in sorted(counts.items())]
        assert [astuple(row) for row in counts_of_days(store, query, of.events)] == expected
