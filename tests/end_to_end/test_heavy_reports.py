"""Heavy reports: as many at a time as allowed, none for longer than allowed."""

from __future__ import annotations

import http.client
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from email.message import Message
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from tests.end_to_end.arranged import ENDLESS
from tests.end_to_end.big_site import lay_down_a_big_site
from tests.end_to_end.process import Server, post, running
from tests.waiting import PATIENCE_SECS

PARALLEL = 100
STEPS = "page:/page/1,page:/page/2,page:/page/3"
RANGE = "site_id=big.example&period=7d&filter=entry_page!=/nowhere"
HEAVY = (
    f"/api/stats/funnel?{RANGE}&steps={STEPS}",
    f"/api/stats/sequences?{RANGE}&steps={STEPS}",
    f"/api/stats/flow?{RANGE}&page=/page/1",
    f"/api/stats/retention?{RANGE}",
)
MEMORY_LIMIT_MB = 400


def ask(server: Server, path: str) -> tuple[int, Message, bytes]:
    """Status, headers and body of an answer, whatever the status."""
    try:
        with urlopen(server.url + path, timeout=PATIENCE_SECS) as answer:
            return answer.status, answer.headers, answer.read()
    except HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.headers, refusal.read()


def memory_mb(pid: int) -> float:
    """The highest resident memory of the process so far."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def query_secs(server: Server) -> float:
    """How long all queries together have run; one counts when it has come to its end."""
    text = ask(server, "/metrics")[2].decode()
    (line,) = (x for x in text.splitlines() if x.startswith("mallard_query_duration_seconds_sum"))
    return float(line.split()[1])


def test_a_hundred_at_once_are_answered_or_asked_to_come_again(data_dir: Path) -> None:
    lay_down_a_big_site(data_dir)
    limits = {"max_concurrent_queries": 3, "duckdb_memory_limit": f"{MEMORY_LIMIT_MB}MB"}
    with running(data_dir, **limits) as server, ThreadPoolExecutor(PARALLEL) as pool:
        paths = [HEAVY[number % len(HEAVY)] for number in range(PARALLEL)]
        answers = list(pool.map(lambda path: ask(server, path), paths))
        statuses = Counter(status for status, _, _ in answers)
        assert set(statuses) == {200, 429}
        refusals = [(headers, body) for status, headers, body in answers if status == 429]
        assert all(int(headers["Retry-After"]) >= 1 for headers, _ in refusals)
        assert all("error" in json.loads(body) for _, body in refusals)
        assert memory_mb(server.pid) < MEMORY_LIMIT_MB + 300
        assert ask(server, HEAVY[0])[0] == 200


def test_a_report_that_takes_too_long_is_ended(data_dir: Path) -> None:
    with running(data_dir, is_arranged=True, query_timeout_secs=1, duckdb_threads=1) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        assert post(connection, "/", ENDLESS) == 202
        connection.close()
        status, headers, body = ask(server, f"/api/stats/main?site_id={ENDLESS}&period=7d")
        assert status == 503
        assert int(headers["Retry-After"]) >= 1
        assert "took longer than 1 seconds" in json.loads(body)["error"]
        assert query_secs(server) >= 1, "the query itself has ended"
        assert ask(server, "/api/stats/main?site_id=small.example")[0] == 200
