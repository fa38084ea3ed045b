"""The forms for dates: both days are included, and the answer is an address."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import pytest
from werkzeug.test import Client

from tests.web.reading import page_of

Visit = Callable[..., None]
SITE = "/?site_id=example.com"


@pytest.mark.parametrize(
    ("sent", "leads_to"),
    [
        ("from=2026-03-01&to=2026-03-31", "start_date=2026-03-01&end_date=2026-04-01"),
        ("from=2024-02-28&to=2024-02-29", "start_date=2024-02-28&end_date=2024-03-01"),
        ("from=9999-12-31&to=9999-12-31", "start_date=9999-12-31&end_date=9999-12-31"),
        ("period=7d&from=2026-03-01&to=2026-03-01", "start_date=2026-03-01&end_date=2026-03-02"),
    ],
)
def test_the_form_includes_both(client: Client, sent: str, leads_to: str) -> None:
    answer = client.get(f"/go?site_id=example.com&filter=page==/x&{sent}")
    assert answer.status_code == 302
    assert answer.location == f"{SITE}&{leads_to}&filter=page==/x"
    assert client.get(answer.location).status_code == 200


def test_the_form_holds_what_is_shown(client: Client, visit: Visit) -> None:
    visit("/")
    page = page_of(client, f"{SITE}&period=7d&metric=sessions")
    menu = page.one("details", class_="range-menu")
    form = menu.one("form", action="/go")
    fields = {field["name"]: field["value"] for field in form.all("input")}
    assert fields == {
        "site_id": "example.com",
        "metric": "sessions",
        "path": "/",
        "from": "2026-03-12",
        "to": "2026-03-18",
    }


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/details/pages", "/details/pages"),
        ("/details/overview", "/"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("", "/"),
    ],
)
def test_the_form_leads_back_to_the_page_it_is_on(client: Client, path: str, leads_to: str) -> None:
    sent = {"site_id": "example.com", "from": "2026-03-01", "to": "2026-03-02", "path": path}
    answer = client.get("/go", query_string=sent)
    assert urlsplit(answer.location).path == leads_to
    assert urlsplit(answer.location).netloc == ""


@pytest.mark.parametrize("sent", ["", "from=2026-03-01", "to=2026-03-01", "from=&to="])
def test_the_form_needs_both(client: Client, sent: str) -> None:
    answer = client.get(f"/go?site_id=example.com&{sent}")
    assert answer.status_code == 400
    assert "from and to are needed" in answer.text


def test_dates_that_are_none_are_explained(client: Client) -> None:
    answer = client.get("/go?site_id=example.com&from=2026-02-30&to=soon")
    assert dict(parse_qsl(urlsplit(answer.location).query))["end_date"] == "soon"
    page = client.get(answer.location)
    assert page.status_code == 400
    assert "start_date must be a date" in page.text


def test_the_days_to_compare_with_have_a_form_of_their_own(client: Client, visit: Visit) -> None:
    visit("/")
    page = page_of(client, f"{SITE}&period=7d&compare=previous")
    form = page.one("details", class_="compare-menu").one("form", action="/go")
    fields = {field["name"]: field["value"] for field in form.all("input")}
    assert (fields["from"], fields["to"]) == ("2026-03-05", "2026-03-11")
    assert "compare" not in fields
    answer = client.get("/go", query_string=fields)
    assert answer.location == f"{SITE}&period=7d&compare=2026-03-05..2026-03-12"
    assert client.get(answer.location).status_code == 200
