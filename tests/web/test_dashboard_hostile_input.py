"""What people try in the dashboard's arguments: never an error of ours, never raw in a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from mallard.web.dashboard.panels import PANELS
from tests.conftest import kept_open
from tests.web.reading import HTMX, parsed

pytestmark = pytest.mark.thorough

Visit = Callable[..., None]
PAGES = ("/", "/go", "/details/pages", "/details/pages.csv", "/realtime", "/realtime/visitors")
ARGUMENTS = (
    *("site_id", "period", "start_date", "end_date", "interval", "compare", "metric", "filter"),
    *("tab", "funnel", "window", "sequence", "weeks", "flow", "search", "order", "page"),
    *("path", "from", "to", "compared"),
)
MARK = "zxq"
"""Tells a value of ours from a page's own markup."""

HOSTILE = {
    "script": f"</script><script>{MARK}()</script>",
    "quotes": f"\"'><img src=x onerror={MARK}>",
    "template": "{{ 7 * 191 }}{% raw %}",
    "sql": "' or 1=1; drop table events; --",
    "lines": "a\r\nSet-Cookie: x=1\r\n\r\n<html>",
    "controls": "\0\x1b[31m\x7f\u202e\ufeff",
    "numbers": "9" * 400,
    "negative": "-1",
    "fraction": "1e309",
    "other digits": "\u0661\u0662",
    "first year": "0001-01-01",
    "last year": "9999-12-31",
    "no year": "0000-00-00",
    "wide range": "0001-01-01..9999-12-31",
    "last days": "9999-12-30..9999-12-31",
    "dots": "..",
    "slashes": "//evil.example/../..",
    "scheme": f"javascript:{MARK}()",
    "filter": "page==/|\"'<>&%7C%00",
    "step": "page:/<i>,event:,page:",
    "long": MARK * 3_000,
}
ENDS = ("0001-01-01", "0001-01-02", "2026-03-18", "2026-03-19", "9999-12-30", "9999-12-31")


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory, fresh_data: Path) -> Iterator[Client]:
    """Asks a Mallard with one visit, which works a report out once for all who ask the same."""
    data_dir = tmp_path_factory.mktemp("visited") / "data"
    with kept_open(data_dir, fresh_data, cache_ttl_secs=3600) as one:
        one.visit("/")
        yield one.client


@pytest.fixture
def ask(visited: Client) -> Callable[..., str]:
    """A page that is asked with these arguments; its text, after the rules that hold for all."""

    def ask_and_judge(path: str, sent: dict[str, Any], **headers: str) -> str:
        known = {"site_id": "example.com", "period": "today"}
        answer = visited.get(path, query_string=known | sent, headers=headers)
        assert answer.status_code in (200, 302, 400, 414), (path, sent, answer.text)
        assert "Set-Cookie" not in answer.headers
        if answer.status_code == 302:
            assert answer.location.startswith("/") and not answer.location.startswith("//")
        elif answer.mimetype == "text/html":
            judge(answer.text)
        return answer.text

    return ask_and_judge


def judge(markup: str) -> None:
    """A page is well-formed, and what came from outside is text or the value of an attribute."""
    for element in parsed(markup):
        assert not [name for name in element.attributes if name.startswith("on")]
        assert MARK not in element.tag + "".join(element.attributes)
        assert element.tag != "script" or not element.text
        for name in ("href", "hx-get", "src", "action"):
            value = element.attributes.get(name, "/")
            assert re.match(r"[/#]|\?|$", value), (element.tag, name, value)
            assert not value.startswith("//"), (element.tag, name, value)
    assert "1337" not in markup, "no template is made of it"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_whatever_an_argument_holds(ask: Callable[..., str], text: str) -> None:
    for name in ARGUMENTS:
        ask("/", {name: text})
    for path in PAGES[1:]:
        ask(path, dict.fromkeys(("from", "to", "search", "path", "tab"), text))


@pytest.mark.parametrize("path", PAGES)
def test_every_page_stands_markup_in_every_argument(ask: Callable[..., str], path: str) -> None:
    for name in ARGUMENTS:
        ask(path, {name: HOSTILE["script"] + HOSTILE["quotes"]})


@pytest.mark.parametrize("kind", ["script", "quotes", "lines", "numbers"])
def test_every_panel_stands_anything(ask: Callable[..., str], kind: str) -> None:
    text = HOSTILE[kind]
    asked = dict.fromkeys(("funnel", "sequence", "flow", "weeks", "window", "tab"), text)
    for name in PANELS:
        ask(f"/panels/{name}", asked, **HTMX)
        ask(f"/panels/{name}", {"flow": f"/{text}", "funnel": f"/{text}", "sequence": "/a"})


@pytest.mark.parametrize("first", ENDS)
def test_any_days_of_the_calendar(ask: Callable[..., str], first: str) -> None:
    for end in ENDS:
        days = {"start_date": first, "end_date": end}
        for more in ({"compare": "previous"}, {"compare": f"{first}..{end}", "interval": "month"}):
            ask("/", days | more)
        ask("/go", {"from": first, "to": end})
        ask("/panels/retention", days)


def test_bytes_that_are_no_text(visited: Client) -> None:
    for name in ARGUMENTS:
        answer = visited.get(f"/?site_id=example.com&{name}=%ff%fe%00%c0%af")
        assert answer.status_code in (200, 302, 400), (name, answer.text)


def test_no_address_is_so_long_that_its_page_fills_the_memory(visited: Client) -> None:
    a_year_of_hours = "start_date=2025-03-18&end_date=2026-03-19&interval=hour"
    answer = visited.get(f"/?site_id=example.com&{a_year_of_hours}")
    assert answer.status_code == 400
    assert "interval: 8784 are too many for the chart" in answer.text
    a_month_of_hours = "/?site_id=example.com&period=30d&interval=hour&tab="
    answer = visited.get(a_month_of_hours + "x" * 8_000)
    assert answer.status_code == 200
    assert len(answer.data) < 20_000_000
    for path in ("/?", "/panels/pages?site_id=a", "/details/pages?site_id=a", "/realtime?", "/go?"):
        answer = visited.get(f"{path}&tab={'x' * 8_200}")
        assert answer.status_code == 414
        assert "the address has more than 8192 bytes" in answer.text


def test_values_from_visitors_are_only_text(client: Client, visit: Visit) -> None:
    for text in (HOSTILE["script"], HOSTILE["quotes"], HOSTILE["template"]):
        visit(f"/{text}", event=text[:60], r=f"https://{MARK}.example/{text}")
        visit(f"/{text}", visitor=2, u=f"https://example.com/?utm_campaign={text}")
    for path in ("/", "/realtime", *(f"/details/{n}" for n, p in PANELS.items() if p.filtered_by)):
        judge(client.get(f"{path}?site_id=example.com&period=today").text)
    for name in PANELS:
        judge(client.get(f"/panels/{name}?site_id=example.com&flow=/&funnel=/&sequence=/").text)
