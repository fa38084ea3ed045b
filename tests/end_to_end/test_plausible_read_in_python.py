"""A Python program that reads Plausible's Stats API, as it is published, reads ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
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

SITE = "example.com"
PROGRAM = """
import json, sys
from plausible_mcp import server
site, days = sys.argv[1:]
ask = [
    server.doctor(),
    server.get_aggregate_stats(site, days),
    server.get_breakdown(site, "page", days),
    server.get_breakdown(site, "source", days, limit=1),
    server.get_timeseries(site, days),
    server.get_realtime_visitors(site),
]
print(json.dumps([json.loads(answer) for answer in ask]))
print(server.get_breakdown(site, "visit:planet", days))
print(server.get_aggregate_stats("nobody.example", days))
"""
SAYS_NOTHING = {"DO_NOT_TRACK": "1"}
"""It would tell its makers of its use."""


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return {**settings, "peers": Peers(plausible=True)}


def run(url: str, key: str, home: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """What each question was answered, and what two were refused with."""
    environ = {"PLAUSIBLE_BASE_URL": url, "PLAUSIBLE_API_KEY": key, "HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, SITE, "2026-03-17,2026-03-18"],
        check=True,
        capture_output=True,
        env={**os.environ, **environ, **SAYS_NOTHING},
        text=True,
        timeout=PATIENCE_SECS,
    )
    first, *refused = done.stdout.splitlines()
    return json.loads(first), refused


def test_what_it_reads_is_what_happened(mallard: Mallard, clock: Clock, tmp_path: Path) -> None:
    wsgi = application(mallard)
    visit = visits(Client(wsgi), clock)
    visit("/?utm_source=mail", visitor=3, at=NOON - timedelta(days=1))
    for minutes, page in ((9, "/?utm_source=news"), (3, "/pricing")):
        for visitor in (1, 2):
            visit(page, visitor=visitor, at=NOON - timedelta(minutes=minutes - visitor))
    key = mallard.access.keys.create("python", "Admin").key
    with served(wsgi) as url:
        (healthy, all_, pages, sources, days, now), (planet, nobody) = run(url, key, tmp_path)
    assert healthy["sample_sites"] == [SITE]
    totals = {"visitors": 3, "pageviews": 5, "bounce_rate": 33, "visit_duration": 240}
    assert all_["totals"] == totals
    assert pages["results"] == [{"page": "/", "visitors": 3}, {"page": "/pricing", "visitors": 2}]
    assert sources["results"] == [{"source": "news", "visitors": 2}]
    assert days["timeseries"] == [
        {"date": "2026-03-17", "visitors": 1},
        {"date": "2026-03-18", "visitors": 2},
    ]
    assert now["realtime_visitors"] == 2
    assert "HTTP 400" in planet and "visit:planet" in planet
    assert "HTTP 401" in nobody
