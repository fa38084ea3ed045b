"""A package for Node that reads Plausible's Stats API, as it is published, reads ours."""

from __future__ import annotations

import json
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.config import Peers
from mallard.wsgi import application
from tests.conftest import NOON, Clock, served, visits
from tests.waiting import PATIENCE_SECS

VENV = Path(__file__).parents[2] / ".venv"
SITE, DAYS = "example.com", "2026-03-17,2026-03-18"
PROGRAM = """
const Plausible = require("plausible").default;
const [url, key, site, days] = process.argv.slice(1);
const stats = new Plausible(key, site, url);
const refused = (asked) => asked.then(() => null, (error) => error.message);
(async () => {
  console.log(JSON.stringify({
    now: await stats.getRealtime(),
    all: await stats.getAggregate("custom", "visitors", "previous_period", null, days),
    views: await stats.getAggregate("custom", "pageviews", null, "event:page==/pricing", days),
    days: await stats.getTimeseries("custom", "visitors,pageviews", null, null, days),
    pages: await stats.getBreakdown("custom", "visitors", "event:page", null, null, null, days),
    second: await stats.getBreakdown("custom", "visitors", "visit:source", null, 1, 2, days),
    wrong: await refused(stats.getTimeseries("fortnight", "visitors")),
    unknown: await refused(new Plausible(key, "nobody.example", url).getRealtime()),
  }));
})();
"""


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return {**settings, "peers": Peers(plausible=True)}


def run(url: str, key: str) -> dict[str, Any]:
    """What each question was answered."""
    done = subprocess.run(
        [VENV / "bin" / "node", "-e", PROGRAM, "--", url, key, SITE, DAYS],
        cwd=VENV / "npm",
        check=True,
        capture_output=True,
        timeout=PATIENCE_SECS,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_what_it_reads_is_what_happened(mallard: Mallard, clock: Clock) -> None:
    wsgi = application(mallard)
    visit = visits(Client(wsgi), clock)
    visit("/?utm_source=mail", visitor=3, at=NOON - timedelta(days=1))
    for minutes, page in ((9, "/?utm_source=news"), (3, "/pricing")):
        for visitor in (1, 2):
            visit(page, visitor=visitor, at=NOON - timedelta(minutes=minutes - visitor))
    key = mallard.access.keys.create("node", "ReadOnly").key
    with served(wsgi) as url:
        found = run(url, key)
    assert found["now"] == 2
    assert found["all"] == {"value": 3, "change": 100}
    assert found["views"] == {"value": 2}
    assert found["days"] == [
        {"date": "2026-03-17", "visitors": 1, "pageviews": 1},
        {"date": "2026-03-18", "visitors": 2, "pageviews": 4},
    ]
    assert found["pages"] == [{"page": "/", "visitors": 3}, {"page": "/pricing", "visitors": 2}]
    assert found["second"] == [{"source": "mail", "visitors": 1}]
    assert "period" in found["wrong"]
    assert found["unknown"] == "there is no such site, or the key is not good for it"
