"""What a page calls before the tracker is there, the documented line keeps, and it is sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page

if TYPE_CHECKING:
    from tests.browser.conftest import Sent, Site

GUIDE = Path(__file__).parents[2] / "docs" / "tracking.md"
CALLS = """<script>
  mallard("signup", { props: { plan: "pro" } });
  mallard("purchase", { revenue: 49.9, currency: "EUR", callback: () => { window.isDone = true } });
  mallard();
</script>"""


def the_line() -> str:
    """The script element that the guide tells to put in front of the first call."""
    found = re.search(r"<script>\n  window\.mallard = .*?</script>", GUIDE.read_text(), re.S)
    assert found
    return found[0]


NOTES_FETCHES = """
window.begun = [];
const original = window.fetch;
window.fetch = (...args) => { begun.push(JSON.parse(args[1].body).n); return original(...args); };
"""


@pytest.fixture
def begun(page: Page) -> Callable[[], list[str]]:
    """The names of the events whose sending the page has begun, in this order.

    They go out beside each other, so that they may arrive in any.
    """
    page.add_init_script(NOTES_FETCHES)
    # `sent` sends one of its own, to know when all others have arrived.
    return lambda: [name for name in page.evaluate("begun") if name != "last"]


@pytest.mark.parametrize("loading", ["", "async", "defer"])
def test_calls_before_the_script_is_there_are_sent_after_the_page_in_their_order(
    page: Page,
    site: Site,
    tag: Callable[..., str],
    sent: Sent,
    begun: Callable[[], list[str]],
    loading: str,
) -> None:
    site.add("/", the_line() + CALLS + tag().replace("async defer", loading))
    page.goto(site.at("site.test"))
    page.wait_for_function("window.isDone")
    arrived = {event["n"]: event for event in sent(3)}
    signup, purchase = arrived["signup"], arrived["purchase"]
    assert begun() == ["pageview", "signup", "purchase"]
    assert signup["p"] == {"plan": "pro"}
    assert (purchase["ra"], purchase["rc"]) == (49.9, "EUR")


def test_where_the_page_counts_by_itself_its_calls_are_all_that_is_sent(
    page: Page, site: Site, tag: Callable[..., str], sent: Sent, begun: Callable[[], list[str]]
) -> None:
    site.add("/", the_line() + CALLS + tag("data-manual"))
    page.goto(site.at("site.test"))
    assert len(sent(3)) == 3
    assert begun() == ["signup", "purchase", "pageview"]


def test_calls_when_the_script_is_there_are_sent_at_once(
    page: Page, site: Site, tag: Callable[..., str], sent: Sent, begun: Callable[[], list[str]]
) -> None:
    late = "<script>mallard('signup')</script>"
    site.add("/", tag().replace("async defer", "") + the_line() + late)
    page.goto(site.at("site.test"))
    assert len(sent(2)) == 2
    assert begun() == ["pageview", "signup"]


def test_where_the_script_is_blocked_the_page_goes_on(
    page: Page, site: Site, tag: Callable[..., str], sent: Sent
) -> None:
    page.route("**/mallard.js", lambda route: route.abort())
    site.add("/", the_line() + CALLS + tag() + "<script>window.goesOn = true</script>")
    page.goto(site.at("site.test"))
    assert page.evaluate("window.goesOn")
    assert sent(0) == []


def test_an_element_of_that_name_is_no_call(
    page: Page, site: Site, tag: Callable[..., str], sent: Sent
) -> None:
    site.add("/", '<img id="mallard" alt="">' + tag())
    page.goto(site.at("site.test"))
    assert [event["n"] for event in sent(1)] == ["pageview"]
