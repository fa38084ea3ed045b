"""Days that were imported, on the page of a site: lighter, in the legend, or left out and said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from werkzeug.test import Client

from mallard import app
from mallard.charts.line import Series, line_chart
from mallard.transfer.day_figures.rows import DayRow, Figures
from tests.transfer.day_figures.taking_in import take_rows_in

FIRST = date(2026, 3, 10)


@pytest.fixture
def imported(mallard: app.Mallard, visit: Callable[..., Any]) -> None:
    """Three days that were imported, and a visit of today."""
    days = [FIRST + timedelta(days=n) for n in range(3)]
    take_rows_in(mallard, [DayRow("example.com", d, "total", None, Figures(7, 9, 7)) for d in days])
    visit("/")


def page(client: Client, query: str = "period=30d") -> str:
    answer = client.get(f"/?site_id=example.com&{query}")
    assert answer.status_code == 200
    return answer.text


@pytest.mark.usefixtures("imported")
def test_the_chart_draws_them_lighter_and_says_so(client: Client) -> None:
    text = page(client)
    assert text.count('class="lighter"') == 1
    assert '<li class="imported">Imported</li>' in text
    assert "10 Mar 2026 (imported): 7" in text
    assert "With imported figures of 3 days, whose visitors are added up by days." in text


@pytest.mark.usefixtures("imported")
def test_hours_of_them_are_missing_and_it_is_said(client: Client) -> None:
    text = page(client, "start_date=2026-03-10&end_date=2026-03-12&interval=hour")
    assert "as their hours are not known: imported figures of 2 days." in text
    assert 'class="lighter"' not in text


@pytest.mark.usefixtures("imported")
def test_under_filters_they_are_left_out_and_it_is_said(client: Client) -> None:
    text = page(client, "period=30d&filter=page==/")
    assert "Left out, since they cannot be filtered: imported figures of 3 days." in text
    assert 'class="lighter"' not in text


@pytest.mark.usefixtures("imported")
def test_panels_that_they_cannot_answer_say_so(client: Client) -> None:
    note = "Left out, since they cannot tell this: imported figures of 3 days."
    for panel, is_left_out in (("retention", True), ("funnel", True), ("events", False)):
        text = client.get(f"/panels/{panel}?site_id=example.com&period=30d").text
        assert (note in text) is is_left_out, panel


def test_a_site_without_any_says_nothing(client: Client, visit: Callable[..., Any]) -> None:
    visit("/")
    assert "mported" not in page(client)


def test_lighter_stretches_lead_to_their_neighbours() -> None:
    values = Series("now", [1, 2, 3, 4, 5, 6], lighter=frozenset((0, 3, 4)))
    (line,) = line_chart([str(n) for n in range(6)], [values]).lines
    assert [len(part) for part in line.lighter_parts] == [2, 4]
    alone = Series("now", [1], lighter=frozenset((0,)))
    assert line_chart(["0"], [alone]).lines[0].lighter_parts == ()
