"""A Mallard in a process of its own, and clients that note what it acknowledged."""

from __future__ import annotations

import http.client
import json
import os
import re
import resource
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import duckdb

from tests.conftest import CHROME
from tests.end_to_end.forked import Forked
from tests.waiting import PATIENCE_SECS

_LISTENING = re.compile(r'Listening addr="([^"]+)"')


class Server:
    """`python -m mallard` on a free port, its settings given by variables.

    No report, and no end, takes too long for it, unless a test says so. With `is_arranged` it is
    the one that `tests.end_to_end.arranged` describes, with `is_hurried` the one that
    `tests.end_to_end.hurried` does. `files` is how many it may have open, if that is to be few.
    Without `is_forked` Python starts for it, too, which takes far longer.
    """

    def __init__(
        self,
        data_dir: Path,
        port: int = 0,
        is_arranged: bool = False,
        is_hurried: bool = False,
        files: int | None = None,
        is_forked: bool = True,
        **settings: Any,
    ) -> None:
        module = "tests.end_to_end.arranged" if is_arranged else "mallard"
        module = "tests.end_to_end.hurried" if is_hurried else module
        settings = {
            "query_timeout_secs": PATIENCE_SECS,
            "shutdown_timeout_secs": PATIENCE_SECS,
        } | settings
        named = {f"MALLARD_{key.upper()}": str(value) for key, value in settings.items()}
        env = (
            os.environ
            | {"MALLARD_DATA_DIR": str(data_dir), "MALLARD_HOST": "127.0.0.1"}
            | {"MALLARD_PORT": str(port), "MALLARD_CACHE_TTL": "0"}
            | named
        )
        self._process = Forked(module, env=env) if is_forked else _apart(module, env)
        if files is not None:
            resource.prlimit(self._process.pid, resource.RLIMIT_NOFILE, (files, files))
        self.log: list[str] = []
        self.address = ""
        self._is_listening = threading.Event()
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        assert self._is_listening.wait(PATIENCE_SECS), "".join(self.log)
        assert self.address, "".join(self.log)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code; None while the process runs."""
        return self._process.poll()

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def get(self, path: str) -> Any:
        """The JSON at a path."""
        with urlopen(f"{self.url}{path}", timeout=PATIENCE_SECS) as answer:
            return json.load(answer)

    def total(self, site: str = "example.com") -> int:
        """All pageviews of the site in the last days."""
        return int(self.get(f"/api/stats/main?site_id={site}&period=7d")["total_pageviews"])

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ends the process by a signal; its exit code."""
        if self._process.poll() is None:
            self._process.send_signal(number)
        code = self._process.wait(PATIENCE_SECS)
        self._reader.join(PATIENCE_SECS)
        if self._process.stderr:
            self._process.stderr.close()
        return code

    def _read_log(self) -> None:
        for line in self._process.stderr or ():
            self.log.append(line)
            if match := _LISTENING.search(line):
                self.address = match[1]
                self._is_listening.set()
        self._is_listening.set()


def _apart(module: str, env: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", module], env=env, stderr=subprocess.PIPE, text=True
    )


@contextmanager
def running(data_dir: Path, **settings: Any) -> Iterator[Server]:
    """A server that is stopped in order at the end, whatever happens."""
    server = Server(data_dir, **settings)
    try:
        yield server
    finally:
        server.stop()


class Visitors:
    """Threads that post numbered pageviews without a pause and note the answers.

    Each event has a path of its own, so that afterwards each can be found, once.
    """

    def __init__(self, port: int, threads: int = 2, site: str = "example.com") -> None:
        self.port = port
        self._site = site
        self._stop = threading.Event()
        self.acknowledged: list[str] = []
        self.answers: Counter[int] = Counter()
        self._sent = [0] * threads
        self._threads = [
            threading.Thread(target=self._run, args=(number,)) for number in range(threads)
        ]

    @property
    def sent(self) -> int:
        """How many events were begun to be sent."""
        return sum(self._sent)

    def __enter__(self) -> Visitors:
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
            path = f"/{thread}/{number}"
            self._sent[thread] = number
            try:
                status = post(connection, path, self._site, address=f"203.0.113.{thread + 1}")
            except (OSError, http.client.HTTPException):
                connection.close()  # it connects again by itself
                self._stop.wait(0.02)  # the server is being started again
            else:
                self.answers[status] += 1
                if status == 202:
                    self.acknowledged.append(path)
        connection.close()


def post(
    connection: http.client.HTTPConnection,
    path: str,
    site: str = "example.com",
    address: str = "203.0.113.9",
) -> int:
    """Posts a pageview; the status of the answer."""
    body = json.dumps({"d": site, "n": "pageview", "u": f"https://{site}{path}"})
    headers = {"User-Agent": CHROME, "X-Forwarded-For": address}
    connection.request("POST", "/api/event", body, headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def stored_paths(data_dir: Path) -> Counter[str]:
    """How often each path is in the Parquet files of a stopped server, whose hot table is empty."""
    with duckdb.connect(str(data_dir / "mallard.duckdb"), read_only=True) as connection:
        assert connection.execute("select count(*) from events").fetchone() == (0,)
    files = data_dir / "events" / "*" / "*" / "*.parquet"
    rows = duckdb.sql(f"select pathname, count(*) from read_parquet('{files}') group by all")
    return Counter(dict(rows.fetchall()))


def assert_each_once(stored: Counter[str], acknowledged: list[str]) -> None:
    """Every acknowledged event is there, and no event is there twice."""
    assert set(acknowledged) <= set(stored), f"lost: {set(acknowledged) - set(stored)}"
    assert not [path for path, times in stored.items() if times > 1]
