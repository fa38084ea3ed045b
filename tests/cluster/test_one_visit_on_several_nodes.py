"""A visit that goes from node to node is reported as on one server."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import psycopg
import pytest
from msgspec.structs import replace
from werkzeug.test import Client

from mallard import app
from mallard.app import utc_now
from mallard.reports.breakdown import DIMENSIONS
from mallard.wsgi import application
from tests.cluster.conftest import FROM, Member, Place
from tests.conftest import CHROME, Clock
from tests.fuzz.size import so_many
from tests.waiting import PATIENCE_SECS

pytestmark = [pytest.mark.thorough, pytest.mark.fuzz]

Join = Callable[..., Member]
NODES = ("paris", "oslo", "rome")
REFERRERS = (None, "https://www.google.com/", "https://news.ycombinator.com/", "https://a.example/")
PATHS = ("/a", "/b", "/c?utm_source=letter&utm_medium=email", "/d")
PAUSES_SECS = (1, 3, 45, 600, 2_000)
EVENTS = so_many(28, 400)
REPORTS = (
    "main",
    "timeseries",
    "timeseries/sessions",
    "heatmap",
    "sessions",
    "funnel?step=page:/a&step=page:/b&step=page:/d",
    "sequences?step=page:/a&step=page:/b",
    "retention",
    "flow?page=/a",
    "journeys",
)


def asked() -> list[str]:
    """What is asked of each, without filters and with some that are of sessions."""
    kinds = [*REPORTS, *(f"breakdown/{kind}" for kind in DIMENSIONS)]
    filters = ("", "&filter=source==Google", "&filter=page==/b")
    return [
        f"/api/stats/{kind}{'&' if '?' in kind else '?'}site_id=example.com&period=7d{narrow}"
        for kind in kinds
        for narrow in filters
    ]


def send(client: Client, event: dict[str, object], address: str) -> None:
    headers = {"User-Agent": CHROME, "X-Forwarded-For": address}
    answer = client.post("/api/event", json=event, headers=headers, environ_base=FROM)
    assert answer.status_code == 202, answer.text


def some_event(chance: random.Random, may_be_engagement: bool) -> dict[str, object]:
    last = "engagement" if may_be_engagement else "download"
    event: dict[str, object] = {
        "d": "example.com",
        "n": chance.choice(("pageview", "pageview", "pageview", "signup", last)),
        "u": f"https://example.com{chance.choice(PATHS)}",
    }
    if event["n"] == "engagement":
        return event | {"e": chance.randrange(1_000, 90_000), "sd": chance.randrange(1, 100)}
    return event | {"r": chance.choice(REFERRERS)}


def tell(nodes: list[Member]) -> None:
    """Each hands over what it has, and has what the others have."""
    for node in (*nodes, *nodes[:-1]):
        node.turn()


def is_of_sources(path: str) -> bool:
    """Whether a report rests on where sessions came from."""
    return re.search(r"/(sources|channels|referrers|utm_\w+)\?|filter=source", path) is not None


@pytest.mark.parametrize("told_after", [1, 5])
def test_reports_are_those_of_one_server(join: Join, place: Place, told_after: int) -> None:
    """All, where nodes have heard of each other before each event, as people are slower than they.

    Otherwise all but what rests on the source of a session. Engagement is left out then: a page
    tells it to a node that does not know of its session.
    """
    with psycopg.connect(place.catalog, autocommit=True) as record:
        record.execute("update mallard_cluster.cluster set visitor_salts = 'derived'")
    clock, chance = Clock(utc_now()), random.Random(25)
    nodes = [join(name, clock=clock, visitor_salts="derived") for name in NODES]
    for node in nodes:
        node.turn()
    # From here on it goes by the clock of the test; PostgreSQL's was compared by now.
    clock.now = clock.now.replace(hour=0, minute=30)
    settings = place.settings("alone", visitor_salts="derived")
    alone = app.build(replace(settings, cluster=None), clock)
    client = Client(application(alone))
    for number in range(EVENTS):
        clock.move(seconds=chance.choice(PAUSES_SECS))
        event, address = some_event(chance, told_after == 1), f"203.0.113.{chance.randrange(1, 5)}"
        at = chance.randrange(len(nodes))
        send(client, event, address)
        send(nodes[at].client, event, address)
        if number % told_after == 0:
            tell(nodes)
        if number % 15 == 14:
            assert nodes[at].mallard.flusher.roll()
    tell(nodes)
    wanted = {path: client.get(path) for path in asked()}
    assert alone.stop(PATIENCE_SECS)
    assert {path: one.text for path, one in wanted.items() if one.status_code != 200} == {}
    said = [{path: node.get(path) for path in wanted} for node in nodes]
    assert said[0] == said[1] == said[2]
    differing = {
        path: (one.json, said[0][path]) for path, one in wanted.items() if one.json != said[0][path]
    }
    if told_after > 1:
        differing = {path: rows for path, rows in differing.items() if not is_of_sources(path)}
    assert differing == {}
