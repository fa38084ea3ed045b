"""The same script in another browser: what is counted and told, and that it says nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.conftest import POST_LAST
from tests.browser.firefox import Firefox, Tab, running

if TYPE_CHECKING:
    from tests.browser.conftest import Collector, Site

EVERYTHING = 'data-track="engagement links downloads forms 404 events vitals"'
MARKUP = """
<style>body {margin: 0} a, button {position: fixed; top: 0; width: 90px; height: 40px}</style>
<a href="AWAY/there" style="left: 0">away</a>
<a href="/files/report.pdf" style="left: 100px">file</a>
<form onsubmit="event.preventDefault()"><button style="left: 200px">Send</button></form>
<p style="height: 5000px">Long</p>
"""
ENTER = "\ue007"
HAS_COME = """
new Promise(resolve => {
    const look = () => performance.getEntriesByType('resource')
        .filter(entry => entry.name.endsWith('WHAT') && entry.responseEnd).length >= COUNT
        ? resolve(true) : setTimeout(look, 20);
    look();
})
"""


def await_answers(tab: Tab, what: str, count: int = 1) -> None:
    """Returns when a page has had so many answers from such an address."""
    assert tab.evaluate(HAS_COME.replace("WHAT", what).replace("COUNT", str(count)))


@pytest.fixture(scope="module")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    """One for all tests; nothing is left in its console."""
    with running(tmp_path_factory.mktemp("firefox") / "profile") as firefox:
        yield firefox
        assert firefox.console == []


@pytest.fixture
def opened(firefox: Firefox, site: Site, tag: Callable[..., str]) -> Iterator[Tab]:
    site.add("/page", tag(EVERYTHING) + MARKUP.replace("AWAY", site.at("other.test")))
    site.add("/there", "There")
    tab = firefox.tab()
    tab.goto(site.at("site.test") + "/page")
    await_answers(tab, "/mallard.track.js")
    yield tab
    tab.close()


def told(collector: Collector, count: int) -> dict[str, Any]:
    """Properties by the names of what was sent, each of them once."""
    events = collector.wait_for(count)
    found = {event["n"]: event.get("p") for event in events}
    assert len(found) == len(events) == count
    return found


def test_a_page_that_is_read_and_left_tells_of_it(
    opened: Tab, collector: Collector, site: Site
) -> None:
    opened.wheel(1500)
    opened.evaluate("new Promise(done => setTimeout(done, 1100))")
    opened.goto(site.at("site.test") + "/there")
    found = told(collector, 3)
    assert set(found) == {"pageview", "engagement", "vitals"}
    assert found["engagement"]["e"] >= 1000
    assert 20 < found["engagement"]["sd"] <= 60
    assert {"ttfb", "fcp"} <= set(found["vitals"])
    assert "cls" not in found["vitals"], "Firefox does not measure it"


def test_what_is_clicked_on_and_sent_off_is_told(
    opened: Tab, collector: Collector, site: Site
) -> None:
    opened.click(50, 20, button=1)
    opened.click(150, 20, button=1)
    opened.evaluate("document.querySelector('button').focus()")
    opened.press(ENTER)
    found = told(collector, 4)
    assert found["Outbound Link: Click"] == {"url": site.at("other.test") + "/there"}
    assert found["File Download"] == {"url": site.at("site.test") + "/files/report.pdf"}
    assert found["Form: Submission"] == {"path": "/page"}


def test_pages_of_an_app_and_pages_out_of_memory_are_counted(
    opened: Tab, collector: Collector, site: Site
) -> None:
    opened.evaluate("history.pushState(0, '', '/app')")
    # Firefox does not keep a page in memory that still waits for something.
    await_answers(opened, "/api/event", 2)
    opened.goto(site.at("site.test") + "/there")
    opened.back()

    def views() -> list[str]:
        return [event["u"] for event in collector.wait_for(3) if event["n"] == "pageview"]

    at = site.at("site.test")
    count = 3
    while len(views()) < 3:
        collector.wait_for(count := count + 1)
    assert views() == [f"{at}/page", f"{at}/app", f"{at}/app"]


def test_a_tab_in_the_background_is_counted_when_it_is_shown(
    firefox: Firefox, site: Site, tag: Callable[..., str], collector: Collector
) -> None:
    site.add("/page", tag())
    before = firefox.tab()
    tab = firefox.tab(in_the_background=True)
    tab.goto(site.at("site.test") + "/page")
    assert tab.evaluate("document.hidden")
    tab.evaluate(f"({POST_LAST})('{collector.at('stats.test')}')")
    assert [event["n"] for event in collector.wait_for(1)] == ["last"]
    tab.show()
    assert [event["n"] for event in collector.wait_for(2)] == ["last", "pageview"]
    tab.close()
    before.close()


def test_a_missing_page_says_so_itself(
    firefox: Firefox, site: Site, tag: Callable[..., str], collector: Collector
) -> None:
    site.add("/nowhere", tag('data-track="404"'), status=404)
    tab = firefox.tab()
    tab.goto(site.at("site.test") + "/nowhere")
    assert told(collector, 2) == {"pageview": None, "404": {"path": "/nowhere"}}
    tab.close()
