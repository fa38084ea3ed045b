"""What is decided on one node holds on all, and nobody undoes what he has not seen."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest

from tests.cluster.conftest import Member
from tests.cluster.postgres import Postgres
from tests.cluster.test_what_is_away import catch_up
from tests.fuzz.size import so_many

pytestmark = pytest.mark.thorough

Join = Callable[..., Member]
SITE = "example.com"


def put(member: Member, document: Any, etag: str | None = None, site: str = SITE) -> Any:
    """The answer to a site's document that is put on a node."""
    headers = {"If-Match": etag} if etag else {}
    return member.client.put(f"/api/sites/{site}", json=document, headers=headers)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each gives, where all begin at one moment."""
    gate = Barrier(len(acts))

    def one(act: Callable[[], Any]) -> Any:
        gate.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def test_what_is_decided_on_one_node_is_seen_at_the_other(join: Join) -> None:
    paris, oslo = join("paris"), join("oslo")
    made = put(paris, {"name": "Shop", "aliases": ["old.example"]})
    assert made.status_code == 200
    zone = {"default_timezone": "Europe/Oslo"}
    assert paris.client.put("/api/instance", json=zone).status_code == 200
    oslo.look()
    seen = oslo.client.get(f"/api/sites/{SITE}")
    assert (seen.json, seen.headers["ETag"]) == (made.json, made.headers["ETag"])
    assert oslo.mallard.sites.site_behind("old.example") == SITE
    assert oslo.mallard.sites.zone_of("another.example") == "Europe/Oslo"
    changed = put(oslo, {"name": "Store"}, seen.headers["ETag"])
    paris.look()
    assert paris.mallard.sites.name_of(SITE) == "Store"
    oslo.mallard.sites.delete(SITE, changed.headers["ETag"].strip('"'))
    paris.look()
    assert paris.mallard.sites.ids() == []


def test_a_running_node_hears_of_it_by_itself(join: Join) -> None:
    paris, oslo = join("paris"), join("oslo")
    heard, has_heard = oslo.node.register.heard, Barrier(2)

    def hear(key: str) -> None:
        heard(key)
        has_heard.wait()

    oslo.node.register.heard = hear
    oslo.node.register.start()
    put(paris, {"name": "Shop"})
    has_heard.wait()
    assert oslo.mallard.sites.name_of(SITE) == "Shop"


def test_whoever_changes_something_sees_first_what_others_have_changed(join: Join) -> None:
    paris, oslo = join("paris"), join("oslo")
    first = put(paris, {"name": "Shop"})
    # No look in between.
    second = put(oslo, {"name": "Store"}, first.headers["ETag"])
    assert second.status_code == 200
    assert put(paris, {"name": "Market"}, first.headers["ETag"]).status_code == 412
    assert paris.get(f"/api/sites/{SITE}") == {"name": "Store"}


def test_of_two_nodes_that_replace_one_document_one_succeeds(join: Join) -> None:
    paris, oslo = join("paris"), join("oslo")
    etag = put(paris, {"name": "0"}).headers["ETag"]
    for number in range(so_many(10, 200)):
        answers = at_once(
            partial(put, paris, {"name": f"{number} of paris"}, etag),
            partial(put, oslo, {"name": f"{number} of oslo"}, etag),
        )
        assert sorted(one.status_code for one in answers) == [200, 412]
        (won,) = [one for one in answers if one.status_code == 200]
        etag = won.headers["ETag"]
        for member in (paris, oslo):
            member.look()
            assert member.get(f"/api/sites/{SITE}") == won.json


def test_sites_that_two_nodes_decide_about_at_once_are_all_decided(join: Join) -> None:
    paris, oslo = join("paris"), join("oslo")
    for number in range(so_many(10, 200)):
        answers = at_once(
            partial(put, paris, {"name": "P"}, site=f"{number}.paris.example"),
            partial(put, oslo, {"name": "O"}, site=f"{number}.oslo.example"),
        )
        assert [one.status_code for one in answers] == [200, 200]
    paris.look()
    oslo.look()
    assert paris.mallard.sites.ids() == oslo.mallard.sites.ids()
    assert len(paris.mallard.sites.ids()) == 2 * so_many(10, 200)


def test_an_alias_is_one_sites_alone_whichever_nodes_decide(join: Join) -> None:
    paris, oslo = join("paris"), join("oslo")
    for number in range(so_many(10, 200)):
        document = {"aliases": [f"{number}.old.example"]}
        answers = at_once(
            partial(put, paris, document, site=f"{number}.paris.example"),
            partial(put, oslo, document, site=f"{number}.oslo.example"),
        )
        assert sorted(one.status_code for one in answers) == [200, 400]
        refused = next(one for one in answers if one.status_code == 400)
        assert "is an alias of" in refused.json["error"]


def test_without_postgresql_all_goes_on_but_deciding(join: Join, postgres: Postgres) -> None:
    paris, oslo = join("paris"), join("oslo")
    etag = put(paris, {"name": "Shop", "exclude": {"paths": ["/out"]}}).headers["ETag"]
    oslo.look()
    postgres.stop("immediate")
    try:
        for member in (paris, oslo):
            member.visit("/in")
            member.visit("/out")
            assert member.pages() == {"/in": 1}
            seen = member.client.get(f"/api/sites/{SITE}")
            assert seen.json and seen.json["name"] == "Shop"
            assert seen.headers["ETag"] == etag
            refused = put(member, {"name": "Store"}, etag)
            assert refused.status_code == 503
            assert refused.json["error"].startswith("nothing was changed: PostgreSQL cannot")
            assert refused.headers["Retry-After"]
            asked = {"name": "Figures"}
            assert member.client.put("/api/instance", json=asked).status_code == 503
            assert member.health()["status"] == "degraded"
            assert "PostgreSQL cannot be reached" in member.health()["cluster"]["trouble"]
        # One that starts knows what it knew.
        oslo.stop()
        oslo = join("oslo")
        assert oslo.mallard.sites.name_of(SITE) == "Shop"
    finally:
        postgres.start()
    paris.look()
    assert put(paris, {"name": "Store"}, etag).status_code == 200
    oslo.look()
    assert oslo.mallard.sites.name_of(SITE) == "Store"
    catch_up(oslo)
    assert oslo.health()["status"] == "ok"


def test_a_node_that_was_away_hears_of_everything(join: Join) -> None:
    paris, oslo = join("paris"), join("oslo")
    first = put(paris, {"name": "Shop"}).headers["ETag"].strip('"')
    put(paris, {"name": "Other"}, site="other.example")
    oslo.stop()
    paris.mallard.sites.delete(SITE, first)
    put(paris, {"name": "New"}, site="new.example")
    oslo = join("oslo")
    assert oslo.mallard.sites.names() == {"other.example": "Other", "new.example": "New"}
