"""One store of random histories for all tests of reports."""

from __future__ import annotations

import random

import pytest

from mallard.model import Event
from tests.builders import open_store, store_events
from tests.reports import histories

SITES = 85
TIRELESS = 5000


@pytest.fixture(scope="package")
def history() -> dict[str, list[Event]]:
    rng = random.Random(20260318)
    names = [f"site{number}.example" for number in range(SITES)]
    sites = {name: histories.site(rng, name) for name in names}
    sites[names[0]] += histories.tireless_visitor(rng, names[0], TIRELESS)
    return sites


@pytest.fixture(scope="package")
def store(history, tmp_path_factory):
    """Some of it in files, several for a day, and some of it still hot."""
    events = [event for site in history.values() for event in site]
    random.Random(1).shuffle(events)
    store = open_store(tmp_path_factory.mktemp("oracle"))
    for number, batch in enumerate((events[0::3], events[1::3], events[2::3])):
        store_events(store, f"b{number}", batch)
        if number < 2:
            store.roll()
    yield store
    store.close()
