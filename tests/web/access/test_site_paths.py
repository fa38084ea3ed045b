"""Path rules on the settings page of a site."""

from __future__ import annotations

from werkzeug.test import Client

from mallard.app import Mallard
from mallard.register.site import Paths
from tests.conftest import post_event, stored_events
from tests.web.access.site_page import SITE, form_of, page, send


def test_path_rules_are_set_by_choices_and_lines(known: Mallard, client: Client) -> None:
    typed = {"trailing_slash": "drop", "index": "drop", "keep_query": "q\r\nid", "group": "/o/*"}
    assert send(client, "paths", typed).status_code == 303
    rules = Paths(index="drop", trailing_slash="drop", keep_query=("q", "id"), group=("/o/*",))
    assert known.sites.of(SITE).paths == rules
    _, shown = form_of(page(client), "paths")
    assert shown == typed | {
        "keep_query": "q\nid",
        "lower_case": "keep",
        "version": shown["version"],
    }
    body = {"d": SITE, "n": "pageview", "u": f"https://{SITE}/a/index.html?id=2&x=3&q=1"}
    assert post_event(client, body).status_code == 202
    assert [event["pathname"] for event in stored_events(known)] == ["/a?q=1&id=2"]
    assert send(client, "paths", {"lower_case": "lower"}).status_code == 303
    assert known.sites.of(SITE).paths.lower_case
