"""Clients of other products, as they are published for Python, run unchanged and count rightly."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import umami

from mallard.app import Mallard
from mallard.config import Peers
from mallard.register.site import Site
from mallard.wsgi import application
from tests.conftest import CHROME, served, stored_events
from tests.waiting import until

PLAUSIBLE = """
import sys
from types import SimpleNamespace
import requests
from plausible_events import PlausibleEvents
# It asks another server for its own address, which no test may do.
requests.get = lambda url: SimpleNamespace(raise_for_status=lambda: None, text="203.0.113.9")
api, site, agent = sys.argv[1:]
client = PlausibleEvents(site, {"User-Agent": agent}, api=api)
client.pageview("/pricing", utm={"source": "letter"})
client.event("signup", {"plan": "pro"}, "/signup")
"""
SITE, WEBSITE = "example.com", "d5c2c2a4-8d0f-4f62-9f3b-6a1f3f3c9a10"


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    return {**settings, "peers": Peers(plausible=True, umami=True)}


@pytest.fixture
def url(mallard: Mallard) -> Iterator[str]:
    mallard.sites.replace(SITE, Site(aliases=(WEBSITE,)), None)
    with served(application(mallard)) as url:
        yield url


def test_umamis_client_for_python(url: str, mallard: Mallard) -> None:
    umami.set_url_base(url)
    umami.set_website_id(WEBSITE)
    umami.set_hostname(SITE)
    assert umami.heartbeat()
    assert umami.new_page_view("Pricing", "/pricing")
    assert umami.new_event("signup", url="/signup", custom_data={"plan": "pro"})
    assert umami.new_revenue_event(49.9, "EUR", url="/thanks")
    found = [(e["event_name"], e["pathname"], e["site_id"]) for e in stored_events(mallard)]
    assert found == [
        ("pageview", "/pricing", SITE),
        ("signup", "/signup", SITE),
        ("revenue", "/thanks", SITE),
    ]
    paid = stored_events(mallard)[2]
    assert (str(paid["revenue_amount"]), paid["revenue_currency"]) == ("49.90", "EUR")


def test_plausibles_client_for_python(url: str, mallard: Mallard) -> None:
    # Its thread never ends by itself, so it has a process of its own.
    program = subprocess.Popen([sys.executable, "-c", PLAUSIBLE, f"{url}/api/event", SITE, CHROME])
    try:
        until(lambda: mallard.intake.tally.counts().get("accepted", 0) == 2)
    finally:
        program.kill()
        program.wait()
    first, second = stored_events(mallard)
    assert (first["event_name"], first["pathname"]) == ("pageview", "/pricing")
    assert (second["event_name"], second["pathname"]) == ("signup", "/signup")
    assert (first["utm_source"], second["props"]) == ("letter", '{"plan":"pro"}')
