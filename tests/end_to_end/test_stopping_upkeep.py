"""A server that is told to stop does, whatever it is working out, and goes on where it left off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.end_to_end.arranged import begun
from tests.end_to_end.big_site import EVENTS, lay_down_a_big_site
from tests.end_to_end.process import running
from tests.waiting import until


def test_a_server_stops_in_order_while_a_large_day_is_being_worked_out(data_dir: Path) -> None:
    lay_down_a_big_site(data_dir, day=datetime.now(UTC).date() - timedelta(days=1))
    with running(data_dir, is_arranged=True) as server:
        until(begun(data_dir).exists)
        assert server.stop() == 0
    with running(data_dir) as server:
        assert server.total("big.example") == EVENTS
        until(lambda: server.get("/health/detailed")["rollups_pending"] == 0)
        assert server.total("big.example") == EVENTS
