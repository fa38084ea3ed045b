"""`python -m tests.upgrades.keep` keeps a data directory and a backup of the present schema.

To be run once for each schema, before the first release that has it. The directory is as a kill has
left it: some events are in files, some in the hot table, and some have only been accepted.
"""

from __future__ import annotations

import json
import lzma
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path

from werkzeug.test import Client

from mallard import __version__, app
from mallard.config import Settings
from mallard.store.engine.migrations import MIGRATIONS
from mallard.wsgi import application
from tests.conftest import Clock, abandon
from tests.upgrades.history import (
    FIREFOX,
    IN_FILES,
    IN_THE_HOT_TABLE,
    IN_THE_JOURNAL,
    KEPT,
    PASSWORD,
    Sent,
)
from tests.waiting import PATIENCE_SECS


def main() -> None:
    name = f"schema-{len(MIGRATIONS)}"
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / "data"
        clock = Clock()
        mallard = app.build(Settings(data_dir=data_dir, duckdb_threads=1), clock)
        client = Client(application(mallard))
        mallard.access.passwords.set_first(PASSWORD)
        key = mallard.access.keys.create("grafana", "ReadOnly").key
        send(client, clock, IN_FILES)
        assert mallard.flusher.roll()
        send(client, clock, IN_THE_HOT_TABLE)
        assert mallard.flusher.flush()
        send(client, clock, IN_THE_JOURNAL)
        mallard.journal.close()
        abandon(mallard)
        with tarfile.open(KEPT / f"{name}.tar.xz", "w:xz") as archive:
            archive.add(data_dir, "data")
        again = app.build(Settings(data_dir=data_dir, duckdb_threads=1), clock)
        with lzma.open(KEPT / f"{name}.backup.tar.xz", "w") as backup:
            backup.writelines(again.transfer.backup())
        again.stop(PATIENCE_SECS)
    said = {"mallard": __version__, "key": key}
    (KEPT / f"{name}.json").write_text(json.dumps(said) + "\n", encoding="utf-8")


def send(client: Client, clock: Clock, events: Iterable[Sent]) -> None:
    for event in events:
        clock.now = event.at
        headers = {"User-Agent": FIREFOX, "X-Forwarded-For": event.address}
        environ = {"REMOTE_ADDR": "127.0.0.1"}
        answer = client.post(
            "/api/event", json=event.body, headers=headers, environ_overrides=environ
        )
        assert answer.status_code == 202, answer.text


if __name__ == "__main__":
    main()
