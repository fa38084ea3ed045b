"""The page with links for one's own browsers."""

from __future__ import annotations

from collections.abc import Callable

from werkzeug.test import Client

from mallard.app import Mallard
from mallard.register.site import Site
from tests.conftest import client_of, post_event, stored_events
from tests.web.reading import parsed


def test_it_has_a_link_to_the_site_itself_that_leaves_out_who_opens_it(
    known: Mallard, client: Client
) -> None:
    found = parsed(client.get("/ignore-me").text)
    link = found.by_id("ignore").one("a", class_="button")["href"]
    assert link.startswith("https://example.com/?mallard-ignore=2026-03-25.")
    sent = {"d": "example.com", "n": "pageview", "u": link}
    assert post_event(client, sent).status_code == 403
    assert stored_events(known) == []
    assert "https://example.com/?mallard-ignore=no" in found.by_id("ignore").text


def test_of_several_sites_one_is_chosen(
    known: Mallard, client: Client, visit: Callable[..., None]
) -> None:
    visit("/", site="docs")
    links = [a["href"] for a in parsed(client.get("/ignore-me").text).by_id("ignore").all("a")]
    assert links == ["/ignore-me?site_id=docs", "/ignore-me?site_id=example.com"]
    # What is no host has no address that could be known here.
    found = parsed(client.get(links[0]).text).by_id("ignore")
    assert found.all("a") == []
    assert "?mallard-ignore=2026-03-25." in found.text
    assert client.get("/ignore-me?site_id=nowhere").status_code == 404


def test_it_is_found_from_the_settings_of_the_site(known: Mallard, client: Client) -> None:
    known.sites.replace("b.example", Site(), None)
    page = parsed(client.get("/settings/sites/example.com").text)
    assert "/ignore-me?site_id=example.com" in [a["href"] for a in page.by_id("exclude").all("a")]


def test_nobody_makes_links_who_may_not_look_at_the_settings(guarded: Mallard) -> None:
    assert client_of(guarded).get("/ignore-me").status_code == 303
