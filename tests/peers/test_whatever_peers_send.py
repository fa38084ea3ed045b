"""Whatever comes in another product's form is stored once or refused; nothing breaks on it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as of_trials
from hypothesis import strategies as st
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.config import Peers
from mallard.register.site import Site
from mallard.wsgi import application
from tests.conftest import CHROME
from tests.fuzz.size import so_many
from tests.ingest.test_any_event_is_stored_or_refused import (
    any_text,
    any_value,
    header,
    props,
    urls,
)

pytestmark = pytest.mark.fuzz

SITE = "example.com"
sites = st.one_of(st.just(SITE), st.just(f"www.{SITE},{SITE}"), any_text, any_value)
names = st.one_of(st.just("pageview"), st.just("engagement"), any_text, st.integers())
texts = st.one_of(any_text, any_value)

plausible = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("n", "name"), names),
        **dict.fromkeys(("u", "url"), st.one_of(st.just(f"https://{SITE}/"), urls)),
        **dict.fromkeys(("d", "domain"), sites),
        **dict.fromkeys(("r", "referrer"), st.one_of(urls, texts)),
        **dict.fromkeys(("p", "props", "m", "meta"), props),
        **dict.fromkeys(("$", "revenue", "h", "hashMode", "w", "i", "e", "sd", "v"), any_value),
    },
)
payload = st.fixed_dictionaries(
    {"website": st.one_of(st.just(SITE), sites)},
    optional={
        **dict.fromkeys(("url", "referrer"), st.one_of(urls, texts)),
        **dict.fromkeys(("hostname", "screen", "name", "tag", "title", "id"), texts),
        "data": props,
        "ip": st.one_of(st.just("203.0.113.7"), texts),
        "userAgent": texts,
        "timestamp": any_value,
    },
)
umami = st.fixed_dictionaries(
    {"type": st.one_of(st.sampled_from(["event", "identify"]), texts), "payload": payload}
)
hit = st.fixed_dictionaries(
    {"path": st.one_of(st.just("/"), any_text, texts)},
    optional={
        **dict.fromkeys(("title", "ref", "query", "user_agent"), texts),
        **dict.fromkeys(("size", "bot", "event", "session"), any_value),
        "ip": st.one_of(st.just("203.0.113.7"), texts),
        "created_at": st.one_of(st.just("2026-01-15T11:00:00Z"), texts),
    },
)
query = st.dictionaries(st.sampled_from("ptresqb"), any_text)
posts = st.one_of(
    st.tuples(st.just("/api/event"), plausible),
    st.tuples(st.just("/api/send"), st.one_of(umami, any_value)),
    st.tuples(st.just("/api/batch"), st.one_of(st.lists(umami, max_size=4), any_value)),
    st.tuples(
        st.just("/api/v0/count"),
        st.one_of(st.fixed_dictionaries({"hits": st.lists(hit, max_size=4)}), any_value),
    ),
)


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return {**settings, "peers": Peers(plausible=True, umami=True, goatcounter=True)}


def encoded(body: Any) -> bytes:
    return json.dumps(body).encode("utf-8", "surrogatepass")


def test_nothing_of_a_peers_form_breaks_anything(mallard: Mallard) -> None:
    mallard.sites.replace(SITE, Site(), None)
    client = Client(application(mallard))
    key = mallard.access.keys.create("server", "Ingest").key
    headers = {"User-Agent": CHROME, "Authorization": f"Bearer {key}"}

    @of_trials(max_examples=so_many(80, 1500), suppress_health_check=list(HealthCheck))
    @given(posts, query, header, st.sampled_from(["GET", "POST"]))
    def send(post: tuple[str, Any], asked: dict[str, str], told: str, method: str) -> None:
        path, body = post
        answer = client.post(path, data=encoded(body), headers=headers)
        assert answer.status_code < 500, (path, body, answer.text)
        quoted = {key: text.encode("utf-8", "surrogatepass") for key, text in asked.items()}
        page = {"User-Agent": CHROME, "Referer": f"https://{SITE}/", "X-Forwarded-For": told}
        answer = client.open("/count", method=method, query_string=quoted, headers=page)
        assert (answer.status_code < 500, len(answer.data)) == (True, 43)

    send()
    assert mallard.flusher.roll()
    assert mallard.flusher.failures == 0
    taken = mallard.intake.tally.counts()["accepted"]
    assert mallard.store.sites()
    stored: Any = client.get(f"/api/stats/main?site_id={SITE}&period=all").json
    assert 0 < stored["total_pageviews"] <= taken
