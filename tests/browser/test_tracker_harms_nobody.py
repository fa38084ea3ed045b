"""When the tracker keeps silent, and that the visitor and the page around it are unharmed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page

if TYPE_CHECKING:
    from tests.browser.conftest import Collector, Sent, Site, Visit

RECORD_CALLS = "window.calls = 0; window.callback = () => { window.calls += 1 }"


def test_the_visitor_and_the_page_are_left_as_they_were(
    page: Page, visit: Visit, sent: Sent, collector: Collector
) -> None:
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    visit()
    page.evaluate("mallard('signup', {props: {plan: 'pro'}})")
    sent(2)
    assert page.context.cookies() == []
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    assert page.evaluate("Object.keys(window).filter(key => key.length == 1)") == []
    assert collector.preflights == 0
    assert messages == []


def test_a_cookie_of_the_collector_is_not_sent_along(page: Page, site: Site, visit: Visit) -> None:
    own = site.at("site.test")
    page.context.add_cookies([{"name": "session", "value": "secret", "url": own}])
    with page.expect_request("**/api/event") as request:
        visit("/", f'data-api="{own}/api/event"')
    assert "cookie" not in request.value.all_headers()


def test_history_keeps_its_results_its_object_and_its_errors(page: Page, visit: Visit) -> None:
    page.add_init_script(
        "History.prototype.replaceState = function (...given) { return [this, ...given] }"
    )
    visit()
    assert page.evaluate("history.replaceState.call({own: 1}, 1, 'two')") == [{"own": 1}, 1, "two"]
    assert page.evaluate("history.pushState(0, '', '/next')") is None
    foreign = "try { history.pushState(0, '', 'http://other.test') } catch (e) { e.name }"
    assert page.evaluate(foreign) == "SecurityError"


@pytest.mark.parametrize("status", [202, 400, 503])
def test_the_callback_is_called_once_whatever_the_server_answers(
    page: Page, visit: Visit, sent: Sent, collector: Collector, status: int
) -> None:
    collector.status = status
    visit("/", "data-manual")
    page.evaluate(f"{RECORD_CALLS}; mallard('signup', {{callback}})")
    page.wait_for_function("calls")
    assert [event["n"] for event in sent(1)] == ["signup"]
    assert page.evaluate("calls") == 1


def test_the_callback_comes_also_for_a_page_that_is_already_counted(
    page: Page, visit: Visit, sent: Sent, collector: Collector
) -> None:
    visit()
    collector.wait_for(1)
    page.evaluate(f"{RECORD_CALLS}; mallard('pageview', {{callback}})")
    page.wait_for_function("calls")
    assert [event["n"] for event in sent(1)] == ["pageview"]
    assert page.evaluate("calls") == 1


def test_a_server_that_is_down_is_no_concern_of_the_page(
    page: Page, visit: Visit, sent: Sent, stopped_collector: Collector
) -> None:
    visit("/", f'data-api="{stopped_collector.at("other.test")}/api/event"')
    page.evaluate(f"{RECORD_CALLS}; mallard('signup', {{callback}})")
    page.wait_for_function("calls")
    page.evaluate("history.pushState(0, '', '/next'); mallard('plain'); mallard('null', null)")
    assert sent(0) == []
    assert page.evaluate("calls") == 1


def test_an_event_whose_properties_are_no_json_is_sent_without_them(
    page: Page, visit: Visit, sent: Sent
) -> None:
    visit("/", "data-manual")
    page.evaluate(f"{RECORD_CALLS}; mallard('signup', {{callback, props: {{window}}}})")
    page.wait_for_function("calls")
    [event] = sent(1)
    assert (event["n"], "p" in event) == ("signup", False)
    assert page.evaluate("calls") == 1


def stays_silent(page: Page, sent: Sent) -> bool:
    """Whether nothing is sent of a load, a navigation and an event; the callback still comes."""
    page.evaluate("history.pushState(0, '', location.pathname + '?next')")
    page.evaluate(f"{RECORD_CALLS}; mallard('signup', {{callback}})")
    page.wait_for_function("calls")
    return sent(0) == [] and bool(page.evaluate("calls == 1"))


def test_who_asked_to_be_ignored_is_ignored(page: Page, visit: Visit, sent: Sent) -> None:
    page.add_init_script("localStorage.mallard_ignore = 'true'")
    visit()
    assert stays_silent(page, sent)


def test_a_visitor_whose_storage_is_blocked_is_counted(
    page: Page, visit: Visit, sent: Sent
) -> None:
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('blocked') }})"
    )
    visit()
    assert [event["n"] for event in sent(1)] == ["pageview"]


def test_without_a_domain_nothing_is_sent(
    page: Page, site: Site, tag: Callable[..., str], sent: Sent
) -> None:
    site.add("/", tag(domain=""))
    page.goto(site.at("site.test"))
    assert stays_silent(page, sent)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.10", "[::1]"])
def test_a_developer_machine_is_not_counted(
    page: Page, visit: Visit, sent: Sent, host: str
) -> None:
    visit(host=host)
    assert stays_silent(page, sent)


def test_a_file_is_not_counted(
    page: Page, tag: Callable[..., str], sent: Sent, tmp_path: Path
) -> None:
    (tmp_path / "page.html").write_text(tag())
    page.goto((tmp_path / "page.html").as_uri())
    assert stays_silent(page, sent)


@pytest.mark.parametrize("host", ["localhost.test", "notlocalhost", "127.test", "site.test"])
def test_only_whole_local_names_are_taken_for_local(visit: Visit, sent: Sent, host: str) -> None:
    visit("/?from=http://localhost/", host=host)
    assert [event["n"] for event in sent(1)] == ["pageview"]


def test_a_developer_machine_can_be_counted_on_request(visit: Visit, sent: Sent) -> None:
    visit("/", "data-local", host="127.0.0.1")
    assert [event["n"] for event in sent(1)] == ["pageview"]
