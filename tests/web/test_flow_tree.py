"""The flow of a page as a tree, in the API and on the page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import Client

from tests.conftest import NOON
from tests.web.reading import Element, page_of
from tests.web.test_stats_api import stats

pytestmark = pytest.mark.thorough

Visit = Callable[..., None]
SITE = "/?site_id=example.com&period=7d&tab=flow&flow=/pricing"
WAYS = {
    1: ("/", "/pricing", "/signup", "/welcome"),
    2: ("/", "/pricing", "/pricing", "/signup"),
    3: ("/blog", "/pricing", "/docs", "/pricing", "/blog"),
    4: ("/pricing",),
    5: ("/", "/docs"),
}


@pytest.fixture
def ways(visit: Visit) -> None:
    for visitor, paths in WAYS.items():
        for path in paths:
            visit(path, visitor=visitor)


def leaf(page: str, visitors: int, outside: int | None, *branches: Any) -> dict[str, Any]:
    return {
        "page": page,
        "visitors": visitors,
        "outside": outside,
        "others": 0,
        "branches": list(branches),
    }


def flow(client: Client, **asked: Any) -> Any:
    found = stats(client, "flow", page="/pricing", period="7d", **asked)
    assert found.status_code == 200, found.text
    return found.json


def test_a_tree_tells_the_ways_on_and_who_left(client: Client, ways: None) -> None:
    assert flow(client, depth=2) == leaf(
        "/pricing",
        4,
        1,
        leaf("/signup", 2, 1, leaf("/welcome", 1, None)),
        leaf("/docs", 1, 0, leaf("/pricing", 1, None)),
    )


def test_backward_it_tells_how_they_got_there(client: Client, ways: None) -> None:
    assert flow(client, direction="backward") == leaf(
        "/pricing", 4, 1, leaf("/", 2, None), leaf("/blog", 1, None)
    )


def test_without_either_the_answer_is_the_list_that_it_was(client: Client, ways: None) -> None:
    assert flow(client) == [
        {"next_page": "/signup", "visitors": 2},
        {"next_page": "/docs", "visitors": 1},
    ]


def test_of_many_branches_ten_are_named(client: Client, visit: Visit) -> None:
    for visitor in range(1, 13):
        visit("/pricing", visitor=visitor)
        visit(f"/{visitor:02}", visitor=visitor)
    found = flow(client, depth=1)
    assert [one["page"] for one in found["branches"]] == [f"/{n:02}" for n in range(1, 11)]
    assert (found["others"], found["outside"]) == (2, 0)


def test_filters_hold_for_it(client: Client, ways: None) -> None:
    found = flow(client, depth=1, filter="entry_page==/blog")
    assert found == leaf("/pricing", 1, 0, leaf("/docs", 1, None))


def test_it_may_be_of_those_whom_a_funnel_lost(client: Client, ways: None) -> None:
    lost = {"steps": "page:/pricing,page:/signup", "stopped": "1"}
    assert flow(client, depth=1, **lost) == leaf("/pricing", 2, 1, leaf("/docs", 1, None))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"depth": "4"}, "depth must be a whole number from 1 to 3"),
        ({"depth": "x"}, "depth must be a whole number"),
        ({"direction": "up"}, "direction must be one of forward, backward"),
    ],
)
def test_what_is_no_tree_is_named(
    client: Client, ways: None, asked: dict[str, str], said: str
) -> None:
    found = stats(client, "flow", page="/pricing", **asked)
    assert (found.status_code, said in found.json["error"]) == (400, True)
    panel = client.get(SITE + "".join(f"&{name}={value}" for name, value in asked.items()))
    assert panel.status_code == 200
    assert said[1:] in panel.text


def tree_of(client: Client, asked: str) -> Element:
    return page_of(client, SITE + asked).by_id("panel-events").one("svg", class_="tree")


def told_by(tree: Element) -> list[str]:
    """What its boxes say to those who do not see them."""
    return [one["aria-label"] for one in tree if one.attributes.get("id", "").startswith("flow-")]


def test_branches_lead_to_their_own_trees(client: Client, ways: None) -> None:
    tree = tree_of(client, "&depth=3")
    said = told_by(tree)
    assert said[:3] == ["/pricing: 4 visitors", "/signup: 2 visitors", "/welcome: 1 visitor"]
    assert tree.by_id("flow-1")["href"] == (
        "/?site_id=example.com&period=7d&tab=flow&flow=/signup&depth=3"
    )
    assert tree.by_id("flow-0").tag == "g", "one is there already"


def test_beside_another_period_each_branch_has_the_number_of_then(
    client: Client, visit: Visit
) -> None:
    then = NOON - timedelta(days=8)
    for visitor, next_page in enumerate(("/signup", "/signup", "/signup", "/docs", None), start=1):
        visit("/pricing", visitor=visitor, at=then)
        if next_page:
            visit(next_page, visitor=visitor, at=then + timedelta(minutes=1))
    for visitor, paths in WAYS.items():
        for path in paths:
            visit(path, visitor=visitor, at=NOON + timedelta(minutes=visitor))
    tree = tree_of(client, "&depth=2&compare=previous")
    said = told_by(tree)
    assert said == [
        "/pricing: 4 visitors, 5 before",
        "/signup: 2 visitors, 3 before",
        "/welcome: 1 visitor, 0 before",
        "Left the site: 1 visitor, 3 before",
        "/docs: 1 visitor, 1 before",
        "/pricing: 1 visitor, 0 before",
        "Left the site: 1 visitor, 1 before",
    ]
    assert [one.text for one in tree.all("text", class_="count")][:2] == ["4 (5)", "2 (3)"]


def test_of_branches_that_were_among_others_nothing_is_said(client: Client, visit: Visit) -> None:
    for visitor in range(1, 13):
        visit("/pricing", visitor=visitor, at=NOON - timedelta(days=8))
        visit(f"/{visitor:02}", visitor=visitor)
    for visitor, page in ((20, "/01"), (21, "/12")):
        visit("/pricing", visitor=visitor, at=NOON)
        visit(page, visitor=visitor, at=NOON + timedelta(minutes=1))
    tree = tree_of(client, "&depth=2&compare=previous")
    said = told_by(tree)
    assert said == [
        "/pricing: 2 visitors, 12 before",
        "/01: 1 visitor, 1 before",
        "Left the site: 1 visitor, 1 before",
        "/12: 1 visitor",
        "Left the site: 1 visitor",
    ]


def test_who_left_leads_to_those_who_left_from_there(client: Client, ways: None) -> None:
    tree = tree_of(client, "&depth=2")
    hrefs = {one["aria-label"]: one["href"] for one in tree.all("a")}
    assert "&filter=exit_page==/pricing&" in hrefs["Left the site: 1 visitor"]
    back = tree_of(client, "&direction=backward")
    (came,) = [one for one in back.all("a") if one["aria-label"].startswith("Came to the site")]
    assert "&filter=entry_page==/pricing&" in came["href"]


def test_the_form_spells_what_is_not_usual_and_nothing_else(client: Client, ways: None) -> None:
    usual = client.get(f"{SITE}&direction=forward&depth=1")
    assert (usual.status_code, usual.location) == (302, SITE)
    assert client.get(f"{SITE}&direction=backward&depth=3").status_code == 200


def test_a_page_that_nobody_saw_says_so(client: Client, ways: None) -> None:
    card = page_of(client, SITE.replace("/pricing", "/nowhere") + "&depth=2")
    assert "Where 0 visitors went from /nowhere" in card.by_id("panel-events").text
