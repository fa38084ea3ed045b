"""Segments, views, funnels and goals are saved, edited and deleted from a site's own page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from werkzeug.test import Client, TestResponse

from mallard.app import Mallard
from mallard.register.site import Funnel, Goal, Segment, Site, View
from tests.conftest import post_event
from tests.web.reading import Element, parsed

pytestmark = pytest.mark.thorough

SITE = "example.com"
HOME = f"/?site_id={SITE}&period=today"


@pytest.fixture
def known(mallard: Mallard) -> Mallard:
    """A site with a document and an event."""
    mallard.sites.replace(SITE, Site(name="Shop"), None)
    return mallard


@pytest.fixture(autouse=True)
def seen(client: Client) -> None:
    body = {"d": SITE, "n": "sign up", "u": f"https://{SITE}/join"}
    assert post_event(client, body).status_code == 202


def read(client: Client, address: str, status: int = 200) -> Element:
    response = client.get(address)
    assert response.status_code == status, response.text
    return parsed(response.text)


def form_of(page: Element) -> tuple[str, dict[str, str | list[str]]]:
    """The form that saves: its address, and what it would send as it stands."""
    form = page.one("main").one("form")
    sent: dict[str, str | list[str]] = {
        one["name"]: one.attributes.get("value", "") for one in form.all("input")
    }
    for area in form.all("textarea"):
        sent[area["name"]] = "".join(part for part in area.inside if isinstance(part, str))
    for choice in form.all("select"):
        sent[choice["name"]] = choice.all("option")[0]["value"]
    if steps := [one.attributes.get("value", "") for one in form.all("input", name="step")]:
        sent["step"] = steps
    return form["action"], sent


def send(client: Client, page: Element, **typed: str | list[str]) -> TestResponse:
    address, sent = form_of(page)
    return client.post(address, data=sent | typed)


def links_of(page: Element) -> dict[str, str]:
    return {one.text or one["aria-label"]: one["href"] for one in page.all("a")}


def saved_to(response: TestResponse) -> str:
    assert response.status_code == 303, response.text
    return response.headers["Location"]


def test_filters_are_saved_as_a_segment_that_is_shown_renamed_and_deleted(
    known: Mallard, client: Client
) -> None:
    filtered = read(client, f"{HOME}&filter=event==sign up&filter=page~*/j*")
    page = read(client, links_of(filtered)["Save the filters as a segment"])
    there = saved_to(send(client, page, name="Joined"))
    assert there == f"{HOME}&segment=Joined"
    assert known.sites.of(SITE).segments == (Segment("Joined", ("event==sign up", "page~*/j*")),)
    shown = read(client, there)
    assert shown.by_id("segment").text == "Joined"
    edit = shown.one("a", class_="edit")["href"]
    there = saved_to(send(client, read(client, edit), name="Members", filters="page==/join"))
    assert there == f"{HOME}&segment=Members"
    assert known.sites.of(SITE).segments == (Segment("Members", ("page==/join",)),)
    edit = read(client, there).one("a", class_="edit")["href"]
    assert saved_to(send(client, read(client, edit), remove="")) == HOME
    assert known.sites.of(SITE).segments == ()
    assert known.sites.of(SITE).name == "Shop"


def test_filters_beside_a_segment_are_saved_with_its_own(known: Mallard, client: Client) -> None:
    entry = known.sites.entry(SITE)
    assert entry
    site = Site(segments=(Segment("Joined", ("event==sign up",)),))
    known.sites.replace(SITE, site, entry.version)
    filtered = read(client, f"{HOME}&segment=Joined&filter=page==/join")
    page = read(client, links_of(filtered)["Save the filters as a segment"])
    assert saved_to(send(client, page, name="There")) == f"{HOME}&segment=There"
    assert known.sites.of(SITE).segments[1].filters == ("event==sign up", "page==/join")


def test_a_view_is_a_whole_address(known: Mallard, client: Client) -> None:
    address = f"{HOME}&compare=previous&filter=page==/join&tab=exit_pages"
    page = read(client, links_of(read(client, address))["Save this view"])
    assert saved_to(send(client, page, name="Joining")) == address
    query = address.partition("&")[2]
    assert known.sites.of(SITE).views == (View("Joining", query),)
    elsewhere = read(client, f"/?site_id={SITE}")
    assert elsewhere.by_id("saved-view-1")["href"] == address
    assert read(client, address).by_id("saved-view-1")["aria-current"] == "true"
    again = read(client, links_of(elsewhere)["Edit"])
    saved_to(send(client, again, query=f"https://x.example/?site_id={SITE}&period=7d"))
    assert known.sites.of(SITE).views == (View("Joining", "period=7d"),)


def test_a_funnel_is_edited_step_by_step(known: Mallard, client: Client) -> None:
    asked = f"{HOME}&tab=funnel&funnel=page:/&funnel=event:sign up&window=2 hours"
    page = read(client, links_of(read(client, asked))["Save this funnel"])
    _, sent = form_of(page)
    assert sent["step"] == ["page:/", "event:sign up", "", ""]
    assert sent["window"] == "2 hours"
    steps = ["page:/", "event:sign up", "page:/blog/*", ""]
    moved = parsed(send(client, page, name="Join", step=steps, move="up-3").text)
    _, sent = form_of(moved)
    assert sent["step"] == ["page:/", "page:/blog/*", "event:sign up", "", ""]
    assert sent["name"] == "Join"
    assert known.sites.of(SITE).funnels == ()
    moved = parsed(send(client, moved, move="down-1").text)
    moved = parsed(send(client, moved, move="out-2").text)
    there = saved_to(send(client, moved))
    assert known.sites.of(SITE).funnels == (
        Funnel("Join", ("page:/blog/*", "event:sign up"), "2 hours"),
    )
    shown = read(client, there)
    assert shown.by_id("saved-funnel-1").attributes["aria-current"] == "true"
    assert shown.by_id("panel-events").one("ol", class_="funnel").all("li")
    again = read(client, links_of(shown)["Edit"])
    saved_to(send(client, again, name="Joining", step=["event:sign up", " "]))
    assert known.sites.of(SITE).funnels == (Funnel("Joining", ("event:sign up",), "2 hours"),)
    again = read(client, links_of(read(client, HOME))["Edit"])
    saved_to(send(client, again, remove=""))
    assert known.sites.of(SITE).funnels == ()


def test_a_row_of_pages_or_events_becomes_a_goal_by_one_click(
    known: Mallard, client: Client, visit: Callable[..., None]
) -> None:
    visit("/a%2A b", visitor=1)
    visit("/", visitor=1, event="sign up")
    state = f"site_id={SITE}&period=today"
    for address, row, name, goal in (
        (f"/?{state}", "/a* b", "/a* b", "/a%2A b"),
        (f"/?{state}&tab=events", "sign up", "sign up", "sign up"),
    ):
        page = parsed(client.get(address).text)
        (button,) = page.all("button", **{"aria-label": f"Make {row} a goal"})
        form = page.by_id(button["form"])
        sent = {one["name"]: one["value"] for one in form.all("input")}
        made = client.post(form["action"], data=sent | {"value": button["value"]})
        assert made.status_code == 303, made.text
        there = parsed(client.get(made.headers["Location"]).text)
        assert f"Goal {name}" in there.one("li", class_="chip").text
        assert not there.all("button", **{"aria-label": f"Make {row} a goal"})
        found = known.sites.of(SITE).goals[-1]
        assert (found.name, found.page or found.event) == (name, goal)
    events = parsed(client.get(f"/?{state}&tab=events").text)
    assert not events.all("button", **{"aria-label": "Make pageview a goal"})


def test_what_is_filtered_by_becomes_a_goal_by_one_click(known: Mallard, client: Client) -> None:
    for filtered, goal in (
        ("event==sign up", Goal("sign up", event="sign up")),
        ("page==/join", Goal("/join", page="/join")),
        ("page==/a*b", Goal("/a*b", page="/a%2Ab")),
    ):
        page = read(client, f"{HOME}&filter={filtered}")
        form = page.one("form", class_="make-goal")
        sent = {one["name"]: one["value"] for one in form.all("input")}
        there = saved_to(client.post(form["action"], data=sent))
        assert known.sites.of(SITE).goals[-1] == goal
        assert read(client, there).one("ul", class_="chips").text.startswith(f"Goal {goal.name}")
    again = read(client, f"{HOME}&filter=event==sign up")
    assert not again.all("form", class_="make-goal")
    assert again.by_id("as-goal").text == "Conversions of sign up"
    assert again.by_id("as-goal")["href"] == f"{HOME}&goal=sign+up"
    two = read(client, f"{HOME}&filter=event==a|b")
    assert not two.all("form", class_="make-goal")


def test_two_editors_never_overwrite_each_other(known: Mallard, client: Client) -> None:
    entry = known.sites.entry(SITE)
    assert entry
    site = Site(segments=(Segment("One", ("page==/1",)), Segment("Two", ("page==/2",))))
    version = known.sites.replace(SITE, site, entry.version).version
    address = f"/saved/segments?was=Two&site_id={SITE}"
    mine = read(client, address)
    theirs = Site(segments=(Segment("Two", ("page==/theirs",)),))
    known.sites.replace(SITE, theirs, version)
    response = send(client, mine, filters="page==/mine")
    assert response.status_code == 412
    shown = parsed(response.text)
    assert "Somebody else has changed this site" in shown.one("p", class_="problem").text
    assert "It is now: Two, page==/theirs" in shown.one("main").text
    assert form_of(shown)[1]["filters"] == "page==/mine"
    assert known.sites.of(SITE) == theirs
    # What comes back is of the present document, and changes the one of the name, not of a place.
    saved_to(send(client, shown))
    assert known.sites.of(SITE).segments == (Segment("Two", ("page==/mine",)),)


def test_moving_a_step_does_not_take_what_others_have_changed_for_seen(
    known: Mallard, client: Client
) -> None:
    page = read(client, f"/saved/funnels?site_id={SITE}&funnel=page:/&funnel=page:/a")
    entry = known.sites.entry(SITE)
    assert entry
    known.sites.replace(SITE, Site(name="Theirs"), entry.version)
    moved = parsed(send(client, page, name="Mine", move="down-1").text)
    assert send(client, moved).status_code == 412
    assert known.sites.of(SITE) == Site(name="Theirs")


@pytest.mark.parametrize(
    ("kind", "typed", "problem"),
    [
        ("segments", {"name": "a", "filters": "land==DE"}, "dimension must be one of"),
        ("segments", {"name": "a", "filters": "did==goal:b"}, "'a' asks for the goal 'b'"),
        ("segments", {"name": " ", "filters": "page==/"}, "length >= 1"),
        ("views", {"name": "a", "query": "period=soon"}, "Period must be one of"),
        ("funnels", {"name": "a", "step": ["signup"]}, "'signup' is neither"),
        ("funnels", {"name": "a", "step": ["page:a*"]}, "'a*' is no pattern of paths"),
        ("funnels", {"name": "a", "step": ["page:/"], "window": "soon"}, "Window must be"),
        ("goals", {"name": "a", "value": ""}, "A goal needs either event or page"),
    ],
)
def test_a_mistake_is_told_and_what_was_typed_stays(
    known: Mallard, client: Client, kind: str, typed: dict[str, str], problem: str
) -> None:
    response = send(client, read(client, f"/saved/{kind}?site_id={SITE}"), **typed)
    assert response.status_code == 400
    page = parsed(response.text)
    assert problem in page.one("p", class_="problem").text
    assert form_of(page)[1]["name"] == typed["name"]
    assert known.sites.of(SITE) == Site(name="Shop")


def test_what_is_gone_is_said_to_be(known: Mallard, client: Client) -> None:
    page = read(client, f"/saved/segments?site_id={SITE}&filter=page==/")
    assert send(client, page, name="a", was="b").status_code == 400
    for address in (
        f"/saved/segments?was=b&site_id={SITE}",
        f"/saved/things?site_id={SITE}",
        "/saved/segments?site_id=other.example",
    ):
        read(client, address, 404)
    assert client.post("/saved/segments?site_id=other.example", data={}).status_code == 404
    assert client.post(f"/saved/things?site_id={SITE}", data={}).status_code == 404
    read(client, "/saved/segments", 400)


def test_a_view_that_cannot_be_read_does_not_hinder_the_page(
    known: Mallard, client: Client
) -> None:
    entry = known.sites.entry(SITE)
    assert entry
    known.sites.replace(SITE, Site(views=(View("Odd", "page=x&order=y"),)), entry.version)
    assert read(client, HOME).by_id("saved-view-1")["href"].endswith("&page=x&order=y")
