"""While accepted events cannot be stored no report leaves them out silently."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import pytest
from werkzeug.test import Client

from mallard.app import Mallard

STATS = "/api/stats/main?site_id=example.com&period=day"
NO_SPACE = os.strerror(errno.ENOSPC)


@contextmanager
def full_disk(mallard: Mallard) -> Iterator[None]:
    """The database takes no rows, as when the disk is full."""

    def refuse(*_args: Any) -> None:
        raise duckdb.IOException(f'Could not write to "/data/mallard.duckdb.wal": {NO_SPACE}')

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(mallard.store, "append", refuse)
        yield


def detailed(client: Client) -> Any:
    return client.get("/health/detailed").json


def test_a_report_is_refused_with_the_reason(client: Client, mallard: Mallard, visit: Any) -> None:
    visit("/")
    with full_disk(mallard):
        refused = client.get(STATS)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert refused.json == {
            "error": f"events that were accepted cannot be stored now: {NO_SPACE}"
        }
    answer = client.get(STATS)
    assert (answer.status_code, (answer.json or {})["unique_visitors"]) == (200, 1)


def test_what_needs_the_operator_shows_until_it_is_over(
    client: Client, mallard: Mallard, visit: Any
) -> None:
    visit("/")
    with full_disk(mallard):
        client.get(STATS)
        assert (detailed(client)["status"], detailed(client)["cannot_store"]) == (
            "degraded",
            NO_SPACE,
        )
        assert "\nmallard_cannot_store 1.0" in client.get("/metrics").text
    client.get(STATS)
    assert (detailed(client)["status"], detailed(client)["cannot_store"]) == ("ok", None)
    assert "\nmallard_cannot_store 0.0" in client.get("/metrics").text


@pytest.mark.parametrize(
    "path", ["/", "/?site_id=example.com", "/realtime?site_id=example.com", "/settings"]
)
def test_each_page_has_a_notice(client: Client, mallard: Mallard, visit: Any, path: str) -> None:
    visit("/")
    with full_disk(mallard):
        client.get(STATS)
        page = client.get(path)
        assert page.status_code in (200, 503)
        assert f"cannot be stored for now: {NO_SPACE}" in page.text
        assert "mallard.duckdb" not in page.text
    client.get(STATS)
    assert "cannot be stored" not in client.get(path).text
