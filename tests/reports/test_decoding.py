"""Paths and hosts as people read them, whichever way they were sent."""

from __future__ import annotations

import random

import duckdb
import pytest

from mallard.host_names import host_as_read, host_as_sent
from mallard.model import Event, Period
from mallard.reports.breakdown import breakdown, breakdown_count
from mallard.reports.decoding import decoded, decoded_sql
from mallard.reports.filters import parse_filter
from mallard.reports.flow import flow
from mallard.reports.query import ReportQuery
from mallard.reports.sequences import sequences
from mallard.reports.steps import Step
from mallard.reports.totals import totals
from tests.builders import open_store, store_events
from tests.reports.histories import FIRST_DAY, SECOND_US
from tests.reports.oracle import as_read

PARTS = (
    "% %2 %25 %41 %7C %7c ü a 4 %C3 %BC %c3%bc %E2%80%AE %20 %F4 %90 %80 %ED %A0 %E0 %0 %00 %ff"
    " %F0%9F%98%80"
)
START = 1_773_500_000 * SECOND_US
SENT = ("/de/handy-%C3%BCberdauern", "/de/handy-überdauern", "/de/handy-%c3%bcberdauern")
SITE = "example.com"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """One visitor on one page in three spellings, another on a page that is no UTF-8."""
    store = open_store(tmp_path_factory.mktemp("decoding"))
    visits = [("v1", path) for path in SENT] + [("v2", "/%FF"), ("v2", "/a%2Fb"), ("v2", "/ü")]
    store_events(
        store,
        "batch",
        [
            Event(
                site_id=SITE,
                visitor_id=visitor,
                event_name="pageview",
                pathname=path,
                timestamp=START + n * SECOND_US,
                hostname="xn--mller-kva.de" if visitor == "v1" else "example.com",
                props='{"plan":"pro"}',
            )
            for n, (visitor, path) in enumerate(visits)
        ],
    )
    yield store
    store.close()


def asked(*filters: str) -> ReportQuery:
    period = Period(FIRST_DAY, FIRST_DAY.replace(day=FIRST_DAY.day + 2))
    return ReportQuery(SITE, period, "day", 10, tuple(map(parse_filter, filters)))


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("/%D0%BF%d1%80", "/пр"),
        ("/my%20page%28s%29", "/my page(s)"),
        ("/a%2Fb%7Cc%25d%2C%3F%23", "/a%2Fb%7Cc%25d%2C%3F%23"),
        ("/%41%00%0A", "/%41%00%0A"),
        ("/%zz/100%", "/%zz/100%"),
        ("/%FF%C3%BC", "/%FF%C3%BC"),
        ("/%25C3%25BC", "/%25C3%25BC"),
    ],
)
def test_a_path_is_read_as_what_it_stands_for(sent: str, read: str) -> None:
    assert decoded(sent) == read == as_read(sent)


def test_sql_python_and_the_oracle_decode_alike_and_only_once() -> None:
    rng = random.Random(1)
    paths = ["/" + "".join(rng.choices(PARTS.split(), k=rng.randint(1, 6))) for _ in range(5000)]
    sql = f"select {decoded_sql('pathname')} from (select unnest($1) as pathname)"
    read = [decoded(path) for path in paths]
    assert [text for (text,) in duckdb.connect().execute(sql, [paths]).fetchall()] == read
    assert list(map(as_read, paths)) == read == list(map(decoded, read))


@pytest.mark.parametrize("more", [(), ("device==(unknown)",), ("prop:plan==pro",)])
def test_all_spellings_of_a_path_are_one_page(store, more: tuple[str, ...]) -> None:
    for dimension, count in (("pages", 3), ("entry_pages", 3), ("exit_pages", 3)):
        rows = breakdown(store, asked(*more), dimension, search="handy-ü")
        assert [(r.value, r.visitors, r.pageviews) for r in rows] == [(SENT[1], 1, count)]


@pytest.mark.parametrize("spelling", SENT)
@pytest.mark.parametrize("more", [(), ("prop:plan==pro",)])
def test_every_spelling_filters_and_searches_alike(store, spelling: str, more) -> None:
    for dimension in ("page", "entry_page", "exit_page"):
        for operator, views in (("==", 3), ("~=", 3), ("!=", 3)):
            query = asked(f"{dimension}{operator}{spelling}", *more)
            assert totals(store, query).total_pageviews == views
    assert breakdown_count(store, asked(*more), "pages", spelling.upper()) == 1


def test_steps_and_flow_take_every_spelling(store) -> None:
    for spelling in SENT:
        taken = [Step("page", spelling), Step("page", SENT[0])]
        assert sequences(store, asked(), taken).converting_visitors == 1
        assert flow(store, asked(), spelling) == []
    assert [row.next_page for row in flow(store, asked(), "/a%2Fb")] == ["/ü"]


@pytest.mark.parametrize("spelling", ["müller.de", "xn--mller-kva.de", "MÜLLER.de"])
def test_a_host_is_found_by_either_spelling(store, spelling: str) -> None:
    for operator in ("==", "~=", "!="):
        assert totals(store, asked(f"hostname{operator}{spelling}")).total_pageviews == 3
    assert breakdown_count(store, asked(), "hostnames", spelling) == 1


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("xn--mller-kva.de", "müller.de"),
        ("shop.xn--strae-oqa.de", "shop.straße.de"),
        ("example.com", "example.com"),
    ],
)
def test_a_host_is_read_in_its_letters(sent: str, read: str) -> None:
    assert host_as_read(sent) == read
    assert host_as_sent(read) == sent


@pytest.mark.parametrize("host", ["xn--pple-43d.com", "xn--", "xn--zzzzzzzz99999999999", "xn--ü"])
def test_a_host_that_disguises_itself_or_is_none_stays_as_it_was_sent(host: str) -> None:
    assert host_as_read(host) == host
