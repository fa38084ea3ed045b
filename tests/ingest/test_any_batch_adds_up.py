"""Whatever a batch holds, each event of it is counted once, and what is accepted is stored once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.wsgi import application
from tests.conftest import CHROME, NOON
from tests.fuzz.size import so_many
from tests.ingest.test_any_event_is_stored_or_refused import any_value, spelled, strange, wild
from tests.ingest.test_collect import GOOGLEBOT
from tests.store.test_store import paths_seen

pytestmark = pytest.mark.fuzz

PLAIN = {"d": "example.com", "n": "pageview", "u": "https://example.com/"}
minutes = st.integers(-3 * 24 * 60, 5).map(lambda ago: NOON + timedelta(minutes=ago))
times = minutes.map(lambda moment: moment.isoformat())
addresses = st.ip_addresses().map(str)
agents = st.sampled_from([CHROME, CHROME, GOOGLEBOT, "curl/8", ""])


def with_more(
    event: st.SearchStrategy[Any], *more: st.SearchStrategy[Any]
) -> st.SearchStrategy[Any]:
    """Events with a time, an address and an agent drawn from these, or without."""
    keys = ("timestamp", "client_ip", "user_agent")
    beside = st.fixed_dictionaries({}, optional=dict(zip(keys, more, strict=True)))
    return st.builds(lambda one, other: one | other, event, beside)


good = with_more(strange, times, addresses, agents)
bad = with_more(st.one_of(strange, wild), *[st.one_of(any_value, st.datetimes().map(str))] * 3)
batches = st.one_of(
    st.lists(good, min_size=1, max_size=30),
    st.lists(st.one_of(good, good, good, bad, any_value), min_size=1, max_size=30),
)


def as_json(item: Any) -> bytes:
    if isinstance(item, dict):
        return spelled(item, is_ascii=True)
    return json.dumps(item).encode("utf-8", "surrogatepass")


def test_whatever_is_sent_adds_up_and_what_is_accepted_is_stored_once(start) -> None:
    mallard: Mallard = start(rate_limit_per_site=0, max_new_sites_per_hour=0)
    key = mallard.access.keys.create("importer", "Ingest").key
    headers = {"X-API-Key": key, "User-Agent": CHROME}
    client = Client(application(mallard))
    accepted = 0

    @settings(max_examples=so_many(20, 1000), suppress_health_check=list(HealthCheck))
    @given(batches, st.booleans())
    @example([PLAIN] * 101, False)
    @example([[None, None]], False)
    def send(batch: list[Any], is_array: bool) -> None:
        nonlocal accepted
        spelled_items = [as_json(item) for item in batch]
        body = b"[%b]" % b",".join(spelled_items) if is_array else b"\n".join(spelled_items)
        # A single line that is an array is a batch itself.
        is_batch = not is_array and len(batch) == 1 and isinstance(batch[0], list)
        sent = len(batch[0] if is_batch else batch)
        response = client.post("/api/events", data=body, headers=headers)
        if response.status_code == 200:
            found = json.loads(response.text)
            indices = [error["index"] for error in found["errors"]]
            assert found["accepted"] + found["dropped"] + len(indices) == sent
            assert indices == sorted(set(indices)) and all(0 <= n < sent for n in indices)
            accepted += found["accepted"]
        else:
            assert response.status_code in (400, 422), response.text
        check(mallard, accepted)

    send()
    assert accepted > 100
    assert mallard.intake.tally.counts()["accepted"] == accepted


def check(mallard: Mallard, accepted: int) -> None:
    """Everything accepted so far is stored, once."""
    assert mallard.flusher.roll()
    assert mallard.flusher.failures == 0
    store = mallard.store
    assert sum(len(paths_seen(store, site_id)) for site_id in store.sites()) == accepted
