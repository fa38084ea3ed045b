"""Shared links that keep to a segment: they follow it, and never show more because it went."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.register.files import Files
from mallard.register.sites import Sites
from tests.conftest import Clock
from tests.web.access import site_page
from tests.web.access.sharing import SITE, share, stranger_of, with_visits
from tests.web.reading import parsed

pytestmark = pytest.mark.thorough

SHOP = {"name": "Shop", "filters": ["page~*/shop/*"]}
HATS = {"name": "Hats", "filters": ["page==/shop/hats"]}
ABOUT = {"name": "About", "filters": ["page==/about"]}


@pytest.fixture
def mallard(guarded: Mallard, clock: Clock) -> Mallard:
    with_visits(guarded, clock)
    return guarded


@pytest.fixture
def anyone(mallard: Mallard) -> Client:
    return stranger_of(mallard)


@pytest.fixture
def site(mallard: Mallard, anyone: Client, admin: dict[str, str]) -> Decided:
    found = Decided(mallard, anyone, admin)
    found.has(SHOP, ABOUT)
    return found


class Decided:
    """The site's document, and what a link shows by it."""

    def __init__(self, mallard: Mallard, client: Client, admin: dict[str, str]) -> None:
        self.mallard, self._client, self._admin = mallard, client, admin

    def has(self, *segments: dict[str, Any], **more: Any) -> None:
        address = f"/api/sites/{SITE}"
        headers = dict(self._admin)
        if (tag := self._client.get(address, headers=self._admin).headers.get("ETag")) is not None:
            headers["If-Match"] = tag
        put = self._client.put(address, json={"segments": segments, **more}, headers=headers)
        assert put.status_code == 200, put.text

    def shown(self, link: str, query: str = "") -> str:
        """The visitors of all days."""
        answer = self._client.get(f"{link}/?period=all{query}")
        assert answer.status_code == 200, answer.text
        return parsed(answer.text).by_id("metric-visitors").one("b").text

    def listed(self) -> list[tuple[str | None, list[str]]]:
        rows: Any = self._client.get(f"/api/sites/{SITE}/shares", headers=self._admin).json
        return [(row["segment"], row["filters"]) for row in rows]

    def refusal(self, **wish: Any) -> str:
        wish = {"name": "A link", **wish}
        made = self._client.post(f"/api/sites/{SITE}/shares", json=wish, headers=self._admin)
        assert made.status_code == 400
        return str(made.json and made.json["error"])


def test_it_shows_what_its_segment_keeps_and_nobody_lifts_that(
    site: Decided, anyone: Client
) -> None:
    link = share(site.mallard, segment="Shop")
    assert site.shown(link) == "2"
    assert site.shown(link, "&filter=page==/shop/hats") == "1"
    assert site.shown(link, "&filter=page==/secret-plans") == "0"
    assert site.shown(link, "&segment=About") == "2"
    for path in ("/", "/panels/pages", "/details/pages", "/details/pages.csv"):
        assert "secret-plans" not in anyone.get(f"{link}{path}?period=all").text
    assert anyone.get(f"{link}/?filter=event==signup").status_code == 400
    assert "Shop" not in anyone.get(link).text
    assert site.listed() == [("Shop", [])]


def test_it_follows_what_its_segment_is_changed_to(site: Decided) -> None:
    link = share(site.mallard, segment="Shop")
    site.has({**HATS, "name": "Shop"}, ABOUT)
    assert site.shown(link) == "1"
    assert site.listed() == [("Shop", [])]


def test_it_follows_a_segment_to_another_name(site: Decided) -> None:
    link = share(site.mallard, segment="Shop")
    site.has(ABOUT, {**SHOP, "name": "The shop"})
    assert site.listed() == [("The shop", [])]
    assert site.shown(link) == "2"
    site.has({**HATS, "name": "The shop"})
    assert site.shown(link) == "1"


