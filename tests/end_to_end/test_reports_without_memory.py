"""Reports on more events than there is memory for: refused at worst, and the server goes on."""

from __future__ import annotations

import http.client
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from mallard.config.rules import LEAST_MEMORY
from mallard.store.parquet.columns import COLUMNS, TYPES
from tests.end_to_end.process import Server, post, running
from tests.end_to_end.test_heavy_reports import ask, memory_mb
from tests.waiting import until

EVENTS = 400_000
EVERYBODY = "event:pageview,event:pageview,event:pageview"
RANGE = "site_id=big.example&period=7d"
REPORTS = (
    f"/api/stats/sequences?{RANGE}&steps={EVERYBODY}&filter=visitor_type==new"
    "&filter=prop:plan!=pro",
    f"/api/stats/breakdown/pages?{RANGE}&limit=2",
)
"""The first holds on to more than there is; all of the second can wait on the disk.

The first asks who is new, and for a property, so no kept sessions, which take less, tell it. The
second is worked out of the events, new ones included: a day's figures hold no million of pages.
"""
OWN_MB = 400
"""What a process takes beside DuckDB's limit, with room to spare and with the tests' libraries."""

VALUES = {
    "site_id": "'big.example'",
    "visitor_id": "sha256(i::varchar)",
    "timestamp": "timestamp '{day}' + to_microseconds(i * 40000)",
    "event_name": "'pageview'",
    "pathname": "'/page/' || i",
    "hostname": "'big.example'",
    "browser": "'Chrome'",
}


def lay_down_visitors(data_dir: Path, events: int) -> None:
    """As many visitors as events, each on a page of its own."""
    day = datetime.now(UTC).date() - timedelta(days=1)
    columns = ", ".join(
        f"({VALUES.get(column, 'null').format(day=day)})::{TYPES.get(column, 'VARCHAR')}"
        f" as {column}"
        for column in COLUMNS
    )
    directory = data_dir / "events" / "site_id=big.example" / f"date={day}"
    directory.mkdir(parents=True)
    duckdb.sql(
        f"copy (select {columns} from range({events}) as events (i))"
        f" to '{directory / '0001.parquet'}' (format parquet, compression zstd)"
    )


def upkeep_rests(server: Server) -> bool:
    """Whether the day's figures are there, or have turned out to need more memory than there is."""
    status, _, body = ask(server, "/health/detailed")
    is_done = status == 200 and json.loads(body)["rollups_pending"] == 0
    return is_done or any("could not be put in order" in line for line in server.log)


def test_a_report_that_does_not_fit_uses_the_disk_or_is_503_and_the_server_goes_on(
    data_dir: Path,
) -> None:
    lay_down_visitors(data_dir, EVENTS)
    with running(data_dir, duckdb_memory_limit=f"{LEAST_MEMORY // 10**6}MB") as server:
        until(lambda: upkeep_rests(server))
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        assert post(connection, "/new", "big.example") == 202
        connection.close()
        (status, headers, body), spilt = (ask(server, path) for path in REPORTS)
        assert status == 503
        assert "more memory than it may use" in json.loads(body)["error"]
        assert int(headers["Retry-After"]) >= 1
        assert spilt[0] == 200
        assert [row["visitors"] for row in json.loads(spilt[2])] == [1, 1]
        assert ask(server, "/health/ready")[0] == 200
        assert server.total("big.example") == EVENTS + 1
        assert memory_mb(server.pid) < LEAST_MEMORY / 1e6 + OWN_MB
    assert not list((data_dir / "tmp").glob("duckdb_temp_*")), "what was spilt is gone"
