"""Encoded paths and hosts on the pages, where they are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from werkzeug.test import Client

from mallard.web.dashboard.legible import legible
from mallard.web.dashboard.panels import PANELS
from tests.web.reading import page_of

pytestmark = pytest.mark.thorough

SITE = "site_id=example.com&period=today"
TURNED, TURNED_PATH = "invoice-\u202efdp.exe", "/invoice-%E2%80%AEfdp.exe"
QUESTIONS = "&".join(
    f"{name}={quote(value)}"
    for name in ("funnel", "sequence")
    for value in (f"page:{TURNED_PATH}", f"event:{TURNED}")
)
READ_OUT = ("title", "aria-label", "placeholder", "alt")
"""The attributes whose values people see or hear."""
SENT, READ = "/de/handy-%C3%BCberdauern", "/de/handy-überdauern"


@pytest.mark.parametrize("spelling", [SENT, READ])
def test_an_encoded_page_is_shown_as_people_read_it(
    client: Client, visit: Callable[..., None], spelling: str
) -> None:
    visit(SENT)
    filtered = f"{SITE}&filter=page%3D%3D{quote(spelling)}"
    for url in (f"/?{filtered}", f"/details/pages?{filtered}", f"/?{SITE}&flow={quote(spelling)}"):
        shown = client.get(url).text
        assert READ in shown
        assert f">{SENT}<" not in shown
    rows = client.get(f"/api/stats/breakdown/pages?{filtered}").json or ()
    assert [(row["value"], row["visitors"]) for row in rows] == [(READ, 1)]


def test_signs_that_turn_a_path_around_are_shown(
    client: Client, visit: Callable[..., None]
) -> None:
    visit("/invoice-%E2%80%AEfdp.exe")
    shown = client.get(f"/details/pages?{SITE}").text
    assert ">/invoice-\\u202efdp.exe<" in shown


@pytest.mark.parametrize(
    "address",
    [
        *(f"/?{SITE}&tab={one}" for one in PANELS),
        *(f"/?{SITE}&tab={one}&{QUESTIONS}" for one in ("funnel", "sequences")),
        f"/?{SITE}&tab=flow&flow={TURNED_PATH}",
        *(f"/details/{one}?{SITE}" for one in ("pages", "events", "utm_source", "referrers")),
        f"/details/properties?{SITE}&property={quote(TURNED)}",
        f"/?{SITE}&filter=page%3D%3D{quote(TURNED_PATH)}&filter=event%3D%3D{quote(TURNED)}",
        f"/filter?{SITE}&by=prop:",
        f"/filter?{SITE}&by=page",
        f"/realtime?{SITE}",
        f"/live?{SITE}",
    ],
)
def test_no_page_is_turned_around_by_what_was_sent(
    client: Client, visit: Callable[..., None], address: str
) -> None:
    for path in (f"{TURNED_PATH}?utm_source={quote(TURNED)}", "/next", TURNED_PATH):
        visit(path)
        visit(path, event=TURNED, p={TURNED: TURNED}, ra=5)
        visit(path, event="vitals", p={"lcp": 2500})
    page = page_of(client, address)
    told = [page.text, *(one.attributes.get(name, "") for one in page for name in READ_OUT)]
    assert [text for text in told if "\u202e" in text] == []


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("/pri\u200bcing", "/pri\\u200bcing"),
        ("/a\u2066b\ufeff\u00ad\u0085", "/a\\u2066b\\ufeff\\u00ad\\u0085"),
        ("/pri\u200dcing", "/pri\\u200dcing"),
        ("می\u200cشود 👩\u200d💻 ünï", "می\u200cشود 👩\u200d💻 ünï"),
    ],
)
def test_signs_that_nobody_sees_are_written_out(text: str, written: str) -> None:
    assert legible(text) == written


@pytest.mark.parametrize("spelling", ["müller.de", "xn--mller-kva.de", "MÜLLER.de"])
def test_both_spellings_of_a_host_are_one_row_and_one_source(
    client: Client, spelling: str, visit: Callable[..., None]
) -> None:
    visit(u="https://müller.de/", visitor=1, r="https://www.bücher.example/a")
    visit(u="https://xn--mller-kva.de/", visitor=2, r="https://xn--bcher-kva.example/")
    visit(u="https://xn--mller-kva.de/b", visitor=3, r="https://www.müller.de/")
    filtered = f"{SITE}&filter=hostname%3D%3D{quote(spelling)}"
    asked = f"/api/stats/breakdown/hostnames?{filtered}"
    assert client.get(asked).json == [{"value": "xn--mller-kva.de", "visitors": 3, "pageviews": 3}]
    assert ">müller.de<" in client.get(f"/details/hostnames?{filtered}").text
    sources = client.get(f"/api/stats/breakdown/sources?{SITE}&search={quote('bücher')}").json
    assert sources == [{"value": "xn--bcher-kva.example", "visitors": 2, "pageviews": 2}]
    assert ">bücher.example<" in client.get(f"/details/sources?{SITE}").text
    by_source = f"/api/stats/main?{SITE}&filter=source%3D%3D{quote('bücher.example')}"
    answer: Any = client.get(by_source).json
    assert answer["unique_visitors"] == 2, "a referrer on the page's own host is none"
