"""A site whose figures Plausible's clients read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from werkzeug.test import Client

from mallard.config.peers import Peers
from tests.conftest import NOON, kept_open

SITE, FAR = "example.com", "far.example"
GOALS = [
    {"name": "Buys", "event": "purchase"},
    {"name": "As a pro", "event": "purchase", "props": {"plan": "pro"}},
    {"name": "Prices", "page": "/pric*"},
]

SEGMENTS = [
    {"name": "By mail", "filters": ["source==mail"]},
    {"name": "By news", "filters": ["source==news"]},
    {"name": "New", "filters": ["visitor_type==new"]},
    {"name": "Returning", "filters": ["visitor_type==returning"]},
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, fresh_data) -> Iterator[Client]:
    """Today two came by news with telephones, and read the prices; yesterday one bought at once.

    Elsewhere, where it was tomorrow already, somebody came yesterday in the evening.
    """
    data_dir = tmp_path_factory.mktemp("plausible") / "data"
    with kept_open(data_dir, fresh_data, peers=Peers(plausible=True)) as shared:
        visit = shared.visit
        visit("/?utm_source=mail", visitor=3, at=NOON - timedelta(days=1), w=1500)
        visit("/buy", visitor=3, event="purchase", p={"plan": "pro"}, w=1500)
        visit("/", site=FAR, at=NOON - timedelta(hours=16))
        for minutes, page in ((9, "/?utm_source=news"), (3, "/pricing|a;b")):
            for visitor in (1, 2):
                at = NOON - timedelta(minutes=minutes - visitor)
                visit(page, visitor=visitor, at=at, w=500)
        visit("/", site="other.org", at=NOON)
        shared.client.put(f"/api/sites/{SITE}", json={"goals": GOALS, "segments": SEGMENTS})
        shared.client.put(f"/api/sites/{FAR}", json={"timezone": "Asia/Kolkata"})
        yield shared.client
