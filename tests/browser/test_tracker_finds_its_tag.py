"""However the tracker gets into a page it finds its tag, and it says once why it counts nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page

from mallard.ingest.origins import FOREIGN
from tests.browser.patient import context_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.conftest import Collector, Sent, Site, Visit

INJECT = """const tag = document.createElement('script');
tag.src = %r; tag.dataset.domain = 'site.test'; document.head.append(tag)"""
RUN = "fetch(%r).then(answer => answer.text()).then(text => (0, eval)(text))"
COPY = "/cache/3f9a.js"


@pytest.fixture
def lines(page: Page) -> list[str]:
    """What the page's console shows, but for what the browser says itself."""
    found: list[str] = []
    page.on("console", lambda line: found.append(line.text) if line.type == "warning" else None)
    return found


def only_line(page: Page, lines: list[str]) -> str:
    """The one warning of a page, which may come later than the event that it is about."""
    if not lines:
        page.wait_for_event("console", lambda line: line.type == "warning")
    [line] = lines
    return line


def script(collector: Collector) -> str:
    return f"{collector.at('stats.test')}/mallard.js"


def test_as_a_module_it_finds_its_tag(
    page: Page, site: Site, sent: Sent, collector: Collector
) -> None:
    tag = f'<script type="module" src="{script(collector)}" data-domain="site.test"></script>'
    site.add("/", tag)
    page.goto(site.at("site.test"))
    assert [event["d"] for event in sent(1)] == ["site.test"]


def test_injected_by_another_script_it_finds_its_tag(
    page: Page, site: Site, sent: Sent, collector: Collector
) -> None:
    site.add("/", f"<script>{INJECT % script(collector)}</script>")
    page.goto(site.at("site.test"))
    assert [event["d"] for event in sent(1)] == ["site.test"]


def test_run_by_a_tag_manager_it_finds_its_tag(
    page: Page, site: Site, sent: Sent, collector: Collector
) -> None:
    tag = f'<script type="text/plain" src="{script(collector)}" data-domain="site.test"></script>'
    site.add("/", f"{tag}<script>{RUN % script(collector)}</script>")
    page.goto(site.at("site.test"))
    assert [event["d"] for event in sent(1)] == ["site.test"]


@pytest.mark.parametrize("kind", ["text/javascript", "module"])
def test_a_copy_at_another_path_sends_where_the_tag_says(
    page: Page, site: Site, sent: Sent, collector: Collector, kind: str
) -> None:
    site.copy_of_the_tracker = COPY
    api = f"{collector.at('stats.test')}/api/event"
    tag = f'<script type="{kind}" src="{COPY}" data-domain="site.test" data-api="{api}"></script>'
    site.add("/", tag)
    page.goto(site.at("site.test"))
    page.evaluate("mallard('purchase', {revenue: '5 €'})")
    assert [event.get("ra") for event in sent(2)] == [None, 5]


def test_it_says_once_that_a_developer_machine_is_not_counted(
    page: Page, visit: Visit, sent: Sent, lines: list[str]
) -> None:
    visit(host="localhost")
    page.evaluate("mallard('signup'); mallard('signup')")
    assert sent(0) == []
    assert lines == ["Mallard: nothing is counted on this machine, unless the tag has data-local."]


def test_it_says_once_that_the_visitor_asked_to_be_ignored(
    page: Page, visit: Visit, sent: Sent, lines: list[str]
) -> None:
    page.add_init_script("localStorage.mallard_ignore = 'true'")
    visit()
    page.evaluate("mallard('signup')")
    assert sent(0) == []
    assert lines == ["Mallard: nothing is counted, for mallard_ignore is true in localStorage."]


def test_it_says_once_that_the_tag_names_no_site(
    page: Page, site: Site, tag: Callable[..., str], sent: Sent, lines: list[str]
) -> None:
    site.add("/", tag(domain=""))
    page.goto(site.at("site.test"))
    page.evaluate("mallard('signup')")
    assert sent(0) == []
    assert lines == ["Mallard: nothing is counted, for the tag has no data-domain."]


def test_it_says_once_why_the_server_refused(
    page: Page, visit: Visit, sent: Sent, collector: Collector, lines: list[str]
) -> None:
    collector.status = 403
    collector.error = '{"error": "d (site id) is not a site of this instance"}'
    visit()
    page.evaluate("mallard('signup', {props: {plan: 'pro'}})")
    page.evaluate("mallard('purchase', {revenue: '5 €'})")
    sent(3)
    line = only_line(page, lines)
    assert line.endswith("/api/event (403): d (site id) is not a site of this instance.")


def test_where_the_pages_of_a_host_are_refused_it_says_what_to_add(
    page: Page, visit: Visit, sent: Sent, collector: Collector, lines: list[str]
) -> None:
    collector.status = 403
    collector.error = json.dumps({"error": FOREIGN})
    visit()
    sent(1)
    line = only_line(page, lines)
    assert line.endswith(f'(403): {FOREIGN}; if it is to be one, add "site.test" to its site_ids.')


def test_a_server_that_is_no_mallard_is_said_to_be_none(
    page: Page, visit: Visit, sent: Sent, collector: Collector, lines: list[str]
) -> None:
    collector.status = 404
    collector.error = "<!doctype html>"
    visit()
    page.evaluate("mallard('signup')")
    sent(2)
    line = only_line(page, lines)
    assert "(404)" in line and "data-api" in line


def test_a_value_of_mallard_ignore_that_is_not_true_ignores_nobody(
    page: Page, visit: Visit, sent: Sent, lines: list[str]
) -> None:
    page.add_init_script("localStorage.mallard_ignore = 'false'")
    visit()
    assert [event["n"] for event in sent(1)] == ["pageview"]
    assert lines == []


def test_a_browser_that_a_program_drives_is_said_to_be_one(
    launch: Callable[..., Browser], site: Site, tag: Callable[..., str], collector: Collector
) -> None:
    site.add("/", tag())
    args = ["--no-sandbox", "--host-resolver-rules=MAP * 127.0.0.1"]
    browser = launch(args=args)
    context_of(browser).new_page().goto(site.at("site.test"))
    assert [event["b"] for event in collector.wait_for(1)] == [True]
    browser.close()
