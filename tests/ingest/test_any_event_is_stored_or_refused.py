"""Whatever comes is stored exactly once or refused with a reason; nothing later breaks on it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import Client, TestResponse

from mallard.app import Mallard
from mallard.reports.breakdown import DIMENSIONS
from mallard.wsgi import application
from tests.conftest import CHROME
from tests.fuzz.size import so_many
from tests.store.test_store import paths_seen

pytestmark = pytest.mark.fuzz

EXAMPLES = so_many(60, 1000)
SITES = ("example.com", "localhost:8080", "x" * 256, ".")

any_text = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=40),
    st.text("\x00\x1f\x7f\ud800\udfff\u2028\U0010ffff%+=&?#/\\:@[]{}\"'`;$,<>", max_size=30),
    st.sampled_from(["", " ", "\0", "null", "' or 1=1 --", "☃" * 300, "{}", '{"site_id":"', "$1"]),
)
any_number = st.one_of(
    st.integers(),
    st.integers(-(10**40), 10**40),
    st.floats(),
    st.sampled_from([0.005, -0.0, 1e308, 9999999999.99, 9999999999.995, 2**63, 2**64, 65_536]),
)
any_value = st.recursive(
    st.one_of(st.none(), st.booleans(), any_number, any_text),
    lambda children: st.one_of(
        st.lists(children, max_size=4), st.dictionaries(any_text, children, max_size=4)
    ),
    max_leaves=12,
)
deep = st.integers(1, 1200).map(lambda n: {"deep": "[" * n})
props = st.one_of(
    st.dictionaries(any_text, any_value, max_size=4),
    st.dictionaries(any_text, any_value, max_size=4).map(json.dumps),
    deep,
    any_value,
)
hosts = st.one_of(
    st.sampled_from(["example.com", "[::1]", "EXAMPLE.com:443", "u:p@h", "", "a..b", "xn--"]),
    any_text,
)
urls = st.one_of(
    st.builds("{}://{}/{}".format, st.sampled_from(["https", "http", "app", "1"]), hosts, any_text),
    st.builds("https://example.com/?{}={}".format, st.sampled_from(["utm_term", "ref"]), any_text),
    st.builds("https://example.com/?utm_source={}".format, any_text.map(lambda t: _quoted(t))),
    any_text,
)
wild = st.fixed_dictionaries(
    {"d": st.one_of(st.sampled_from(SITES), any_text), "n": any_text, "u": urls},
    optional={
        "r": st.one_of(urls, any_value),
        "w": any_value,
        "p": props,
        "ra": st.one_of(any_number, any_value),
        "rc": any_value,
        "$": st.fixed_dictionaries({"amount": any_number, "currency": any_text}),
        "unknown": any_value,
    },
)
"""Anything at all, most of which is refused."""

good_text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
good_number = st.one_of(st.integers(-(2**70), 2**70), st.floats(-1e300, 1e300))
good_value = st.recursive(
    st.one_of(st.none(), st.booleans(), good_number, good_text),
    lambda children: st.one_of(st.lists(children), st.dictionaries(good_text, children)),
    max_leaves=8,
)
good_props = st.dictionaries(good_text, good_value, max_size=4)
strange = st.fixed_dictionaries(
    {
        "d": st.sampled_from(SITES),
        "n": st.one_of(st.just("pageview"), good_text),
        "u": st.builds("https://example.com/{}?utm_source={}".format, good_text, good_text),
    },
    optional={
        "r": st.one_of(good_text, good_text.map("https://{}/".format)),
        "w": good_number,
        "p": st.one_of(good_props, good_props.map(json.dumps)),
        "ra": st.one_of(st.floats(-1e10, 1e10), st.integers(-(10**9), 10**9)),
        "rc": st.sampled_from(["EUR", "usd"]),
    },
)
"""Within the rules, most of which is stored."""

bodies = st.one_of(strange, wild)
header = st.text(st.characters(max_codepoint=0xFF, exclude_categories=["Cc"]), max_size=80)
agents = st.one_of(
    st.just(CHROME), header, header.map(lambda text: f"{CHROME} {text}"), st.just("x" * 5000)
)


def _quoted(text: str) -> str:
    return quote(text, errors="replace")


def spelled(body: dict[str, Any], is_ascii: bool) -> bytes:
    """The body as JSON, however much of it no client should send."""
    text = json.dumps(body, ensure_ascii=is_ascii)
    if isinstance(body.get("p"), dict) and "deep" in body["p"]:
        nested = body["p"]["deep"]
        text = text.replace(json.dumps(nested), nested + "]" * len(nested))
    return text.encode("utf-8", "surrogatepass")


class Witness:
    """Sends events to a Mallard and remembers how many of them it took."""

    def __init__(self, mallard: Mallard) -> None:
        self._mallard = mallard
        self.client = Client(application(mallard))
        self.accepted = 0

    def post(self, body: bytes, agent: str, forwarded: str) -> TestResponse:
        headers = {"User-Agent": agent, "X-Forwarded-For": forwarded, "X-Real-IP": forwarded}
        response = self.client.post("/api/event", data=body, headers=headers)
        if response.status_code == 202:
            self.accepted += "X-Mallard-Dropped" not in response.headers
        else:
            assert 400 <= response.status_code < 500
            assert json.loads(response.text)["error"]
        return response

    def look(self, query: dict[str, Any]) -> None:
        response = self.client.get("/api/event", query_string=query, headers={"User-Agent": CHROME})
        assert (response.status_code, len(response.data)) == (200, 43)

    def check(self) -> None:
        """Everything taken is stored, once."""
        assert self._mallard.flusher.roll()
        assert self._mallard.flusher.failures == 0
        assert self.accepted == self.stored()

    def stored(self) -> int:
        store = self._mallard.store
        return sum(len(paths_seen(store, site_id)) for site_id in store.sites())

    def read_all_reports(self) -> None:
        pages = ("main", "timeseries", *(f"breakdown/{name}" for name in DIMENSIONS))
        filters = ("", "prop:a==1", "prop:\0~=x", "page!=/", "entry_page~=a", "event~=")
        for site_id in SITES:
            for page in pages:
                self.get(page, site_id=site_id, period="day", limit="1000")
        for text in filters[1:-1]:
            self.get("main", site_id="example.com", period="day", filter=text)

    def get(self, page: str, **query: str) -> None:
        response = self.client.get(f"/api/stats/{page}", query_string=query)
        assert response.status_code == 200, (page, query, response.text)


def test_whatever_is_answered_202_is_stored_exactly_once(mallard: Mallard) -> None:
    witness = Witness(mallard)

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.tuples(bodies, st.booleans(), agents, header), min_size=1, max_size=8))
    def send(events: list[tuple[dict[str, Any], bool, str, str]]) -> None:
        for body, is_ascii, agent, forwarded in events:
            witness.post(spelled(body, is_ascii), agent, forwarded)
        witness.check()

    send()
    assert witness.accepted > EXAMPLES / 4, "most of what is sent should be worth storing"
    witness.read_all_reports()


def test_whatever_the_pixel_is_asked_it_answers(mallard: Mallard) -> None:
    witness = Witness(mallard)
    values = st.one_of(any_text, urls).map(lambda text: text.encode("utf-8", "surrogatepass"))
    queries = st.dictionaries(st.sampled_from("dnurw"), values)

    @settings(max_examples=so_many(100, 1000), suppress_health_check=list(HealthCheck))
    @given(queries, st.sampled_from(SITES))
    def look(query: dict[str, Any], site_id: str) -> None:
        witness.look({"d": site_id, "u": "https://example.com/"} | query)

    look()
    assert mallard.flusher.roll()
    assert witness.stored() == mallard.intake.tally.counts()["accepted"] > 10
    witness.read_all_reports()
