"""Runs commands in the test's own process, and holds events that are hard to carry."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result

from mallard import cli
from mallard.app import Mallard
from mallard.config import DECLARED, IN_TABLES
from mallard.model import Event
from tests.builders import NOON, an_event, store_events

NASTY = (
    "",
    "'",
    "''",
    "=1+1",
    "'=1+1",
    "+49",
    "-1",
    "@me",
    "\tx",
    "\rx",
    "\n",
    "a\r\nb",
    'say "hi"',
    '"',
    '""',
    "a,b",
    ",",
    " padded ",
    "#hash",
    "NULL",
    "\\N",
    "\0",
    "a\0b",
    "é=ü",
    "🦆",
    "\u2028",
    "\ufeffbom",
    "null",
)
"""Texts that get lost or changed where a format is written or read carelessly."""


@pytest.fixture
def nasty_events(mallard: Mallard) -> list[Event]:
    """Events over three days whose columns hold each of NASTY, and those without any."""
    events = []
    for number, text in enumerate(NASTY):
        at = NOON - timedelta(hours=number * 3, microseconds=number)
        texts = dict.fromkeys(("referrer", "referrer_source", "utm_source", "city"), text)
        required = {"visitor_id": text or "v", "event_name": text or "e", "path": text or "/"}
        money = {"revenue_amount": f"-{number}.05", "revenue_currency": "EUR"}
        events.append(an_event(at, **required, **texts, **money, props='{"a":"\\"b,c"}'))
        events.append(an_event(at - timedelta(seconds=1)))
    store_events(mallard.store, "nasty", events)
    return events


@pytest.fixture
def command(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Result]]:
    """Runs `mallard ...` on the test's data directory."""
    for declaration in (*DECLARED, *IN_TABLES):
        for name in declaration.variables:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("MALLARD_CONFIG", raising=False)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level

    def run(*arguments: str | Path, data_dir: Path = data_dir, stdin: bytes = b"") -> Result:
        variables = {"MALLARD_DATA_DIR": str(data_dir), "MALLARD_DUCKDB_THREADS": "1"}
        words = [str(argument) for argument in arguments]
        return CliRunner().invoke(cli.main, words, env=variables, input=stdin)

    yield run
    root.handlers, root.level = handlers, level
    logging.captureWarnings(False)
    structlog.reset_defaults()
