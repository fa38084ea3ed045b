"""Nodes in processes of their own, killed at work: every 202 is in every node's reports, once."""

from __future__ import annotations

import random
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.cluster.conftest import SECRET, Place
from tests.cluster.postgres import Postgres
from tests.end_to_end.process import Server, Visitors
from tests.fuzz.size import so_many
from tests.waiting import until

pytestmark = [pytest.mark.fuzz, pytest.mark.thorough]

NODES = ("paris", "oslo")
ROUNDS = so_many(1, 10)
"""In each, every node is killed once, and PostgreSQL, too."""


def serve(place: Place, node: str, port: int = 0, **more: Any) -> Server:
    """A node, under settings with which something is always going on."""
    wanted: dict[str, Any] = {
        "secret": SECRET,
        "flush_count": 40,
        "flush_interval": 1,
        "duckdb_threads": 1,
        "cluster_catalog": place.catalog,
        "cluster_storage": place.storage,
        "cluster_node": node,
        "cluster_publish_interval_secs": 1,
    }
    return Server(place.directory / node, port=port, **wanted | more)


def site_of(node: str) -> str:
    """Whose visitors come to a node: so each path of each site is one event."""
    return f"{node}.example"


def test_every_event_is_in_every_nodes_reports_once_whoever_is_killed(
    place: Place, postgres: Postgres
) -> None:
    moments = random.Random(25)
    servers = {node: serve(place, node) for node in NODES}
    crowds = {node: Visitors(servers[node].port, 1, site_of(node)) for node in NODES}
    try:
        for crowd in crowds.values():
            crowd.__enter__()
        for _ in range(ROUNDS):
            for node in moments.sample(NODES, len(NODES)):
                await_answers(crowds[node], moments.randrange(30, 150))
                servers[node].stop(signal.SIGKILL)
                servers[node] = serve(place, node, crowds[node].port)
            postgres.stop("immediate")
            await_answers(crowds["oslo"], 50)
            postgres.start()
    finally:
        for crowd in crowds.values():
            crowd.__exit__()
    acknowledged = {(site_of(node), path) for node in NODES for path in crowds[node].acknowledged}
    until(
        lambda: are_whole(servers, crowds),
        "every node has what the others have",
        lambda: what_they_say(servers, crowds),
    )
    for server in servers.values():
        assert server.stop() == 0
    stored = [stored_events(place.directory / node) for node in NODES]
    assert all(found == stored[0] for found in stored)
    assert not [event for event, times in stored[0].items() if times > 1]
    assert acknowledged <= set(stored[0])
    assert len(acknowledged) >= 60 * ROUNDS


def await_answers(crowd: Visitors, more: int) -> None:
    """Returns when so many more events were acknowledged."""
    wanted = len(crowd.acknowledged) + more
    until(lambda: len(crowd.acknowledged) >= wanted, f"{more} more events are acknowledged")


def are_whole(servers: dict[str, Server], crowds: dict[str, Visitors]) -> bool:
    """Whether nothing waits, and all nodes report the same, which is all that was acknowledged."""
    for server in servers.values():
        state = server.get("/health/detailed")["cluster"]
        if state["batches_waiting"] or state["trouble"]:
            return False
    totals = {node: {server.total(site_of(node)) for server in servers.values()} for node in NODES}
    return all(
        len(found) == 1 and min(found) >= len(crowds[node].acknowledged)
        for node, found in totals.items()
    )


def what_they_say(servers: dict[str, Server], crowds: dict[str, Visitors]) -> str:
    """How far each node has come, and the last lines of its log."""
    told = []
    for node, server in servers.items():
        state = server.get("/health/detailed")["cluster"]
        totals = {site: server.total(site_of(site)) for site in NODES}
        told.append(f"{node}: {state} {totals} {''.join(server.log[-20:])}")
    acknowledged = {node: len(crowds[node].acknowledged) for node in NODES}
    return "\n".join([f"acknowledged: {acknowledged}", *told])


def stored_events(data_dir: Path) -> Counter[tuple[str, str]]:
    """How often each path of each site is in the files of a stopped node."""
    files = data_dir / "events" / "*" / "*" / "*.parquet"
    rows = duckdb.sql(
        f"select site_id, pathname, count(*) from read_parquet('{files}') group by all"
    ).fetchall()
    return Counter({(site, path): times for site, path, times in rows})
