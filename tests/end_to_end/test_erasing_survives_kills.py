"""A server killed while it erases has erased all or nothing after the next start; others stay."""

from __future__ import annotations

import http.client
import json
import random
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mallard.auth.keys import ApiKeys
from mallard.register.files import Files
from tests.contents import contents
from tests.end_to_end.process import Server, post, stored_paths
from tests.fuzz.size import so_many
from tests.transfer.laid_down import lay_down
from tests.waiting import PATIENCE_SECS, until

pytestmark = pytest.mark.fuzz

KILLS = so_many(6, 20)
SITE, OTHER = "example.com", "other.org"
OLD_DAYS = 3
EVENTS_OF_OLD_DAYS = 300
SETTINGS: dict[str, Any] = {
    "flush_count": 25,
    "flush_interval": 1,
    "duckdb_threads": 1,
    "admin_password": "correct horse battery",
}


def today() -> date:
    return datetime.now(UTC).date()


@dataclass
class Client:
    """Talks to one server with an Admin key."""

    port: int
    key: str
    acknowledged: list[str] = field(default_factory=list)
    erased_at: int | None = None
    """How many events were acknowledged when an erasure was answered."""

    def send(self, path: str, site: str = SITE) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECS)
        try:
            assert post(connection, path, site) == 202
        finally:
            connection.close()

    def send_until_killed(self, prefix: str) -> None:
        for number in range(100_000):
            try:
                self.send(f"/{prefix}{number}")
            except (OSError, http.client.HTTPException):
                return
            self.acknowledged.append(f"/{prefix}{number}")

    def ask(self, method: str, path: str) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECS)
        try:
            connection.request(method, path, headers={"X-API-Key": self.key})
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == 200, body
            return body
        finally:
            connection.close()

    def erase(self) -> None:
        first, last = today() - timedelta(days=OLD_DAYS + 1), today() + timedelta(days=1)
        asked = f"site_id={SITE}&start_date={first}&end_date={last}"
        try:
            self.ask("DELETE", f"/api/gdpr/erase?{asked}")
            self.erased_at = len(self.acknowledged)
        except (OSError, http.client.HTTPException):
            return

    def stored(self, site: str) -> Counter[str]:
        """How often each path of a site is stored."""
        lines = self.ask("GET", f"/api/gdpr/export?site_id={site}&format=jsonl").splitlines()
        return Counter(json.loads(line)["pathname"] for line in lines)


def with_old_days(data_dir: Path) -> None:
    """Puts old days of the site into the tree, unless they are there."""
    if not any(old_files(data_dir)):
        first = today() - timedelta(days=OLD_DAYS)
        lay_down(data_dir, EVENTS_OF_OLD_DAYS, first, OLD_DAYS, SITE)


def old_files(data_dir: Path) -> list[Path]:
    tree = data_dir / "events" / f"site_id={SITE}"
    return [path for path in tree.glob("date=*/*") if path.parent.name != f"date={today()}"]


def erase_and_kill(
    server: Server, client: Client, prefix: str, after_secs: float, data_dir: Path | None
) -> None:
    """Kills so long after the erasure was asked for, or, given a directory, has begun in it."""
    threads = [
        threading.Thread(target=client.send_until_killed, args=(prefix,)),
        threading.Thread(target=client.erase),
    ]
    for thread in threads:
        thread.start()
    if data_dir:
        until(lambda: client.erased_at is not None or is_erasing(data_dir))
    time.sleep(after_secs)  # the moment of the kill is the test's input
    server.stop(signal.SIGKILL)
    for thread in threads:
        thread.join()


def is_erasing(data_dir: Path) -> bool:
    return any((data_dir / "erasures").glob("*.json"))


def files_with(text: str, data_dir: Path) -> list[Path]:
    return [path for path, content in contents(data_dir) if text.encode() in content]


def assert_all_or_nothing(client: Client, number: int, data_dir: Path, before: int) -> bool:
    """Whether the events from before an erasure are gone, all of them and everywhere."""
    stored = client.stored(SITE)
    assert not [path for path, times in stored.items() if times > 1 and "/page/" not in path]
    left = [path for path in stored if path.startswith(f"/before-{number}-")]
    old = sum(times for path, times in stored.items() if path.startswith("/page/"))
    assert (len(left), old) in ((before, EVENTS_OF_OLD_DAYS), (0, 0))
    if left:
        return False
    assert files_with(f"before-{number}-", data_dir) == []
    assert old_files(data_dir) == []
    return True


def test_days_that_are_being_erased_are_gone_after_any_kill(data_dir: Path) -> None:
    moments = random.Random(4)
    data_dir.mkdir()
    key = ApiKeys(Files(data_dir), lambda: datetime.now(UTC)).create("test", "Admin").key
    others: list[str] = []
    erased = []
    cut_short = 0
    for number in range(KILLS):
        with_old_days(data_dir)
        server = Server(data_dir, **SETTINGS)
        client = Client(server.port, key)
        before = moments.randrange(5, 60)
        for event in range(before):
            client.send(f"/before-{number}-{event}")
            client.send(f"/{number}-{event}", OTHER)
            others.append(f"/{number}-{event}")
        is_late = number % 3 > 0
        is_at_once = number % 3 == 1
        after_secs = 0 if is_at_once else moments.uniform(0, 0.05 if is_late else 0.5)
        place = data_dir if is_late else None
        erase_and_kill(server, client, f"during-{number}-", after_secs, place)
        cut_short += is_erasing(data_dir)
        server = Server(data_dir, **SETTINGS)
        again = Client(server.port, key)
        erased.append(assert_all_or_nothing(again, number, data_dir, before))
        if client.erased_at is not None:
            assert erased[-1]
            assert set(client.acknowledged[client.erased_at + 1 :]) <= set(again.stored(SITE))
        elif not erased[-1]:
            assert set(client.acknowledged) <= set(again.stored(SITE))
        assert again.stored(OTHER) == Counter(others)
        again.erase()
        assert again.erased_at is not None
        assert server.stop(signal.SIGKILL if number % 2 else signal.SIGTERM) in (0, -9)
    assert any(erased)
    assert cut_short
    server = Server(data_dir, **SETTINGS)
    assert server.stop() == 0
    assert files_with("before-", data_dir) == files_with("during-", data_dir) == []
    assert stored_paths(data_dir) == Counter(others)
    with duckdb.connect(str(data_dir / "mallard.duckdb"), read_only=True) as connection:
        assert connection.execute("select count(*) from events").fetchone() == (0,)
