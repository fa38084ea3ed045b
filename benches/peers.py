"""What Mallard is held against: applications that do less, under the same waitress.

`python -m benches.peers bare|flask OPTIONS` serves until it is ended; OPTIONS are waitress's, as a
JSON object.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import waitress

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def bare(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    """The floor: reads the body and answers 202, as little as waitress allows."""
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or "0"))
    start("202 Accepted", [("Content-Length", "0")])
    return []


def flask() -> WSGIApplication:
    """The peer: a Flask view that parses the JSON, and does nothing with it."""
    from flask import Flask, request

    app = Flask("peer")

    @app.get("/health")
    def health() -> str:
        return "ok"

    @app.post("/api/event")
    def event() -> tuple[str, int]:
        request.get_json(force=True)  # browsers send it as text/plain
        return "", 202

    return app.wsgi_app


def main(name: str, options: str) -> None:
    """Serves one of them."""
    # As Mallard does; a warning for each request that waits would cost the peers their lead.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    application: WSGIApplication = bare if name == "bare" else flask()
    waitress.serve(application, _quiet=True, **json.loads(options))


if __name__ == "__main__":
    main(*sys.argv[1:])
