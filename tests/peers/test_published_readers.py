"""Clients that read figures from other products, as they are published, run unchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import umami
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.config import Peers
from mallard.register.site import Site
from mallard.wsgi import application
from tests.conftest import NOON, Clock, served, visits
from tests.web.access.conftest import PASSWORD, copy_with_password

SITE, WEBSITE = "example.com", "d5c2c2a4-8d0f-4f62-9f3b-6a1f3f3c9a10"


@pytest.fixture
def mallard(start: Callable[..., Mallard], data_dir, fresh_data) -> Mallard:
    copy_with_password(fresh_data, data_dir)
    return start(peers=Peers(plausible=True, umami=True))


@pytest.fixture
def url(mallard: Mallard, clock: Clock) -> Iterator[str]:
    """Today two came by news and read the prices; yesterday one looked in."""
    mallard.sites.replace(SITE, Site(name="Shop", aliases=(WEBSITE,)), None)
    wsgi = application(mallard)
    visit = visits(Client(wsgi), clock)
    visit("/", visitor=3, at=NOON - timedelta(days=1))
    for minutes, page in ((9, "/?utm_source=news"), (3, "/pricing")):
        for visitor in (1, 2):
            visit(page, visitor=visitor, at=NOON - timedelta(minutes=minutes - visitor))
    with served(wsgi) as url:
        yield url


def test_umamis_client_for_python(url: str) -> None:
    umami.set_url_base(url)
    umami.set_website_id(WEBSITE)
    login: Any = umami.login("admin", PASSWORD)
    assert login.user.username == "admin" and not login.user.isAdmin
    assert umami.verify_token()
    (site,) = umami.websites()
    assert (site.id, site.name, site.domain) == (WEBSITE, "Shop", SITE)
    assert umami.active_users() == 2
    week = NOON - timedelta(days=6), NOON
    stats = umami.website_stats(*week)
    assert (stats.visitors, stats.pageviews, stats.visits, stats.bounces) == (3, 5, 3, 1)
    assert stats.totaltime == 720 and stats.comparison and stats.comparison.visitors == 0
    assert umami.website_stats(*week, url="/pricing", referrer="news").visitors == 2
