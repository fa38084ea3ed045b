"""Where the documents' commands are run: a directory with some visits, a server, and a key."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from werkzeug.test import Client

from documentation import ROOT
from mallard import app
from mallard.config import Settings
from mallard.wsgi import application
from tests.conftest import post_event
from tests.end_to_end.process import Server, running
from tests.waiting import PATIENCE_SECS

SERVERS = ("http://localhost:8000", "http://127.0.0.1:8000", "https://stats.example.com")
KEY = "mm_..."
TOKEN = "the-token"
BESIDE = ROOT / ".venv" / "docs"
"""What `make docs` installs: pandas, Polars and DuckDB's shell among it."""
CURL = '#!/bin/sh\nexec {curl} --silent --show-error --fail-with-body "$@"\n'


@dataclass(frozen=True)
class Place:
    """A directory whose `data/` a server has; what to say in the place of the documents' names."""

    folder: Path
    server: Server
    key: str

    def spoken(self, text: str) -> str:
        """A block's text, with this server and this key in it."""
        for name in SERVERS:
            text = text.replace(name, self.server.url)
        return text.replace(KEY, self.key)

    def environ(self) -> dict[str, str]:
        return environ(self.folder)


def environ(folder: Path) -> dict[str, str]:
    """The variables of whoever follows the documents in this folder."""
    programs = [folder / "bin", Path(sys.executable).parent, BESIDE / "bin"]
    inherited = {name: value for name, value in os.environ.items() if "MALLARD" not in name}
    return inherited | {
        "PATH": os.pathsep.join([*map(str, programs), inherited["PATH"]]),
        "PYTHONPATH": str(BESIDE),
        "MALLARD_DATA_DIR": "data",
        "MALLARD_METRICS_TOKEN": TOKEN,
    }


def fill(data_dir: Path, has_password: bool) -> str:
    """Some visits of today and yesterday, in files; a key for everything."""
    now = app.utc_now()
    times = iter([now - timedelta(days=1), now - timedelta(days=1), now, now, now])
    moment = [now]
    mallard = app.build(Settings(data_dir=data_dir, duckdb_threads=1), lambda: moment[0])
    client = Client(application(mallard))
    order = {"n": "order", "ra": 49.9, "rc": "EUR", "p": {"plan": "pro"}}
    for more in ({}, order, {}, {"n": "signup"}, {"u": "https://example.com/pricing"}):
        moment[0] = next(times)
        event = {"d": "example.com", "n": "pageview", "u": "https://example.com/", **more}
        assert post_event(client, event).status_code == 202
    if has_password:
        mallard.access.passwords.set_first("a password of the documents")
    key = mallard.access.keys.create("documents", "Admin").key
    assert mallard.stop(PATIENCE_SECS)
    return key


@contextmanager
def place(folder: Path, has_password: bool, **settings: str) -> Iterator[Place]:
    """A server that is stopped at the end."""
    key = fill(folder / "data", has_password)
    (folder / "bin").mkdir()
    curl = folder / "bin" / "curl"
    curl.write_text(CURL.format(curl=shutil.which("curl")), encoding="utf-8")
    curl.chmod(0o755)
    rooms = {"portal_tools": "pets", "peers_plausible": "true", "peers_umami": "true"}
    settings = rooms | {"metrics_token": TOKEN} | settings
    with running(folder / "data", **settings) as server:
        yield Place(folder, server, key)
