"""What Mallard is held against: applications that do less, under the same waitress.

`python -m benches.peers NAME OPTIONS` serves until it is ended; OPTIONS are waitress's, as a JSON
object. `file` and `pieces` serve the file that the variable BENCH_FILE names.
"""

from __future__ import annotations

import json
import logging
import os
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


PIECE_BYTES = 1 << 16
FILE = "BENCH_FILE"
"""The variable that names the file to serve."""


def file(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    """Hands a file to waitress, which sends it."""
    opened = open(os.environ[FILE], "rb")  # noqa: SIM115  # waitress closes it
    start("200 OK", [("Content-Length", str(os.fstat(opened.fileno()).st_size))])
    whole: Iterable[bytes] = environ["wsgi.file_wrapper"](opened)
    return whole


def pieces(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    """Reads a file in pieces, as most applications do."""
    with open(os.environ[FILE], "rb") as opened:
        start("200 OK", [("Content-Length", str(os.fstat(opened.fileno()).st_size))])
        while piece := opened.read(PIECE_BYTES):
            yield piece


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
    known: dict[str, WSGIApplication] = {"bare": bare, "file": file, "pieces": pieces}
    application = known[name] if name in known else flask()
    waitress.serve(application, _quiet=True, **json.loads(options))


if __name__ == "__main__":
    main(*sys.argv[1:])
