"""An alias is one site's alone, and whatever comes by it is that site's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.register.aliases import BadAlias
from mallard.register.files import Files
from mallard.register.port import Register
from mallard.register.reading import BadDocument
from mallard.register.site import Exclude, Paths, Site
from mallard.register.sites import Sites
from tests.conftest import client_of, post_event, stored_events
from tests.ingest.posting import EVENT

SITE, OLD = "example.com", "old.example"


def version(sites: Sites, site_id: str = SITE) -> str | None:
    entry = sites.entry(site_id)
    return entry.version if entry else None


def test_an_alias_stands_for_its_site_until_it_is_taken_away(
    opened: Callable[[], Register],
) -> None:
    sites = Sites(opened())
    sites.replace(SITE, Site(aliases=(OLD, "7f0c")), None)
    for known in (sites, Sites(opened())):
        assert [known.site_behind(name) for name in (OLD, "7f0c", SITE, "other")] == [
            *[SITE] * 3,
            "other",
        ]
    sites.replace(SITE, Site(), version(sites))
    assert sites.site_behind(OLD) == OLD


@pytest.mark.parametrize(
    ("site_id", "aliases", "problem"),
    [
        ("b.example", (OLD,), "'old.example' is an alias of example.com"),
        ("b.example", ("b.example",), "'b.example' is the site itself"),
        ("b.example", (SITE,), "'example.com' is a site of its own, which can be merged"),
        (OLD, (), "old.example is an alias of example.com"),
    ],
)
def test_what_is_another_sites_is_refused_and_the_other_named(
    tmp_path: Path, site_id: str, aliases: tuple[str, ...], problem: str
) -> None:
    sites = Sites(Files(tmp_path))
    sites.replace(SITE, Site(aliases=(OLD,)), None)
    with pytest.raises(BadAlias) as raised:
        sites.replace(site_id, Site(aliases=aliases), None)
    assert problem in str(raised.value)
    assert sites.entry(site_id) is None
    # What one writes by hand is refused at the start.
    Files(tmp_path).replace(site_id, text_of(site_id, aliases), None)
    with pytest.raises(BadDocument, match="alias"):
        Sites(Files(tmp_path))


def text_of(site_id: str, aliases: tuple[str, ...]) -> bytes:
    names = ", ".join(f'"{name}"' for name in aliases)
    return f'{{"site_id": "{site_id}", "aliases": [{names}]}}'.encode()


def test_a_site_with_events_is_nobodys_alias(mallard: Mallard, client: Client) -> None:
    post_event(client, EVENT | {"d": OLD})
    response = client.put(f"/api/sites/{SITE}", json={"aliases": [OLD]})
    answer: Any = response.json
    assert response.status_code == 400
    assert answer["error"] == "aliases: 'old.example' is a site with events, which can be merged"
    mallard.sites.replace("b.example", Site(aliases=("c.example",)), None)
    response = client.put(f"/api/sites/{SITE}", json={"aliases": ["c.example"]})
    assert response.status_code == 400
    assert "b.example" in response.text


def test_events_that_come_by_an_alias_are_the_sites(mallard: Mallard, client: Client) -> None:
    rules = Paths(trailing_slash="drop")
    mallard.sites.replace(
        SITE, Site(aliases=(OLD,), paths=rules, exclude=Exclude(paths=("/no",))), None
    )
    for site in (OLD, SITE):
        for path in ("/a/", "/no/"):
            sent = EVENT | {"d": site, "u": f"https://{site}{path}"}
            assert post_event(client, sent).status_code == 202
    agent = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0.0.0 Safari/537.36"}
    client.get("/api/event", query_string={"d": OLD, "u": "/pixel"}, headers=agent)
    found = [(event["site_id"], event["pathname"]) for event in stored_events(mallard)]
    assert sorted(found) == [(SITE, "/a"), (SITE, "/a"), (SITE, "/pixel")]
    # One visitor, by whichever name he comes.
    assert len({event["visitor_id"] for event in stored_events(mallard)[:2]}) == 1
    sample: Any = client.get(f"/api/diagnostics?site_id={OLD}", headers=agent).json
    assert sample["sample"]["event"]["site_id"] == SITE


@pytest.mark.parametrize("listed", [OLD, SITE])
def test_an_alias_is_taken_where_it_or_its_site_is_listed(start: Any, listed: str) -> None:
    mallard = start(site_ids=(listed,))
    mallard.sites.replace(SITE, Site(aliases=(OLD,)), None)
    client = client_of(mallard)
    assert post_event(client, EVENT | {"d": OLD}).status_code == 202
    assert post_event(client, EVENT | {"d": "other.example"}).status_code == 403
