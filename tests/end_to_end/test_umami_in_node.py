"""Umami's own client for Node, as it is published, against our server."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.config import UmamiSettings
from mallard.wsgi import application
from tests.conftest import served, stored_events
from tests.waiting import PATIENCE_SECS

VENV = Path(__file__).parents[2] / ".venv"
WEBSITE = "d5c2c2a4-8d0f-4f62-9f3b-6a1f3f3c9a10"
PROGRAM = """
const { Umami } = require("@umami/node");
const umami = new Umami({ hostUrl: process.argv[1], websiteId: process.argv[2] });
const told = async (sent) => {
  const response = await sent;
  return [response.status, await response.json()];
};
(async () => {
  const answers = [
    await told(umami.track({ url: "/home", hostname: "example.com", title: "Home" })),
    await told(umami.track("save_uploaded", { tool: "pets" })),
    await told(umami.track("save_downloaded", { tool: "prospects" })),
    await told(umami.track("catalog_search", { query: "beetle", result_count: 3 })),
    await told(umami.track("catalog_category", { category: "maps" })),
    await told(umami.track("git_clone", { project: "pets" })),
    await told(umami.track("order", { revenue: 49.9, currency: "EUR" })),
    await told(umami.identify({ plan: "pro" })),
    await told(umami.track({ website: "unknown", url: "/" })),
  ];
  console.log(JSON.stringify(answers));
})();
"""


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return {**settings, "umami": UmamiSettings(websites={WEBSITE: "portal"})}


def run(url: str) -> list[tuple[int, dict[str, Any]]]:
    """What each call was answered."""
    done = subprocess.run(
        [VENV / "bin" / "node", "-e", PROGRAM, "--", url, WEBSITE],
        cwd=VENV / "npm",
        check=True,
        capture_output=True,
        timeout=PATIENCE_SECS,
    )
    answers: list[tuple[int, dict[str, Any]]] = json.loads(done.stdout)
    return answers


def test_what_it_tracks_is_in_the_figures(mallard: Mallard):
    wsgi = application(mallard)
    with served(wsgi) as url:
        *answers, unknown = run(url)
    assert all(status == 200 and answer["cache"] for status, answer in answers)
    assert unknown[0] == 400 and unknown[1]["error"]["message"] == "Website not found."
    client = Client(wsgi)
    asked = "?site_id=portal&period=today"
    rows: Any = client.get(f"/api/stats/breakdown/events{asked}").json
    assert {row["value"] for row in rows} == {
        "pageview",
        "save_uploaded",
        "save_downloaded",
        "catalog_search",
        "catalog_category",
        "git_clone",
        "order",
    }
    pages: Any = client.get(f"/api/stats/breakdown/pages{asked}&filter=event==pageview").json
    assert [(row["value"], row["pageviews"]) for row in pages] == [("/home", 1)]
    paid: Any = client.get(f"/api/stats/revenue{asked}").json
    assert [(row["event"], row["currency"], row["amount"]) for row in paid] == [
        ("order", "EUR", "49.90")
    ]
    props = {e["event_name"]: e["props"] and json.loads(e["props"]) for e in stored_events(mallard)}
    assert props["catalog_search"] == {"query": "beetle", "result_count": 3}
    assert props["git_clone"] == {"project": "pets"}
