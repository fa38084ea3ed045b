"""What every test may ask for: a Mallard on an empty directory, and visits to make it count."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import Client, TestResponse

from mallard import app
from mallard.config import Settings
from mallard.store.parquet.shell_view import refresh_view
from mallard.wsgi import application
from tests.cheaper import keep_what_is_collected, make_cheaper
from tests.fuzz.size import so_many
from tests.waiting import PATIENCE_SECS

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

hypothesis.settings.register_profile(
    "tests",
    max_examples=so_many(50, 1000),
    # How long an example takes says more about the machine than about the code.
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("tests")


make_cheaper()


def pytest_collection_finish() -> None:
    keep_what_is_collected()


CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/142.0.0.0 Safari/537.36"
)
NOON = datetime(2026, 3, 18, 12, tzinfo=UTC)
"""A Wednesday, the time at which tests begin unless they say otherwise."""


class Clock:
    """A clock that stands still until it is set or moved, and a timer beside it.

    Time passes by `move` alone; whoever changes `now` sets the clock.
    """

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now
        self._passed_secs = 0.0

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        """Moves on by what `timedelta` understands."""
        self.now += timedelta(**by)
        self._passed_secs += timedelta(**by).total_seconds()

    def set(self, **by: float) -> None:
        """Sets the clock forward or back, while no time passes."""
        self.now += timedelta(**by)

    def timer(self) -> float:
        """Seconds that have passed."""
        return self._passed_secs


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def toml(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a settings file."""

    def write(text: str) -> Path:
        path = tmp_path / "mallard.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def settings(data_dir: Path) -> dict[str, Any]:
    """The settings of `mallard`; change them before asking for it."""
    return some_settings(data_dir)


def some_settings(data_dir: Path) -> dict[str, Any]:
    """Those of a Mallard for tests: it answers anew each time."""
    return {"data_dir": data_dir, "secret": "test", "cache_ttl_secs": 0, "duckdb_threads": 1}


