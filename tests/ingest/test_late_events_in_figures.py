"""Late events change the figures of days that were finished long ago, at once and for good."""

from __future__ import annotations

from typing import Any

from werkzeug.test import Client

from mallard.app import Mallard
from mallard.wsgi import application
from tests.conftest import Clock
from tests.ingest.posting import EVENT, Post

YESTERDAY = "site_id=example.com&start_date=2026-03-17&end_date=2026-03-18"


def figures(mallard: Mallard) -> Any:
    client = Client(application(mallard))
    main: Any = client.get(f"/api/stats/main?{YESTERDAY}").json
    pages: Any = client.get(f"/api/stats/breakdown/pages?{YESTERDAY}").json
    assert sum(page["pageviews"] for page in pages) == main["total_pageviews"]
    return main["total_pageviews"], main["unique_visitors"]


def finish(mallard: Mallard) -> None:
    """Everything as it is some time later: in compacted files, with figures of each day."""
    assert mallard.flusher.roll()
    mallard.upkeep.compact_all()
    mallard.upkeep.build_all()


def test_a_late_event_is_in_the_figures_of_a_finished_day(post: Post, clock: Clock) -> None:
    clock.move(days=-1)
    mallard = post([EVENT] * 3).mallard
    clock.move(days=1)
    finish(mallard)
    assert figures(mallard) == (3, 1)
    late = [
        EVENT | {"timestamp": f"2026-03-17T0{hour}:00:00Z", "client_ip": f"203.0.113.{hour}"}
        for hour in (1, 1, 2)
    ]
    post(late)
    assert figures(mallard) == (6, 3)
    finish(mallard)
    assert figures(mallard) == (6, 3)
    day = mallard.directory.path / "events" / "site_id=example.com" / "date=2026-03-17"
    assert len(list(day.glob("*.parquet"))) == 1
