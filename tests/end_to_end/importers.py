"""Clients that post batches, and note which of their events were accepted."""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mallard.auth.keys import ApiKeys
from mallard.register.files import Files
from tests.conftest import CHROME
from tests.waiting import PATIENCE_SECS

BATCH = 50
SITE = "example.com"


def make_key(data_dir: Path, scope: str = "Ingest") -> str:
    """An API key of the instance to be."""
    data_dir.mkdir(exist_ok=True)
    return ApiKeys(Files(data_dir), lambda: datetime.now(UTC)).create("importer", scope).key


class Importers:
    """Threads that post batches without a pause, half of each a day late.

    Each event has a path of its own, so that afterwards each can be found, once.
    """

    def __init__(self, port: int, key: str, threads: int = 2, batch: int = BATCH) -> None:
        self.port = port
        self.acknowledged: list[str] = []
        self.refused: list[str] = []
        """The events of batches that were answered, and not with 200."""
        self.answers: Counter[int] = Counter()
        self._key = key
        self.batch = batch
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(number,)) for number in range(threads)
        ]

    def __enter__(self) -> Importers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, thread: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECS)
        number = 0
        while not self._stop.is_set():
            number += 1
            paths = [f"/batch/{thread}/{number}/{place}" for place in range(self.batch)]
            try:
                status, answer = post_batch(connection, self._key, [event(p) for p in paths])
            except (OSError, http.client.HTTPException):
                connection.close()  # it connects again by itself
                self._stop.wait(0.02)  # the server is being started again
                continue
            self.answers[status] += 1
            if status == 200:
                assert answer == {"accepted": self.batch, "dropped": 0, "errors": []}
            (self.acknowledged if status == 200 else self.refused).extend(paths)
        connection.close()


def event(path: str) -> dict[str, Any]:
    """A pageview; every other one happened yesterday."""
    found = {"d": SITE, "n": "pageview", "u": f"https://{SITE}{path}", "user_agent": CHROME}
    if path.endswith(("1", "3", "5", "7", "9")):
        found["timestamp"] = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    return found | {"client_ip": f"203.0.113.{hash(path) % 250 + 1}"}


def post_batch(
    connection: http.client.HTTPConnection, key: str, events: list[dict[str, Any]]
) -> tuple[int, Any]:
    """Posts a batch; the status and the JSON of the answer."""
    connection.request("POST", "/api/events", json.dumps(events), {"X-API-Key": key})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())