@pytest.fixture(scope="session")
def fresh_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a first start makes of an empty directory; a copy of it is quicker than another."""
    data_dir = tmp_path_factory.mktemp("fresh") / "data"
    app.build(Settings(**some_settings(data_dir)), Clock()).stop(PATIENCE_SECS)
    return data_dir


def copy_fresh(fresh_data: Path, data_dir: Path) -> None:
    """Lays a copy down whose files of rollups are trusted as if they were made there."""
    shutil.copytree(fresh_data, data_dir)
    for form in (data_dir / "rollups").glob("*.form"):
        digest, _ = form.read_text().split()
        form.write_text(f"{digest} {form.with_suffix('.duckdb').stat().st_ino}")


@pytest.fixture
def start(
    settings: dict[str, Any], clock: Clock, fresh_data: Path
) -> Iterator[Callable[..., app.Mallard]]:
    """Starts a Mallard on the data directory; abandons it at the end unless the test has ended it.

    Who begins what runs beside the requests, by `start`, stops that as well.
    """
    started: list[app.Mallard] = []

    def start_one(**changes: Any) -> app.Mallard:
        wanted = Settings(**settings | changes)
        if not wanted.data_dir.exists():
            copy_fresh(fresh_data, wanted.data_dir)
        started.append(app.build(wanted, clock, timer=clock.timer))
        return started[-1]

    yield start_one
    for one in started:
        if not one.directory.is_closed:
            one.journal.close()
            abandon(one)


@pytest.fixture
def mallard(start: Callable[..., app.Mallard]) -> app.Mallard:
    return start()


@pytest.fixture
def client(mallard: app.Mallard) -> Client:
    """Speaks to the whole, front door included."""
    return Client(application(mallard))


_LAST: list[tuple[app.Mallard, WSGIApplication]] = []


def client_of(mallard: app.Mallard) -> Client:
    """A client of its own; the application that it speaks to is made once for all who follow."""
    if not _LAST or _LAST[0][0] is not mallard:
        _LAST[:] = [(mallard, application(mallard))]
    return Client(_LAST[0][1])


def post_event(client: Client, body: Any, **headers: str) -> TestResponse:
    """Posts an event as a browser would, from an address of its own if `X-Forwarded-For` says."""
    sent = {"User-Agent": CHROME, "Content-Type": "text/plain"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    environ = {"REMOTE_ADDR": "127.0.0.1"}
    if isinstance(body, bytes | str):
        return client.post("/api/event", data=body, headers=sent, environ_overrides=environ)
    return client.post("/api/event", json=body, headers=sent, environ_overrides=environ)


def visits(client: Client, clock: Clock) -> Callable[..., None]:
    """Makes events through the front door; `times` of them, a second apart, by one visitor."""

    def visit_page(
        path: str = "/",
        site: str = "example.com",
        times: int = 1,
        at: datetime | None = None,
        visitor: int = 1,
        event: str = "pageview",
        **fields: Any,
    ) -> None:
        if at is not None:
            clock.now = at
        for number in range(times):
            if number:
                clock.move(seconds=1)
            body = {"d": site, "n": event, "u": f"https://{site}{path}", **fields}
            address = f"203.0.{visitor // 250}.{visitor % 250 + 1}"
            response = post_event(client, body, X_Forwarded_For=address)
            assert response.status_code == 202, response.text

    return visit_page


def stored_events(mallard: app.Mallard) -> list[dict[str, Any]]:
    """Everything accepted so far, hot and cold, oldest first."""
    assert mallard.flusher.flush()
    refresh_view(mallard.store.database, mallard.store.cold)
    with mallard.store.database.reader() as connection:
        found = connection.execute("select * from events_all order by timestamp")
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def abandon(mallard: app.Mallard) -> None:
    """Lets go of the data directory as a killed process does: nothing is flushed."""
    mallard.store.queries.close()
    mallard.store.database.close()
    mallard.directory.close()


@pytest.fixture
def visit(client: Client, clock: Clock) -> Callable[..., None]:
    return visits(client, clock)


@dataclass(frozen=True)
class Shared:
    """A Mallard for several tests, which leave it as it is; its clock stands still."""

    mallard: app.Mallard
    client: Client
    visit: Callable[..., None]


@contextmanager
def kept_open(data_dir: Path, fresh_data: Path, **changes: Any) -> Iterator[Shared]:
    """A Mallard until the end of the block, with other settings than usual if they are given."""
    if not data_dir.exists():
        copy_fresh(fresh_data, data_dir)
    clock = Clock()
    mallard = app.build(Settings(**some_settings(data_dir) | changes), clock)
    client = Client(application(mallard))
    yield Shared(mallard, client, visits(client, clock))
    mallard.stop(PATIENCE_SECS)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, fresh_data: Path) -> Iterator[Shared]:
    """A Mallard for all tests of a module: visit it once, in a fixture of the module's."""
    with kept_open(tmp_path_factory.mktemp("shared") / "data", fresh_data) as one:
        yield one


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory, fresh_data: Path) -> Iterator[Shared]:
    """The Mallard that `onlooker` looks at."""
    with kept_open(tmp_path_factory.mktemp("untouched") / "data", fresh_data) as one:
        yield one


@pytest.fixture
def onlooker(untouched: Shared) -> Iterator[Client]:
    """Asks a Mallard without events, the same for all tests: for those that change nothing."""
    yield Client(untouched.client.application)
    assert "accepted" not in untouched.mallard.intake.tally.counts()
    assert not untouched.mallard.access.passwords.is_set


@dataclass(frozen=True)
class LiveServer:
    """A Mallard that a browser can reach; its clock is the test's."""

    url: str
    visit: Callable[..., None]


@contextmanager
def served(wsgi: WSGIApplication) -> Iterator[str]:
    """The address at which a browser can reach an application."""
    server = make_server("127.0.0.1", 0, wsgi, threaded=True, request_handler=QuietHandler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def live_server(mallard: app.Mallard, clock: Clock) -> Iterator[LiveServer]:
    wsgi = application(mallard)
    with served(wsgi) as url:
        yield LiveServer(url, visits(Client(wsgi), clock))


class QuietHandler(WSGIRequestHandler):
    """Writes no line for each request."""

    def log(self, type: str, message: str, *args: Any) -> None:
        """Keep the test run quiet."""
