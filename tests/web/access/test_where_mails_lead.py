"""Links in mails lead to where an Owner has reached this Mallard, whatever others say of it."""

from __future__ import annotations

import pytest

from mallard.app import Mallard
from mallard.register.site import Site
from tests.conftest import client_of
from tests.web.access.people import person

SITE = "example.com"
WISH = {"reports": [{"every": "week", "to": ["ada@example.com"]}]}


@pytest.fixture
def site(guarded: Mallard) -> Mallard:
    guarded.sites.replace(SITE, Site(), None)
    return guarded


def decide(mallard: Mallard, key: str, host: str) -> int:
    """Wishes for mails under a host that the client names; the status of the answer."""
    entry = mallard.sites.entry(SITE)
    assert entry
    headers = {"If-Match": f'"{entry.version}"', "Host": host, "X-API-Key": key}
    return client_of(mallard).put(f"/api/sites/{SITE}", json=WISH, headers=headers).status_code


def test_an_owner_s_host_is_believed_and_an_editor_s_is_not(site: Mallard) -> None:
    keys, book = site.access.keys, site.telling.notebook
    limited = keys.create("k", "Admin", "", [SITE]).key
    editor = keys.create("k", "Admin", person(site, "grace", "Editor").id).key
    owner = keys.create("k", "Admin", person(site, "ada", "Owner").id).key
    for key in (limited, editor):
        assert decide(site, key, "evil.example") == 200
        assert book.book.address == ""
    assert decide(site, owner, "stats.example") == 200
    assert book.book.address == "http://stats.example"
    assert decide(site, editor, "evil.example") == 200
    assert book.book.address == "http://stats.example"
