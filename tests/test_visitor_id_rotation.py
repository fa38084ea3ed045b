"""What each visitor_id_rotation lets reports see, also across a change of the setting."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from werkzeug.test import Client

from mallard.wsgi import application
from tests.conftest import visits
from tests.waiting import PATIENCE_SECS

TUESDAYS = [datetime(2026, 3, day, 12, tzinfo=UTC) for day in (3, 10, 17, 24)]
RETENTION = "/api/stats/retention?site_id=example.com&weeks=4"
UNIQUE = "/api/stats/main?site_id=example.com&period=30d"


def cohorts(client: Client) -> list[list[int]]:
    return [row["visitors"] for row in client.get(RETENTION).json or []]


def visitors(client: Client) -> int:
    figures = client.get(UNIQUE).json
    assert figures is not None
    return int(figures["unique_visitors"])


@pytest.mark.parametrize(
    ("rotation", "seen", "unique"),
    [
        ("daily", [[1, 0, 0, 0]] * 4, 4),
        ("weekly", [[1, 0, 0, 0]] * 4, 4),
        ("monthly", [[1, 1, 1, 1]], 1),
    ],
)
def test_who_comes_back_is_known_as_long_as_ids_last(start, clock, rotation, seen, unique) -> None:
    client = Client(application(start(visitor_id_rotation=rotation)))
    for day in TUESDAYS:
        visits(client, clock)("/", at=day)
    assert (cohorts(client), visitors(client)) == (seen, unique)


def test_with_daily_ids_the_answer_says_why_there_is_so_little(start, tmp_path) -> None:
    notes = {
        rotation: Client(
            application(start(data_dir=tmp_path / directory, visitor_id_rotation=rotation))
        )
        .get(RETENTION)
        .headers.get("X-Mallard-Note")
        for rotation, directory in (("daily", "a"), ("monthly", "b"))
    }
    assert notes["monthly"] is None
    assert "rotate daily" in (notes["daily"] or "")


def test_reports_stay_exact_across_a_change_of_the_setting(start, clock) -> None:
    """Two weeks of daily ids, then monthly ones: nobody from before is taken for somebody since."""
    mallard = start()
    for day in TUESDAYS[:2]:
        visits(Client(application(mallard)), clock)("/", at=day)
    mallard.stop(PATIENCE_SECS)
    client = Client(application(start(visitor_id_rotation="monthly")))
    for day in TUESDAYS[2:]:
        visits(client, clock)("/", at=day)
    assert cohorts(client) == [[1, 0, 0, 0], [1, 0, 0, 0], [1, 1, 0, 0]]
    assert visitors(client) == 3
