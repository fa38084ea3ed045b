"""A server to be pictured: invented visits, a password, and a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from werkzeug.serving import WSGIRequestHandler, make_server

from mallard import app
from mallard.config import Settings
from mallard.demo import fill
from mallard.ingest.salts import Rotation
from mallard.wsgi import application

NOW = datetime(2026, 6, 24, 15, 40, tzinfo=UTC)
"""The same day each time, a Wednesday, so that a picture changes only when the page does."""
DAYS = 75
PASSWORD = "a duck's best password"
# Who comes back can then be seen for a month, so that the grid of retention has something to show.
ROTATION: Rotation = "monthly"


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Keep the terminal for what matters."""


@contextmanager
def stage(events: int) -> Iterator[str]:
    """The address of a server with so many events, stored in a directory that goes with it."""
    with TemporaryDirectory(prefix="mallard-screenshots-") as folder:
        data_dir = Path(folder) / "data"
        fill(data_dir, events, DAYS, 1, lambda _: None, NOW, visitor_id_rotation=ROTATION)
        settings = Settings(
            data_dir=data_dir,
            secret="screenshots",
            admin_password=PASSWORD,
            visitor_id_rotation=ROTATION,
        )
        mallard = app.build(settings, lambda: NOW)
        try:
            with _served(mallard) as url:
                yield url
        finally:
            mallard.stop(30)


@contextmanager
def _served(mallard: app.Mallard) -> Iterator[str]:
    wsgi = application(mallard)
    server = make_server("127.0.0.1", 0, wsgi, threaded=True, request_handler=_Quiet)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
