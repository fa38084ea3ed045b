"""Damaged events: none breaks anything, and what is answered 202 is stored."""

from __future__ import annotations

import io
import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from mallard.app import Mallard
from mallard.wsgi import application
from tests.fuzz.mutations import Hit, Mutator
from tests.fuzz.size import so_many

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

pytestmark = pytest.mark.fuzz

HITS = so_many(5_000, 100_000)
SEED = 20_260_318
AT_A_TIME = 1_000
REFUSALS = {
    "POST": {400, 403, 413, 422, 429},
    "GET": set[int](),
    "HEAD": set[int](),
    "OPTIONS": set[int](),
    "PUT": {405},
}
SUCCESS = {"POST": 202, "GET": 200, "HEAD": 200, "OPTIONS": 204, "PUT": 405}


class Sender:
    """Hands hits to the WSGI application as a server would, and judges the answers."""

    def __init__(self, wsgi: WSGIApplication) -> None:
        self._wsgi = wsgi
        self.stored: Counter[tuple[str, str]] = Counter()
        """Site and name of the events answered 202 that were not left out."""
        self.statuses: Counter[int] = Counter()

    def send(self, hit: Hit) -> None:
        """Fails when the answer is not one of the documented ones."""
        begun: list[tuple[str, dict[str, str]]] = []

        def start(status: str, headers: list[tuple[str, str]], _: Any = None) -> Any:
            begun.append((status, dict(headers)))

        body = b"".join(self._wsgi(_environ(hit), start))
        ((line, headers),) = begun
        status = int(line[:3])
        assert status == SUCCESS[hit.method] or status in REFUSALS[hit.method], (hit, line)
        assert int(headers["Content-Length"]) == len(body) or hit.method == "HEAD"
        self.statuses[status] += 1
        if status >= 400:
            assert json.loads(body)["error"], hit
        elif status == 202 and "X-Mallard-Dropped" not in headers:
            event = json.loads(hit.body)
            self.stored[event["d"], event["n"]] += 1


def _environ(hit: Hit) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": hit.method,
        "PATH_INFO": "/api/event",
        "QUERY_STRING": hit.query.decode("latin-1"),
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(hit.body)),
        "wsgi.input": io.BytesIO(hit.body),
        **{name: value.decode("latin-1") for name, value in hit.headers.items()},
    }


def rows(mallard: Mallard) -> Counter[tuple[str, str]]:
    """How many events of each site and name are stored."""
    assert mallard.flusher.flush()
    sql = "select site_id, event_name, count(*) from events group by all"
    with mallard.store.database.reader() as connection:
        found = connection.execute(sql).fetchall()
    return Counter({(site_id, name): count for site_id, name, count in found})


@pytest.mark.parametrize("site_ids", [(), ("example.com",)])
def test_nothing_breaks_on_damaged_events_and_202_means_stored(start, clock, site_ids) -> None:
    # Each site makes a Parquet file at the end, so there is a limit to them.
    mallard = start(site_ids=site_ids, max_new_sites_per_hour=200)
    sender = Sender(application(mallard))
    mutator = Mutator(SEED + len(site_ids))
    for number in range(1, HITS // 2 + 1):
        sender.send(mutator.hit())
        clock.move(milliseconds=1)
        if number % AT_A_TIME == 0:
            assert sender.stored <= rows(mallard)
    stored = rows(mallard)
    assert sender.stored <= stored
    assert stored.total() == mallard.intake.tally.counts()["accepted"]
    assert mallard.flusher.failures == 0
    assert min(sender.statuses[202], sender.statuses[400]) > HITS // 20, sender.statuses


def test_the_same_seed_damages_the_same_way() -> None:
    first, second = Mutator(7), Mutator(7)
    assert [first.hit() for _ in range(50)] == [second.hit() for _ in range(50)]
