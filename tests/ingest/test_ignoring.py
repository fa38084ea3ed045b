"""A link that this server has signed ends the counting of whoever opens it, and no other does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.ingest.ignoring import IgnoreLinks
from mallard.register.site import Site
from tests.builders import TODAY
from tests.conftest import client_of, post_event, stored_events
from tests.ingest.posting import EVENT, Post, summary

SITE = "example.com"
LINKS = IgnoreLinks("secret")


def test_a_mark_is_good_for_a_week_for_its_site_and_its_secret() -> None:
    url = f"https://{SITE}/a?b=c&{LINKS.query(SITE, TODAY)}"
    assert [LINKS.marks(url, SITE, TODAY + timedelta(days=n)) for n in (0, 7, 8)] == [
        True,
        True,
        False,
    ]
    assert LINKS.marks(f"{url}&d=e#f", SITE, TODAY)
    assert not LINKS.marks(url, "other.example", TODAY)
    assert not IgnoreLinks("another").marks(url, SITE, TODAY)


@pytest.mark.parametrize(
    "query",
    [
        "mallard-ignore=no",
        "mallard-ignore=2026-03-25.00000000000000000000",
        "mallard-ignore=2099-01-01.{signature}",
        "mallard-ignore=2026-03-25.{signature}0",
        "xmallard-ignore=2026-03-25.{signature}",
        "a#mallard-ignore=2026-03-25.{signature}",
    ],
)
def test_what_was_not_signed_ends_nothing(query: str) -> None:
    signature = LINKS.query(SITE, TODAY).rpartition(".")[2]
    assert not LINKS.marks(f"https://{SITE}/?{query.format(signature=signature)}", SITE, TODAY)


def test_its_event_is_dropped_with_an_answer_that_the_script_acts_on(
    mallard: Mallard, client: Client
) -> None:
    mallard.sites.replace(SITE, Site(aliases=("old.example",)), None)
    query = mallard.intake.ignore_query(SITE)
    for site in (SITE, "old.example"):
        response = post_event(client, EVENT | {"d": site, "u": f"https://{SITE}/?{query}"})
        answer: Any = response.json
        assert (response.status_code, response.headers["X-Mallard-Dropped"]) == (403, "ignore_me")
        assert answer == {"error": "this browser is to be ignored from now on"}
    wrong = query[:-1] + ("0" if query[-1] != "0" else "1")
    response = post_event(client, EVENT | {"u": f"https://{SITE}/?{wrong}"})
    assert response.status_code == 202
    assert [event["pathname"] for event in stored_events(mallard)] == ["/"]
    assert mallard.intake.tally.counts() == {"dropped_ignore_me": 2, "accepted": 1}


def test_in_a_batch_and_in_the_pixel_it_is_dropped_as_others_are(post: Post) -> None:
    response = post([EVENT])
    query = response.mallard.intake.ignore_query(SITE)
    marked = {"u": f"https://{SITE}/?{query}"}
    assert summary(post([EVENT, EVENT | marked])) == (1, 1, [])
    pixel = client_of(response.mallard).get("/api/event", query_string=EVENT | marked)
    assert (pixel.status_code, pixel.headers["X-Mallard-Dropped"]) == (200, "ignore_me")
