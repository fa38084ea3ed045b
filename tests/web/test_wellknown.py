"""/robots.txt and /.well-known/security.txt."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from werkzeug.test import Client

from mallard.wsgi import application

SECURITY = "/.well-known/security.txt"


def fields(client: Client) -> dict[str, str]:
    response = client.get(SECURITY)
    assert (response.status_code, response.mimetype) == (200, "text/plain")
    return dict(line.split(": ", 1) for line in response.text.splitlines())


def test_search_engines_are_kept_out_of_everything(client: Client) -> None:
    response = client.get("/robots.txt")
    assert (response.status_code, response.mimetype) == (200, "text/plain")
    assert response.text.splitlines() == ["User-agent: *", "Disallow: /"]


def test_without_a_contact_there_is_no_security_txt(client: Client) -> None:
    assert client.get(SECURITY).status_code == 404


@pytest.mark.parametrize(
    ("contact", "shown"),
    [
        ("security@example.com", "mailto:security@example.com"),
        ("mailto:security@example.com", "mailto:security@example.com"),
        ("https://example.com/report", "https://example.com/report"),
        ("tel:+1-201-555-0123", "tel:+1-201-555-0123"),
    ],
)
def test_the_contact_is_a_link(start, contact: str, shown: str) -> None:
    assert fields(Client(application(start(security_contact=contact))))["Contact"] == shown


def test_it_expires_within_a_year_of_now(start, clock) -> None:
    client = Client(application(start(security_contact="security@example.com")))
    for _ in range(2):
        expires = datetime.fromisoformat(fields(client)["Expires"])
        assert timedelta(days=30) < expires - clock.now < timedelta(days=365)
        clock.move(days=400)


def test_it_says_where_it_stands_when_that_is_known(start) -> None:
    known = {"security_contact": "a@example.com", "dashboard_origin": "https://stats.example.com"}
    client = Client(application(start(**known)))
    assert fields(client)["Canonical"] == f"https://stats.example.com{SECURITY}"


@pytest.mark.parametrize("path", ["/robots.txt", SECURITY])
def test_a_password_does_not_hide_them(start, path: str) -> None:
    changes = {"admin_password": "correct horse", "security_contact": "a@example.com"}
    assert Client(application(start(**changes))).get(path).status_code == 200
