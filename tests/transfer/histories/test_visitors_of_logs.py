"""What came in from access logs: its figures, and who its visitors are."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.model import Event
from mallard.register.site import Exclude, Site
from tests.builders import NOON
from tests.conftest import CHROME, post_event, stored_events
from tests.transfer.histories import log_lines as lines
from tests.transfer.histories.conftest import Rows, Take
from tests.transfer.histories.invented import figures, invented
from tests.transfer.histories.log_lines import FORMATS, a_log, told_by
from tests.transfer.histories.test_figures_of_histories import reported

AGENTS = {
    "Chrome": CHROME,
    "Firefox": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Safari": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like"
    " Gecko) Version/17.4 Safari/605.1.15",
}


@pytest.mark.parametrize("form", FORMATS)
def test_figures_are_those_of_the_lines(mallard: Mallard, take: Take, tmp_path: Path, form: str):
    write, header = FORMATS[form]
    hits = [hit for hit in invented(Random(form), 150) if hit.event is None]
    written = []
    for hit in hits:
        agent = AGENTS[hit.person.browser]
        address = f"198.51.100.{hit.person.number}"
        referrer = f"https://{hit.referrer}/" if hit.referrer else "-"
        ways: dict[str, Any] = {
            "combined": {"address": address, "agent": agent, "referrer": referrer},
            "caddy": {
                "client_ip": address,
                "headers": {"User-Agent": [agent], "Referer": [referrer.strip("-")]},
            },
            "cloudfront": {
                "c-ip": address,
                "cs(Referer)": referrer,
                "cs(User-Agent)": agent.replace(" ", "%2520"),
            },
        }
        written.append(write(hit.path, hit.at, **ways[form]))
    (outcome,) = take(
        a_log(tmp_path / "a", *written, header=header), told=told_by(mallard, "example.com")
    )
    assert (outcome.stored, outcome.left_out) == (len(hits), {})
    expected = figures(hits, lambda hit: (hit.person, hit.at.date()))
    found = reported(mallard)
    for name in ("unique_visitors", "total_pageviews", "pages", "sources", "browsers"):
        assert found[name] == expected[name], name


def test_visitors_are_the_same_in_every_log_of_a_day_and_others_on_the_next(
    mallard: Mallard, rows: Rows, tmp_path: Path
):
    told = told_by(mallard)
    morning = a_log(tmp_path / "a", lines.caddy(), lines.caddy("/b", lines.AT + timedelta(days=1)))
    evening = a_log(tmp_path / "b", lines.caddy("/c", lines.AT + timedelta(hours=9)))
    ids = [row.visitor_id for _, row in rows(morning, evening, told=told) if isinstance(row, Event)]
    assert ids[0] == ids[2] != ids[1]
    again = [row for _, row in rows(morning, told=told_by(mallard)) if isinstance(row, Event)]
    assert [event.visitor_id for event in again] == ids[:2]


def test_visitors_of_today_are_those_that_are_counted_live(
    mallard: Mallard, client: Client, rows: Rows, tmp_path: Path
):
    view = {"n": "pageview", "d": "example.com", "u": "https://example.com/"}
    assert post_event(client, view, X_Forwarded_For="203.0.113.7").status_code == 202
    (live,) = stored_events(mallard)
    today = a_log(tmp_path / "a", lines.caddy(at=NOON - timedelta(hours=2)))
    ((_, event),) = rows(today, told=told_by(mallard))
    assert isinstance(event, Event)
    assert event.visitor_id == live["visitor_id"]


def test_no_address_stays_anywhere(mallard: Mallard, take: Take, tmp_path: Path):
    take(a_log(tmp_path / "a", lines.combined()), told=told_by(mallard, "example.com"))
    assert mallard.flusher.roll()
    (event,) = stored_events(mallard)
    assert event["pathname"] == "/pricing"
    for path in mallard.directory.path.rglob("*"):
        assert not path.is_file() or b"203.0.113.7" not in path.read_bytes(), path


def test_what_a_site_leaves_out_is_left_out(mallard: Mallard, rows: Rows, tmp_path: Path):
    site = Site(exclude=Exclude(paths=("/admin/*",)), aliases=("old.example",))
    mallard.sites.replace("example.com", site, None)
    file = a_log(
        tmp_path / "a",
        lines.caddy("/admin/users", host="old.example"),
        lines.caddy("/a", host="old.example"),
    )
    (_, left_out), (_, event) = rows(file, told=told_by(mallard))
    assert str(left_out) == "excluded path"
    assert isinstance(event, Event)
    assert event.site_id == "example.com"
