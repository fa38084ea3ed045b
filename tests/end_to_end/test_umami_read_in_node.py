"""Umami's client for its API, as it is published for Node, reads figures from our server."""

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
from mallard.register.site import Site
from mallard.wsgi import application
from tests.conftest import NOON, Clock, served, visits
from tests.waiting import PATIENCE_SECS

VENV = Path(__file__).parents[2] / ".venv"
SITE, WEBSITE = "example.com", "d5c2c2a4-8d0f-4f62-9f3b-6a1f3f3c9a10"
PROGRAM = """
const { UmamiClient, isUmamiApiError } = require("@umami/api-client");
const [url, websiteId, token, startAt, endAt] = process.argv.slice(1);
const umami = new UmamiClient({ baseUrl: `${url}/api`, token });
const range = { websiteId, startAt: Number(startAt), endAt: Number(endAt) };
const refused = async (sent) => {
  try {
    await sent;
  } catch (error) {
    return isUmamiApiError(error) && [error.status, error.code, error.message];
  }
};
(async () => {
  console.log(JSON.stringify({
    websites: (await umami.listWebsites()).data.map((site) => [site.id, site.name, site.domain]),
    stats: await umami.getWebsiteStats(range),
    active: (await umami.getWebsiteActive({ websiteId })).visitors,
    pages: await umami.getWebsiteMetrics({ ...range, type: "path", limit: 1 }),
    days: await umami.getWebsitePageviews({ ...range, unit: "day", timezone: "UTC" }),
    unknown: await refused(umami.getWebsite({ websiteId: "nobody" })),
    wrong: await refused(umami.getWebsiteMetrics({ ...range, type: "title" })),
  }));
})();
"""


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return {**settings, "peers": Peers(umami=True)}


def run(*arguments: str) -> dict[str, Any]:
    """What each call was answered."""
    done = subprocess.run(
        [VENV / "bin" / "node", "-e", PROGRAM, "--", *arguments],
        cwd=VENV / "npm",
        check=True,
        capture_output=True,
        timeout=PATIENCE_SECS,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_what_it_reads_is_what_happened(mallard: Mallard, clock: Clock) -> None:
    mallard.sites.replace(SITE, Site(name="Shop", aliases=(WEBSITE,)), None)
    wsgi = application(mallard)
    visit = visits(Client(wsgi), clock)
    for minutes, page in ((9, "/"), (3, "/pricing")):
        for visitor in (1, 2):
            visit(page, visitor=visitor, at=NOON - timedelta(minutes=minutes - visitor))
    visit("/", visitor=3)
    key = mallard.access.keys.create("node", "ReadOnly").key
    days = (NOON - timedelta(days=1), NOON + timedelta(days=1))
    with served(wsgi) as url:
        found = run(url, WEBSITE, key, *(str(round(day.timestamp() * 1000)) for day in days))
    assert found["websites"] == [[WEBSITE, "Shop", SITE]]
    figures = {"pageviews": 5, "visitors": 3, "visits": 3, "bounces": 1, "totaltime": 720}
    assert found["stats"] == figures | {"comparison": dict.fromkeys(figures, 0)}
    assert found["active"] == 3
    assert found["pages"] == [{"x": "/", "y": 3}]
    assert found["days"] == {
        "pageviews": [{"x": "2026-03-18T00:00:00Z", "y": 5}],
        "sessions": [{"x": "2026-03-18T00:00:00Z", "y": 3}],
    }
    assert found["unknown"] == [404, "not-found", "Website not found."]
    assert found["wrong"][:2] == [400, "bad-request"]
