"""The lake's process and its node understand each other, and neither waits for one that is gone."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import duckdb
import msgspec
import pytest

from mallard.cluster import lake
from mallard.cluster.catalog import Catalog
from mallard.cluster.lake import Lake, told
from mallard.cluster.lake_process import _line
from mallard.cluster.orders import Answer, Beginning, Order
from tests.cluster.conftest import Member, Place
from tests.waiting import PATIENCE_SECS, until

FAR = 1500
"""Beyond the numbers that select() takes."""


def beginning(place: Place) -> Beginning:
    return Beginning(place.catalog, str(place.storage), str(place.directory / "scratch"))


def test_a_process_whose_node_was_killed_just_ends(place: Place) -> None:
    command = [sys.executable, "-m", "mallard.cluster.lake"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin and process.stdout and process.stderr
        process.stdout.close()
        process.stdin.write(msgspec.json.encode(beginning(place)))
        process.stdin.write(b"\n")
        process.stdin.close()
        assert process.wait(PATIENCE_SECS) == 0
        assert process.stderr.read() == b""


NAP = """
create function nap() returns trigger language plpgsql as
'begin perform pg_sleep(0.5); return null; end';
create trigger nap after insert on mallard_lake.ducklake_data_file
for each row when (new.path like '%frozen%') execute function nap()
"""
NAPS = "select count(*) from pg_stat_activity where wait_event = 'PgSleep' and datname = %s"
IMPATIENT = "from mallard.cluster import lake; lake.IDLE_SECS = 1; lake.main()"


def test_a_process_that_is_frozen_in_a_commit_keeps_nobody_waiting_for_long(
    join: Callable[..., Member], place: Place
) -> None:
    paris, oslo = join("paris"), join("oslo")
    paris.visit("/a")
    paris.mallard.flusher.flush()
    ((batch, segment),) = paris.mallard.journal.stored_segments()
    catalog = Catalog(place.catalog)
    catalog.announce("frozen.parquet", "elsewhere", [batch], 0)
    catalog.do(NAP)
    command = [sys.executable, "-c", IMPATIENT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as frozen:
        assert frozen.stdin
        try:
            for line in (
                beginning(place),
                Order("frozen.parquet", (str(segment),)),
            ):
                frozen.stdin.write(msgspec.json.encode(line) + b"\n")
            frozen.stdin.flush()
            name = place.catalog.rpartition("/")[2]
            until(lambda: catalog.rows(NAPS, (name,)) == [(1,)], "it commits")
            frozen.send_signal(signal.SIGSTOP)
            paris.turn()
            oslo.turn()
            assert oslo.pages() == {"/a": 1}
        finally:
            frozen.kill()
    catalog.close()


@pytest.fixture
def many_files() -> Iterator[None]:
    """This process may have so many files open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * FAR), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_files")
def test_a_server_with_many_connections_hears_the_answer() -> None:
    reading, writing = os.pipe()
    far = fcntl.fcntl(reading, fcntl.F_DUPFD, FAR)
    try:
        os.write(writing, msgspec.json.encode(Answer(events=7)) + b"\n")
        assert msgspec.json.decode(_line(far), type=Answer).events == 7
    finally:
        for descriptor in (reading, writing, far):
            os.close(descriptor)


def test_what_the_log_says_of_an_error_holds_no_password_and_nothing_of_what_was_added() -> None:
    address = "postgresql://mallard:secret@db/mallard"
    error = duckdb.Error(
        f'Failed to commit at "{address}": Failed to execute query "BEGIN;\nINSERT INTO stats'
        " VALUES ('/a \"path\"', '0123abc')\": ERROR: could not write block"
    )
    said = 'Failed to commit at "cluster.catalog": Failed to execute a query: ERROR: could not'
    assert told(error, address) == f"{said} write block"
    error = duckdb.Error(
        "Binder Error: no such type\n\nLINE 1: create secret (secret 'open-sesame'"
    )
    assert told(error, address) == "Binder Error: no such type\n"


def test_what_does_not_fit_into_memory_goes_where_the_node_may_write_and_does_not_stay(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake, "MEMORY", "16MB")
    scratch = place.directory / "scratch"
    scratch.mkdir(parents=True)
    (scratch / "left.tmp").write_text("an event")
    opened = Lake(beginning(place))
    assert not scratch.exists()
    sql = "create temp table much as select i, sha256(i::varchar) as text from range(400000) t (i)"
    opened._connection.execute(sql)
    assert sum(file.stat().st_size for file in scratch.iterdir()) > 1 << 20
    opened._connection.close()
