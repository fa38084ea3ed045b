"""API keys are those of all nodes: made on one, revoked on another, and used without PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from mallard.cli import main
from mallard.register.port import Unreachable
from tests.cluster.conftest import Member, Place
from tests.cluster.postgres import Postgres
from tests.cluster.test_deciding import at_once
from tests.cluster.test_joining import logs

pytestmark = pytest.mark.thorough

Join = Callable[..., Member]

__all__ = ["logs"]


PASSWORD = "correct horse battery"


def bearing(key: str) -> dict[str, str]:
    """What a program sends with each request."""
    return {"Authorization": f"Bearer {key}"}


def opens(member: Member, key: str) -> bool:
    """Whether a key opens a node."""
    return member.client.get("/api/keys", headers=bearing(key)).status_code == 200


def test_a_key_that_is_made_on_one_node_opens_the_other_until_it_is_revoked(join: Join) -> None:
    paris, oslo = (join(name, admin_password=PASSWORD) for name in ("paris", "oslo"))
    made = paris.mallard.access.keys.create("ci", "Admin")
    assert opens(paris, made.key)
    oslo.look()
    assert opens(oslo, made.key)
    paris.look()
    assert oslo.mallard.access.keys.revoke(made.key_hash)
    assert not opens(oslo, made.key)
    paris.look()
    assert not opens(paris, made.key)
    assert [key.revoked for key in paris.mallard.access.keys.all()] == [True]


def test_keys_that_two_nodes_make_at_once_are_all_kept(join: Join) -> None:
    paris, oslo = join("paris"), join("oslo")
    for number in range(10):
        create = [member.mallard.access.keys.create for member in (paris, oslo)]
        at_once(*(partial(one, f"key {number}", "ReadOnly") for one in create))
    for member in (paris, oslo):
        member.look()
        assert len(member.mallard.access.keys.all()) == 20


def test_the_day_of_a_use_is_noted_for_all_and_nobody_waits_for_it(
    join: Join, postgres: Postgres
) -> None:
    paris, oslo = (join(name, admin_password=PASSWORD) for name in ("paris", "oslo"))
    keys = [member.mallard.access.keys for member in (paris, oslo)]
    made = keys[0].create("ci", "Admin")
    oslo.look()
    postgres.stop("immediate")
    try:
        assert opens(oslo, made.key)
        assert keys[1].all()[0].last_used is not None
        with pytest.raises(Unreachable, match="nothing was changed: PostgreSQL cannot be reached"):
            keys[1].revoke(made.key_hash)
        assert opens(oslo, made.key)
        wanted = {"name": "new", "scope": "Ingest"}
        answer = oslo.client.post("/api/keys", json=wanted, headers=bearing(made.key))
        assert answer.status_code == 503
        assert answer.json and answer.json["error"].startswith("nothing was changed: PostgreSQL")
    finally:
        postgres.start()
    for member in (oslo, paris):
        member.look()
    assert keys[0].all() == keys[1].all()
    assert keys[0].all()[0].last_used is not None


def command(place: Place, *arguments: str, **changes: Any) -> Result:
    """`mallard key` on a node that is stopped."""
    settings = replace(place.settings("paris"), **changes)
    cluster = settings.cluster
    assert cluster is not None
    return CliRunner().invoke(
        main,
        ["key", *arguments],
        env={
            "MALLARD_DATA_DIR": str(settings.data_dir),
            "MALLARD_SECRET": settings.secret,
            "MALLARD_CLUSTER_CATALOG": cluster.catalog,
            "MALLARD_CLUSTER_STORAGE": cluster.storage,
            "MALLARD_CLUSTER_NODE": cluster.node,
        },
    )


def test_the_command_makes_and_revokes_keys_of_all_nodes(join: Join, place: Place) -> None:
    paris, oslo = join("paris"), join("oslo")
    paris.stop()
    made = command(place, "create", "ci", "--scope", "Admin")
    assert made.exit_code == 0
    key = made.output.splitlines()[0]
    oslo.look()
    assert oslo.mallard.access.keys.find(key)
    (known,) = oslo.mallard.access.keys.all()
    assert command(place, "revoke", known.key_hash).exit_code == 0
    oslo.look()
    assert oslo.mallard.access.keys.find(key) is None
