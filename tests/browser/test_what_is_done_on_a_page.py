"""Links, files, forms, missing pages and events of one's own, told by a tag with `data-track`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page

if TYPE_CHECKING:
    from tests.browser.conftest import Collector, Event, Sent, Site

ALL = "links downloads forms 404 events"
AWAY = "Outbound Link: Click"
FILE = "File Download"
FORM = "Form: Submission"

Open = Callable[..., str]

STAY = "<script>addEventListener('click', event => event.preventDefault())</script>"
"""The test reads on the page itself what was sent of it."""


@pytest.fixture
def opened(page: Page, site: Site, tag: Callable[..., str], collector: Collector) -> Iterator[Open]:
    """Opens a page with this markup whose tag asks for something; what is loaded is there then."""

    def opened(html: str, track: str = ALL, attributes: str = "", status: int = 200) -> str:
        site.add("/page", tag(f'data-track="{track}" {attributes}') + html, status)
        with page.expect_response("**/mallard.track.js"):
            page.goto(site.at("site.test") + "/page?q=1#part")
        page.wait_for_load_state("networkidle")
        return site.at("site.test")

    yield opened


def told(events: list[Event]) -> list[tuple[str, Any]]:
    """Names and properties of what was sent after the view."""
    view, *others = events
    assert view["n"] == "pageview"
    return [(event["n"], event.get("p")) for event in others]


def test_a_tag_that_asks_for_nothing_more_loads_nothing_more(
    page: Page, site: Site, tag: Callable[..., str], sent: Sent
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    site.add("/page", tag() + '<a href="http://other.test/">there</a>' + STAY)
    page.goto(site.at("site.test") + "/page")
    page.wait_for_load_state("networkidle")
    page.click("a")
    assert told(sent(1)) == []
    assert set(asked) == {"event", "mallard.js", "page"}


@pytest.mark.parametrize(
    ("markup", "name", "url"),
    [
        ('<a href="http://other.test/a?b=c#d">x</a>', AWAY, "http://other.test/a?b=c#d"),
        ('<a href="http://other.test/"><b><i>x</i></b></a>', AWAY, "http://other.test/"),
        ('<a target="_blank" href="http://other.test/">x</a>', AWAY, "http://other.test/"),
        ('<a href="/a/Report.PDF?key=secret">x</a>', FILE, "{site}/a/Report.PDF"),
        ('<a download href="/data">x</a>', FILE, "{site}/data"),
        ('<a href="http://other.test/a.zip">x</a>', FILE, "http://other.test/a.zip"),
        ('<svg width="50" height="50"><a href="http://other.test/"><rect width="50" height="50"/>'
         "</a></svg>", AWAY, "http://other.test/"),
        ('<a href="/elsewhere">x</a>', "", ""),
        ('<a href="http://www.site.test:{port}/">x</a>', "", ""),
        ('<a href="mailto:a@other.test">x</a>', "", ""),
        ('<a href="javascript:void 0">x</a>', "", ""),
        ('<a href="http://[/">x</a>', "", ""),
        ("<a>x</a>", "", ""),
    ],
)  # fmt: skip
def test_a_click_on_a_link_is_told_by_where_it_leads(
    page: Page, opened: Open, site: Site, sent: Sent, markup: str, name: str, url: str
) -> None:
    own = site.at("site.test")
    opened(STAY + markup.replace("{port}", own.rpartition(":")[2]))
    page.click("a")
    found = told(sent(2 if name else 1))
    assert found == ([(name, {"url": url.replace("{site}", own)})] if name else [])


@pytest.mark.parametrize(
    ("follow", "times"),
    [
        (lambda page: page.click("a", button="middle"), 1),
        (lambda page: page.click("a", modifiers=["Control"]), 1),
        (lambda page: page.press("a", "Enter"), 1),
        (lambda page: page.click("a", button="right"), 0),
    ],
)
def test_a_link_is_followed_by_other_buttons_and_keys_too(
    page: Page, opened: Open, sent: Sent, follow: Callable[[Page], None], times: int
) -> None:
    opened(STAY + '<a href="http://other.test/">x</a>')
    follow(page)
    assert len(told(sent(1 + times))) == times


def test_links_that_come_later_and_those_in_shadows_are_told_too(
    page: Page, opened: Open, sent: Sent
) -> None:
    opened(STAY + "<x-box></x-box>")
    page.evaluate("""
        const root = document.querySelector('x-box').attachShadow({mode: 'open'});
        root.innerHTML = '<a href="http://other.test/">x</a>';
    """)
    page.click("x-box >> a")
    assert told(sent(2)) == [(AWAY, {"url": "http://other.test/"})]


def test_a_link_leads_on_at_once_and_is_told_all_the_same(
    page: Page, opened: Open, site: Site, collector: Collector
) -> None:
    site.add("/there", "There")
    opened(f'<a href="{site.at("other.test")}/there">x</a>')
    page.click("a")
    page.wait_for_url("**/there")
    assert told(collector.wait_for(2)) == [(AWAY, {"url": site.at("other.test") + "/there"})]


def test_a_site_says_itself_what_files_end_in(page: Page, opened: Open, sent: Sent) -> None:
    links = "".join(f'<a href="/a.{ending}">{ending}</a>' for ending in ("pdf", "gpx", "kml"))
    opened(STAY + links, "downloads", 'data-files=".gpx, kml"')
    for ending in ("pdf", "gpx", "kml"):
        page.click(f"text={ending}")
    assert [props["url"][-5:] for _, props in told(sent(3))] == ["a.gpx", "a.kml"]


@pytest.mark.parametrize("word", ["links", "downloads", "forms", "events"])
def test_only_what_is_asked_for_is_told(page: Page, opened: Open, sent: Sent, word: str) -> None:
    opened(
        STAY + '<a href="http://other.test/">away</a><a href="/a.pdf">file</a>'
        "<form onsubmit='event.preventDefault()'></form>",
        word,
    )
    page.click("text=away")
    page.click("text=file")
    page.evaluate("document.forms[0].requestSubmit()")
    expected = {"links": [AWAY], "downloads": [FILE], "forms": [FORM], "events": []}[word]
    assert [name for name, _ in told(sent(1 + len(expected)))] == expected


FIELDS = "<input name=q><button>Send</button>"


@pytest.mark.parametrize("way", ["click", "press"])
@pytest.mark.parametrize("place", ["page", "shadow", "slot"])
def test_a_form_is_told_once_when_it_is_sent_off(
    page: Page, opened: Open, sent: Sent, place: str, way: str
) -> None:
    form = f"<form onsubmit='event.preventDefault()'>{FIELDS}</form>"
    opened(f"<x-box>{'' if place == 'shadow' else form}</x-box>")
    if place != "page":
        page.evaluate(
            "html => { const box = document.querySelector('x-box');"
            " box.attachShadow({mode: 'open'}).innerHTML = html }",
            form if place == "shadow" else "<p tabindex=0>Before</p><slot></slot>",
        )
    if place == "slot":
        page.click("x-box >> p")
    page.fill("input", "duck")
    page.click("button") if way == "click" else page.press("input", "Enter")
    assert told(sent(2)) == [(FORM, {"path": "/page"})]


def test_a_page_that_is_missing_says_so_itself(page: Page, opened: Open, sent: Sent) -> None:
    opened("Not here", "404", status=404)
    assert told(sent(2)) == [("404", {"path": "/page"})]


def test_a_page_that_is_there_is_none_that_is_missing(opened: Open, sent: Sent) -> None:
    opened("Here", "404")
    assert told(sent(1)) == []


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        (
            '<button data-mallard-event="Signup" data-mallard-prop-plan="pro"'
            ' data-mallard-prop-from-page="top"><b>x</b></button>',
            ("Signup", {"plan": "pro", "from-page": "top"}),
        ),
        (
            '<p class="big mallard-event-name=Sign+up mallard-event-plan--pro">x</p>',
            ("Sign up", {"plan": "pro"}),
        ),
        ('<p class="plausible-event-name=Read">x</p>', ("Read", {})),
        ('<div data-mallard-event="Box"><p>x</p></div>', ("Box", {})),
        ('<svg data-mallard-event="Drawing" width="9" height="9"></svg>', ("Drawing", {})),
    ],
)
def test_any_element_may_have_an_event_of_its_own(
    page: Page, opened: Open, sent: Sent, markup: str, expected: tuple[str, Any]
) -> None:
    opened(markup, "events")
    page.click("button, p, svg")
    assert told(sent(2)) == [expected]


def test_an_event_of_an_element_may_bring_money(page: Page, opened: Open, sent: Sent) -> None:
    opened(
        '<button data-mallard-event="Buy" data-mallard-revenue="49.90"'
        ' data-mallard-currency="EUR">x</button>',
        "events",
    )
    page.click("button")
    event = sent(2)[1]
    assert (event["n"], event["ra"], event["rc"]) == ("Buy", 49.9, "EUR")


def test_a_form_with_an_event_of_its_own_tells_that_when_it_is_sent_off(
    page: Page, opened: Open, sent: Sent
) -> None:
    opened(
        f'<form data-mallard-event="Ask" onsubmit="event.preventDefault()">{FIELDS}</form>', "forms"
    )
    page.click("input")
    page.click("button")
    assert told(sent(2)) == [("Ask", {})]


def test_nothing_on_the_page_is_held_up_or_moved(page: Page, opened: Open, sent: Sent) -> None:
    page.add_init_script("""
        window.listened = [];
        const listen = EventTarget.prototype.addEventListener;
        EventTarget.prototype.addEventListener = function (type, handle, options) {
            listened.push([type, options?.passive]);
            return listen.call(this, type, handle, options);
        };
        window.shifts = [];
        new PerformanceObserver(list => shifts.push(...list.getEntries()))
            .observe({type: 'layout-shift', buffered: true});
    """)
    opened(STAY + '<a href="http://other.test/">x</a>', "engagement vitals " + ALL)
    page.click("a")
    own = {"popstate", "pageshow"}
    listened = [(t, passive) for t, passive in page.evaluate("listened") if t not in own]
    assert {"scroll", "click", "submit"} <= {name for name, _ in listened}
    assert all(passive for name, passive in listened if name != "click" or passive)
    assert page.evaluate("shifts.length") == 0
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [
        0,
        0,
        "",
    ]
    assert told(sent(2)) == [(AWAY, {"url": "http://other.test/"})]
