"""Makes shared links of a Mallard with two sites, and looks at what they open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from werkzeug.test import Client

from mallard.app import Mallard
from tests.conftest import NOON, Clock, client_of, visits

SITE, OTHER = "example.com", "other.example"


def with_visits(mallard: Mallard, clock: Clock) -> None:
    """Three visitors of the site, one of another site, and one of a month ago."""
    visit = visits(client_of(mallard), clock)
    visit("/long-ago", at=NOON - timedelta(days=40), visitor=9)
    visit("/shop/shoes", at=NOON - timedelta(hours=3), visitor=1, r="https://news.example/")
    visit("/about", visitor=1, times=2)
    visit("/shop/hats", visitor=2)
    visit("/secret-plans", visitor=3)
    visit("/secret-plans", visitor=3, event="signup")
    visit("/elsewhere", site=OTHER, visitor=4)


def share(mallard: Mallard, site: str = SITE, **wish: Any) -> str:
    """The path of a new link."""
    admin = {"X-API-Key": mallard.access.keys.create("admin", "Admin").key}
    made = client_of(mallard).post(
        f"/api/sites/{site}/shares", json={"name": "A link", **wish}, headers=admin
    )
    assert made.status_code == 201, made.text
    answer: Any = made.json
    return f"/share/{answer['url'].rpartition('/')[2]}"


def stranger_of(mallard: Mallard) -> Client:
    """A browser that has been told nothing but a link."""
    return client_of(mallard)
