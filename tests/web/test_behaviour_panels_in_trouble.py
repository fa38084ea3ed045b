"""The behaviour card when it cannot answer: bad input, a busy server, slow reports."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from html import unescape
from typing import Any, cast

import pytest
from werkzeug.test import Client

from mallard import app
from mallard.reports.query import ReportQuery
from mallard.store.engine.deadlines import QueryTimeout
from mallard.web.dashboard.answers import Answer, answered
from mallard.web.dashboard.suggestions import Suggestion
from mallard.web.dashboard.view import View
from tests.waiting import PATIENCE_SECS
from tests.web.reading import fields_of, page_of

pytestmark = pytest.mark.thorough

Visit = Callable[..., None]
SITE = "/?site_id=example.com&period=7d"
PANEL = "/panels/{}?site_id=example.com&period=7d"


def card_of(client: Client, url: str) -> str:
    """The text of the behaviour card on a page that is well."""
    return page_of(client, url).by_id("panel-events").text


@pytest.mark.parametrize(
    ("tab", "asked", "reason", "kept"),
    [
        ("funnel", "funnel=page:/&funnel=signup", "'signup' is neither", ["page:/", "signup", ""]),
        ("funnel", "funnel=/&window=1+fortnight", "Window must be a number and a unit", ["page:/"]),
        ("funnel", "funnel=event:x" + "&funnel=event:x" * 20, "give 1 to 20", []),
        ("sequences", "sequence=page:/", "give 2 to 20", ["page:/", "", ""]),
        ("retention", "weeks=53", "Weeks must be a whole number from 1 to 52", ["53"]),
        ("flow", "flow=pricing", "A page is a path", ["pricing"]),
    ],
)
def test_bad_input_is_explained_in_the_panel_and_kept(
    client: Client, visit: Visit, tab: str, asked: str, reason: str, kept: list[str]
) -> None:
    visit("/")
    page = f"{SITE}&tab={tab}&{asked}"
    assert reason in card_of(client, page)
    assert "Unique visitors" in client.get(page).text
    panel = client.get(f"{PANEL.format(tab)}&{asked}")
    assert panel.status_code == 400
    assert reason in unescape(panel.text)
    name = asked.partition("=")[0]
    assert fields_of(client, page, name)[: len(kept)] == kept


@pytest.fixture
def one_heavy_report(settings: dict[str, Any]) -> None:
    settings["max_concurrent_queries"] = 1


def test_a_busy_panel_offers_another_try(
    one_heavy_report: None, mallard: app.Mallard, client: Client, visit: Visit
) -> None:
    visit("/")
    runs, may_end = threading.Event(), threading.Event()

    def flow(*_: object) -> None:
        """Has the name of a heavy report, and takes its time."""
        runs.set()
        may_end.wait(PATIENCE_SECS)

    query = ReportQuery.from_args({"site_id": ["example.com"]}, mallard.clock().date())
    thread = threading.Thread(target=mallard.reports.ask, args=(flow, query))
    thread.start()
    try:
        assert runs.wait(PATIENCE_SECS)
        panel = client.get(PANEL.format("retention"))
        assert "still running" in card_of(client, f"{SITE}&tab=retention")
    finally:
        may_end.set()
        thread.join()
    assert panel.status_code == 429
    assert re.search(
        r'<a class="button"[^>]* href="/\?site_id=example.com[^>]*>Try again', panel.text
    )
    assert client.get(PANEL.format("retention")).status_code == 200


def test_a_panel_that_takes_too_long_keeps_its_suggestions() -> None:
    def too_slow(_: View) -> None:
        raise QueryTimeout("the report took longer than 30 seconds; ask for fewer days")

    known = [Suggestion("/pricing", "3 visitors")]
    answer: Answer[None] = answered(too_slow, suggest=lambda _: known)(cast(View, None))
    assert answer.suggestions == known
    assert answer.status == 503
    assert answer.problem is not None and answer.problem.may_pass
    assert answer.problem.text.startswith("The report took longer than 30 seconds")