def test_it_keeps_the_filters_of_a_segment_that_is_deleted(site: Decided) -> None:
    link = share(site.mallard, segment="Shop")
    site.has(ABOUT)
    assert site.shown(link) == "2"
    assert site.listed() == [(None, SHOP["filters"])]
    site.has({"name": "Shop", "filters": ["page~*/**"]})
    assert site.shown(link) == "2"


def test_it_keeps_the_filters_of_one_that_is_renamed_and_widened_in_one_step(site: Decided) -> None:
    link = share(site.mallard, segment="Shop")
    site.has({"name": "The shop", "filters": ["page~*/**"]})
    assert site.shown(link) == "2"
    assert site.listed() == [(None, SHOP["filters"])]


def test_another_segment_that_was_there_is_not_taken_for_the_renamed_one(site: Decided) -> None:
    share(site.mallard, segment="Shop")
    site.has(SHOP, {**SHOP, "name": "The same"})
    site.has({**SHOP, "name": "The same"})
    assert site.listed() == [(None, SHOP["filters"])]


def test_it_goes_with_a_site_that_is_renamed(site: Decided, admin: dict[str, str]) -> None:
    link = share(site.mallard, segment="Shop")
    site.mallard.sites.rename(SITE, "new.example")
    assert site.mallard.sites.beside("new.example").shares[0].segment == "Shop"
    assert stranger_of(site.mallard).get(link).status_code == 200


def test_it_opens_nothing_where_its_segment_went_by_hand(site: Decided, anyone: Client) -> None:
    link = share(site.mallard, segment="Shop")
    register = Files(site.mallard.settings.data_dir)
    document = register.read(SITE)
    assert document is not None
    register.replace(SITE, document.content.replace(b'"Shop"', b'"Snop"', 1), document.version)
    by_hand = Sites(register)
    assert by_hand.beside(SITE).shares[0].segment == "Shop"
    site.mallard.sites.__dict__.update(by_hand.__dict__)
    for path in ("", "/", "/panels/pages", "/details/pages.csv"):
        assert anyone.get(link + path).status_code == 404


def test_a_segment_that_is_not_there_or_filters_beside_it_are_refused(site: Decided) -> None:
    assert site.refusal(segment="Gone") == (
        "segment: the site has none of the name 'Gone'; it has Shop, About"
    )
    assert "leave out segment or filters" in site.refusal(segment="Shop", filters=["page==/"])
    assert site.refusal(segment="x" * 200).startswith("segment")
    assert site.listed() == []


def test_a_goal_of_the_segment_stays_as_long_as_the_segment(site: Decided) -> None:
    goals = [{"name": "Sign-up", "event": "signup"}]
    site.has({"name": "Members", "filters": ["did==goal:Sign-up"]}, goals=goals)
    link = share(site.mallard, segment="Members", panels=["pages"])
    assert site.shown(link) == "1"
    site.has()
    assert stranger_of(site.mallard).get(link).status_code == 400


def test_the_form_offers_segments_and_says_which_links_show_one(
    site: Decided, signed_in: Client
) -> None:
    made = site_page.send(signed_in, "shares/new#shares", {"name": "The agency", "segment": "Shop"})
    assert made.status_code == 201, made.text
    assert site.listed() == [("Shop", [])]
    found = site_page.page(signed_in)
    assert "only the segment Shop" in found.by_id("shares").text
    note = "Shared links keep to it, and show what it is changed to: The agency."
    assert found.by_id("segments").text.count(note) == 1
    edited = signed_in.get(f"/saved/segments?site_id={SITE}&was=Shop").text
    assert note in edited
    refused = site_page.send(
        signed_in, "shares/new#shares", {"name": "x", "segment": "About", "filters": "page==/"}
    )
    assert refused.status_code == 400
    again = parsed(refused.text).by_id("shares").one("select")
    assert [one["value"] for one in again.all("option") if "selected" in one.attributes] == [
        "About"
    ]
