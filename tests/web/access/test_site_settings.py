"""The settings page of a site, as a browser without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.register.site import Exclude, Funnel, Goal, Segment, Site, View
from tests.conftest import post_event, stored_events
from tests.web.access.site_page import PAGE, SITE, form_of, page, send
from tests.web.reading import parsed

pytestmark = pytest.mark.thorough


def test_a_site_is_named(known: Mallard, client: Client) -> None:
    response = send(client, "name", {"name": " The shop "})
    assert response.status_code == 303
    assert response.headers["Location"] == f"{PAGE}?saved=name#name"
    assert known.sites.of(SITE).name == "The shop"
    saved = parsed(client.get(f"{PAGE}?saved=name").text)
    assert saved.by_id("name").one("p", class_="done").text == "Saved."
    assert saved.one("title").text == "Settings of The shop · Mallard"
    assert send(client, "name", {"name": ""}).status_code == 303
    assert known.sites.of(SITE).name == ""


def test_a_site_is_pinned_and_let_go(known: Mallard, client: Client) -> None:
    assert send(client, "name", {"pinned": "yes"}).status_code == 303
    assert known.sites.of(SITE).is_pinned
    assert "checked" in page(client).by_id("name").one("input", type="checkbox").attributes
    _, sent = form_of(page(client), "name")
    del sent["pinned"]
    client.post(f"{PAGE}/name", data=sent)
    assert known.sites.of(SITE) == Site(name="Shop")


def test_aliases_are_set_by_lines_and_taken_ones_told(known: Mallard, client: Client) -> None:
    assert send(client, "aliases", {"aliases": "old.example\r\n7f0c"}).status_code == 303
    assert known.sites.of(SITE).aliases == ("old.example", "7f0c")
    known.sites.replace("b.example", Site(), None)
    refused = send(client, "aliases", {"aliases": "b.example"})
    assert refused.status_code == 400
    section = parsed(refused.text).by_id("aliases")
    assert "'b.example' is a site of its own" in section.one("p", class_="wrong").text
    assert client.post("/settings/sites", data={"site": "old.example"}).status_code == 400


def test_exclusions_are_set_by_lines(known: Mallard, client: Client) -> None:
    typed = {"addresses": "203.0.113.0/24\r\n\r\n 2001:db8::1 ", "countries": "de", "paths": "/a*"}
    assert send(client, "exclude", typed).status_code == 303
    assert known.sites.of(SITE).exclude == Exclude(
        addresses=("203.0.113.0/24", "2001:db8::1"), countries=("DE",), paths=("/a*",)
    )
    _, shown = form_of(page(client), "exclude")
    assert shown["addresses"] == "203.0.113.0/24\n2001:db8::1"


def test_the_address_one_has_now_is_excluded_by_a_button(known: Mallard, client: Client) -> None:
    address, sent = form_of(page(client), "exclude")
    environ = {"REMOTE_ADDR": "127.0.0.1"}
    headers = {"X-Forwarded-For": "203.0.113.9"}
    for _ in range(2):
        sent["version"] = form_of(page(client), "exclude")[1]["version"]
        sent["addresses"] = form_of(page(client), "exclude")[1]["addresses"]
        client.post(address, data=sent | {"mine": ""}, headers=headers, environ_overrides=environ)
    assert known.sites.of(SITE).exclude.addresses == ("203.0.113.9",)
    body = {"d": SITE, "n": "pageview", "u": f"https://{SITE}/"}
    assert post_event(client, body, X_Forwarded_For="203.0.113.9").headers["X-Mallard-Dropped"]
    assert stored_events(known) == []


@pytest.mark.parametrize(
    ("kind", "typed", "expected"),
    [
        (
            "goals",
            {"name": "Sign-up", "value": "signup", "props": "plan=pro\na = b=c"},
            Goal("Sign-up", event="signup", props={"plan": "pro", "a": "b=c"}),
        ),
        ("goals", {"name": "Blog", "what": "page", "value": "/b/*"}, Goal("Blog", page="/b/*")),
        (
            "goals",
            {"name": "Paid", "value": "buy", "money": "needed"},
            Goal("Paid", event="buy", money=True),
        ),
        (
            "segments",
            {"name": "Mobile", "filters": "device==mobile\r\ncountry==DE|AT"},
            Segment("Mobile", ("device==mobile", "country==DE|AT")),
        ),
        (
            "funnels",
            {"name": "Buy", "steps": "page:/\r\nevent:signup", "window": "2 hours"},
            Funnel("Buy", ("page:/", "event:signup"), "2 hours"),
        ),
        (
            "views",
            {"name": "Last", "query": "https://x.example/?site_id=a&period=last_month&tab=goals"},
            View("Last", "period=last_month&tab=goals"),
        ),
        ("views", {"name": "As it is", "query": ""}, View("As it is", "")),
    ],
)
def test_parts_are_added_changed_and_removed(
    known: Mallard, client: Client, kind: str, typed: dict[str, str], expected: Any
) -> None:
    assert send(client, kind, typed).status_code == 303
    assert getattr(known.sites.of(SITE), kind) == (expected,)
    # What a form shows of it means the same.
    assert send(client, kind).status_code == 303
    assert getattr(known.sites.of(SITE), kind) == (expected,)
    assert send(client, kind, typed | {"name": "Another"}, 1).status_code == 303
    assert send(client, kind, {"name": "Changed"}).status_code == 303
    assert [part.name for part in getattr(known.sites.of(SITE), kind)] == ["Changed", "Another"]
    assert send(client, kind, {"remove": ""}).status_code == 303
    assert [part.name for part in getattr(known.sites.of(SITE), kind)] == ["Another"]
    assert known.sites.of(SITE).name == "Shop"


@pytest.mark.parametrize(
    ("action", "typed", "problem"),
    [
        ("exclude", {"addresses": "here\n203.0.113.7"}, "Addresses: 'here' is no address, and no"),
        ("paths", {"group": "order/*"}, "Group: 'order/*' is no pattern of paths"),
        ("paths", {"keep_query": "q\n\x7f"}, "Keep_query: '\\x7f' is no name"),
        ("goals", {"name": "a"}, "A goal needs either event or page."),
        ("goals", {"name": "a", "what": "page", "value": "b"}, "'b' is no pattern of paths"),
        ("segments", {"name": "a", "filters": "land==DE"}, "The dimension must be one of"),
        ("funnels", {"name": "a", "steps": "signup"}, "'signup' is neither"),
        ("views", {"name": "a", "query": "period=soon"}, "Period must be one of"),
    ],
)
def test_a_mistake_is_told_beside_its_form_and_what_was_typed_stays(
    known: Mallard, client: Client, action: str, typed: dict[str, str], problem: str
) -> None:
    response = send(client, action, typed)
    assert response.status_code == 400
    section = parsed(response.text).by_id(action)
    assert problem.lower() in section.one("p", class_="wrong").text.lower()
    _, shown = form_of(parsed(response.text), action)
    assert typed.items() <= shown.items()
    assert known.sites.of(SITE) == Site(name="Shop")


def test_nobody_undoes_what_somebody_else_has_changed(known: Mallard, client: Client) -> None:
    address, sent = form_of(page(client), "name")
    send(client, "goals", {"name": "Sign-up", "value": "signup"})
    response = client.post(address, data=sent | {"name": "Mine"})
    assert response.status_code == 412
    section = parsed(response.text).by_id("name")
    assert "Somebody else has changed this site" in section.text
    assert known.sites.of(SITE).goals
    # The form that comes back is of the present document.
    _, again = form_of(parsed(response.text), "name")
    assert client.post(address, data=again).status_code == 303
    assert known.sites.of(SITE).name == "Mine"


def test_a_site_with_events_alone_gets_a_document_by_its_first_form(
    mallard: Mallard, client: Client, visit: Callable[..., None]
) -> None:
    visit("/")
    assert send(client, "name", {"name": "Shop"}).status_code == 303
    assert mallard.sites.of(SITE).name == "Shop"


def test_a_site_is_added_by_hand_before_its_first_event(mallard: Mallard, client: Client) -> None:
    assert client.get(PAGE).status_code == 404
    response = client.post("/settings/sites", data={"site": " Example.com "})
    assert response.headers["Location"] == f"/?site_id={SITE}&period=30d"
    waiting = client.get(response.headers["Location"]).text
    assert f"data-domain=&#34;{SITE}&#34;" in waiting or f'data-domain="{SITE}"' in waiting
    assert client.get(PAGE).status_code == 200
    mallard.sites.replace(SITE, Site(name="Shop"), _version(mallard))
    client.post("/settings/sites", data={"site": SITE})
    assert mallard.sites.of(SITE).name == "Shop"
    assert client.post("/settings/sites", data={"site": "a b"}).status_code == 400


def _version(mallard: Mallard) -> str:
    entry = mallard.sites.entry(SITE)
    assert entry
    return entry.version


def test_a_site_is_deleted_by_typing_its_name(signed_in: Client, guarded: Mallard) -> None:
    post_event(signed_in, {"d": SITE, "n": "pageview", "u": f"https://{SITE}/"})
    post_event(signed_in, {"d": "b.example", "n": "pageview", "u": "https://b.example/"})
    guarded.sites.replace(SITE, Site(name="Shop"), None)
    refused = send(signed_in, "delete", {"typed": "Shop"})
    assert refused.status_code == 400
    assert "Nothing was deleted" in parsed(refused.text).by_id("delete").text
    assert send(signed_in, "delete", {"typed": SITE}).headers["Location"] == "/settings#sites"
    assert signed_in.get(PAGE).status_code == 404
    assert [event["site_id"] for event in stored_events(guarded)] == ["b.example"]


def test_no_site_is_deleted_while_no_password_is_set(known: Mallard, client: Client) -> None:
    assert "Set a password first" in page(client).by_id("delete").text
    assert client.post(f"{PAGE}/delete", data={"typed": SITE}).status_code == 403
    assert known.sites.entry(SITE)


@pytest.mark.parametrize("path", ["/x/goals", "/example.com/friends", "/example.com/roads"])
def test_what_is_not_there_is_404(known: Mallard, client: Client, path: str) -> None:
    assert client.post(f"/settings/sites{path}").status_code == 404


@pytest.mark.parametrize("place", ["-1", "7"])
def test_a_part_that_is_not_there_cannot_be_changed(
    known: Mallard, client: Client, place: str
) -> None:
    assert send(client, "goals", {"name": "a", "value": "b", "place": place}).status_code == 400


def test_the_page_is_found_from_the_site_and_from_the_settings(
    known: Mallard, client: Client
) -> None:
    for start in (f"/?site_id={SITE}", "/settings"):
        assert PAGE in [
            link.attributes.get("href") for link in parsed(client.get(start).text).all("a")
        ]


def test_each_part_leads_to_the_view_that_shows_it(
    known: Mallard, client: Client, visit: Callable[..., None]
) -> None:
    visit("/a")
    send(client, "goals", {"name": "Sign up & pay", "value": "signup"})
    send(client, "segments", {"name": "Mobile", "filters": "device==mobile"})
    send(client, "funnels", {"name": "Buy", "steps": "page:/a\nevent:b", "window": "2 hours"})
    send(client, "views", {"name": "Last", "query": "period=last_month&tab=goals"})
    shown = {
        kind: page(client).by_id(kind).one("a", class_="button")["href"]
        for kind in ("goals", "segments", "funnels", "views")
    }
    home = f"/?site_id={SITE}&"
    assert shown == {
        "goals": f"{home}goal=Sign+up+%26+pay&tab=goals",
        "segments": f"{home}segment=Mobile",
        "funnels": f"{home}tab=funnel&funnel=page:/a&funnel=event:b&window=2+hours",
        "views": f"{home}period=last_month&tab=goals",
    }
    assert all(client.get(there).status_code == 200 for there in shown.values())


def test_what_was_typed_into_a_part_that_somebody_has_removed_stays(
    known: Mallard, client: Client
) -> None:
    send(client, "goals", {"name": "Sign-up", "value": "signup"})
    address, sent = form_of(page(client), "goals")
    send(client, "goals", {"remove": ""})
    response = client.post(address, data=sent | {"name": "Signed up"})
    assert response.status_code == 412
    _, shown = form_of(parsed(response.text), "goals")
    assert (shown["name"], "place" in shown) == ("Signed up", False)
