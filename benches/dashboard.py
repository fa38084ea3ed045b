"""The first load of a site's page: requests, bytes over the wire, and time to the first byte."""

from __future__ import annotations

import gzip
import http.client
import json
import re
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benches import servers
from benches.answers import BenchFailed
from benches.figures import Figure, at_most
from benches.servers import Server
from benches.sizes import Size
from benches.wire import HOST
from mallard.demo import fill

PAGE = "/?site_id=acme.example"
CLICK = f"{PAGE}&compare=previous"
MONTHS = 2
TIMES_A_ROUND = 4
"""So often a page is asked for; the median is told."""

POLL_SECS = 0.2
PATIENCE_SECS = 120.0

_ASSET = re.compile(r'<(?:script|link|img)\b[^>]*\b(?:src|href)="(/static/[^"]+)"')


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as it crossed the wire: its head and its compressed body."""

    path: str
    head_bytes: int
    body: bytes
    first_byte_ms: float

    @property
    def size(self) -> int:
        """All of its bytes."""
        return self.head_bytes + len(self.body)


def run(size: Size) -> list[Figure]:
    """Two months of two invented sites, of which a reader asks for one's last 30 days."""
    with TemporaryDirectory(prefix="mallard-bench-") as folder:
        data_dir = Path(folder) / "data"
        fill(data_dir, size.events, MONTHS * size.days, 1, lambda _: None)
        with servers.mallard(data_dir, cache_ttl="0") as server:
            _wait_for_rollups(server)
            uncached = _first_byte_ms(server, PAGE, size.rounds)
            compared = _first_byte_ms(server, CLICK, size.rounds)
            server.stop()
        with servers.mallard(data_dir) as server:
            page = _ask(server, PAGE)
            assets = [_ask(server, path) for path in _assets_of(page)]
            click = _ask(server, CLICK, htmx=True)
            cached = _first_byte_ms(server, PAGE, size.rounds)
            server.stop()
    return [
        *_sizes(page, assets, click),
        Figure("time to first byte, nothing cached", uncached, "ms"),
        Figure("time to first byte, compared, nothing cached", compared, "ms"),
        Figure("time to first byte, reports cached", cached, "ms"),
    ]


def _sizes(page: Answer, assets: list[Answer], click: Answer) -> list[Figure]:
    everything = page.size + sum(asset.size for asset in assets)
    return [
        Figure("first load: requests", 1 + len(assets)),
        Figure("first load: bytes over the wire", everything, "B", at_most(60_000)),
        Figure("of which the page", page.size, "B"),
        *(Figure(f"of which {_plain_name(asset.path)}", asset.size, "B") for asset in assets),
        Figure("later load: requests", 1),
        Figure("later load: bytes over the wire", page.size, "B"),
        Figure("a click: bytes over the wire", click.size, "B"),
    ]


def _assets_of(page: Answer) -> list[str]:
    """What a browser asks for on account of the page, each once."""
    html = gzip.decompress(page.body).decode()
    return list(dict.fromkeys(_ASSET.findall(html)))


def _plain_name(path: str) -> str:
    """`htmx.js` for `/static/htmx.0123456789ab.js`."""
    stem, _, suffix = path.rpartition("/")[2].split(".")
    return f"{stem}.{suffix}"


def _wait_for_rollups(server: Server) -> None:
    """A server that has just started works out the figures of the days that are over."""
    deadline = time.monotonic() + PATIENCE_SECS
    while json.loads(server.get("/health/detailed"))["rollups_pending"]:
        if time.monotonic() > deadline:
            raise BenchFailed("the figures of the days are not ready")
        time.sleep(POLL_SECS)  # between two looks at a condition in another process


def _first_byte_ms(server: Server, path: str, rounds: int) -> float:
    """The median time from the question to the first line of the answer, on new connections."""
    times = range(TIMES_A_ROUND * rounds)
    return statistics.median(_ask(server, path).first_byte_ms for _ in times)


def _ask(server: Server, path: str, htmx: bool = False) -> Answer:
    headers = {"Accept-Encoding": "gzip"} | ({"HX-Request": "true"} if htmx else {})
    connection = http.client.HTTPConnection(HOST, server.port, timeout=servers.START_SECS)
    try:
        started = time.perf_counter()
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        first_byte_ms = 1000 * (time.perf_counter() - started)
        body = response.read()
    finally:
        connection.close()
    if response.status != 200:
        raise BenchFailed(f"GET {path} answers {response.status}")
    head = f"HTTP/1.1 {response.status} {response.reason}\r\n{response.headers.as_string()}"
    return Answer(path, len(head.replace("\r\n", "\n").replace("\n", "\r\n")), body, first_byte_ms)
