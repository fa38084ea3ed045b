"""A server in a locale without UTF-8, and one whose terminal has been closed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.process import Server, running
from tests.waiting import until

IMPORTS_ALL = """
import pathlib, sys
import mallard.server, mallard.cli, mallard.commands.importing
from mallard import app
from mallard.config import Settings
from mallard.ingest.bots import classify
from mallard.wsgi import application
from werkzeug.test import Client

mallard = app.build(Settings(data_dir=pathlib.Path(sys.argv[1])))
client = Client(application(mallard))
for path in ("/", "/setup", "/settings", "/diagnostics", "/mallard.js", "/health/detailed"):
    client.get(path)
assert classify("Googlebot/2.1")
mallard.stop(300)
"""


@pytest.mark.parametrize(
    "locale",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""},
    ],
    ids=lambda locale: locale["LC_ALL"],
)
def test_the_locale_is_no_reason_not_to_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locale: dict[str, str]
) -> None:
    for name, value in locale.items():
        monkeypatch.setenv(name, value)
    with running(tmp_path / "d\u00e4ta", is_forked=False) as server:
        assert server.get("/health/detailed")["status"] == "ok"


def test_nothing_is_read_in_the_encoding_of_the_locale(tmp_path: Path) -> None:
    """Python says so wherever it would; EUC-JP and its like stop no start then."""
    found = subprocess.run(
        [sys.executable, "-X", "warn_default_encoding", "-c", IMPORTS_ALL, str(tmp_path / "data")],
        env=os.environ | {"PYTHONUTF8": "0", "PYTHONWARNINGS": "always::EncodingWarning"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "EncodingWarning" not in found.stderr, found.stderr


def test_a_terminal_that_closes_ends_no_server(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    os.kill(server.pid, signal.SIGHUP)
    until(lambda: said(server) == 1)
    os.kill(server.pid, signal.SIGHUP)
    until(lambda: said(server) == 2)
    assert server.get("/health/detailed")["status"] == "ok"
    assert server.stop() == 0


def said(server: Server) -> int:
    """How often the log says what a hang-up does."""
    return sum("Went on after SIGHUP" in line for line in server.log)
