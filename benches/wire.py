"""Requests as bytes, in the file from which the clients send them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

HOST = "127.0.0.1"
"""Where servers listen and clients connect."""


def write_requests(path: Path, requests: Iterable[bytes]) -> Path:
    """A file for the clients: each request behind a line with its length."""
    path.write_bytes(b"".join(b"%d\n%b" % (len(request), request) for request in requests))
    return path


def read_requests(path: Path) -> list[bytes]:
    """What `write_requests` wrote."""
    requests = []
    with path.open("rb") as file:
        while line := file.readline():
            requests.append(file.read(int(line)))
    return requests
