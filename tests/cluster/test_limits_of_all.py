"""Limits are divided by the nodes that are up, about."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from tests.cluster.conftest import FROM, Member, Place
from tests.cluster.test_what_is_away import catch_up
from tests.conftest import CHROME

pytestmark = pytest.mark.thorough

Join = Callable[..., Member]
SITE = "example.com"
LIMITS = {"stats_rate_limit": 7, "max_new_sites_per_hour": 5}


def new_sites(member: Member, sent: int) -> int:
    """How many of so many sites may begin to send to a node."""
    name, answers = member.node.state().node, []
    for number in range(sent):
        site = f"{number}.{name}.example"
        body = {"d": site, "n": "pageview", "u": f"https://{site}/"}
        headers = {"User-Agent": CHROME}
        answer = member.client.post("/api/event", json=body, headers=headers, environ_base=FROM)
        answers.append(answer.status_code)
    assert set(answers) <= {202, 429}
    return answers.count(202)


def reports(member: Member, asked: int) -> int:
    """How many of so many reports are answered."""
    path = f"/api/stats/main?site_id={SITE}&period=7d"
    return [member.client.get(path).status_code for _ in range(asked)].count(200)


def test_a_limit_is_divided_by_the_nodes_that_are_up(join: Join, place: Place) -> None:
    paris, oslo = (join(name, **LIMITS, timer=lambda: 1.0) for name in ("paris", "oslo"))
    assert paris.node.servers == 1
    for member in (oslo, paris):
        member.turn()
    oslo.turn()
    assert (paris.node.servers, oslo.node.servers) == (2, 2)
    for member in (paris, oslo):
        assert (new_sites(member, 5), reports(member, 8)) == (3, 4)
    # Who is silent for long has no part of it.
    with psycopg.connect(place.catalog) as connection:
        silent = "update mallard_cluster.nodes set seen_at = now() - interval '1 hour'"
        connection.execute(f"{silent} where name = 'oslo'".encode())
    paris.turn()
    assert paris.node.servers == 1
    assert (new_sites(paris, 7), reports(paris, 8)) == (5, 7)


def test_a_node_that_is_cut_off_keeps_the_part_that_it_had(join: Join, place: Place) -> None:
    paris, oslo = (join(name, **LIMITS, timer=lambda: 1.0) for name in ("paris", "oslo"))
    oslo.turn()
    paris.turn()
    with psycopg.connect(place.catalog, autocommit=True) as connection:
        others = "datname = current_database() and pid <> pg_backend_pid()"
        connection.execute(
            f"select pg_terminate_backend(pid) from pg_stat_activity where {others}".encode()
        )
    paris.node.take_turn()
    assert paris.node.state().trouble
    assert new_sites(paris, 5) == 3
    catch_up(paris)
