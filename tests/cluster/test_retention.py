"""Days that are older than wanted go from every node, and from the shared files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from mallard import app
from mallard.model import Period
from tests.cluster.conftest import Member, Place
from tests.cluster.test_shared_files import delete_at_once, in_lake, in_storage

pytestmark = pytest.mark.thorough

Join = Callable[..., Member]
DAYS = 30
OLD, BARELY_OLD = DAYS + 10, DAYS + 1
"""What is a day too old is kept in the trash, and in the shared files as long."""


class Clock:
    """The time, or what it was some days ago."""

    def __init__(self) -> None:
        self.days_ago = 0

    def __call__(self) -> datetime:
        return app.utc_now() - timedelta(days=self.days_ago)


def today() -> date:
    return datetime.now(UTC).date()


def paths(member: Member) -> list[str]:
    """All that a node has."""
    rows = member.mallard.store.fetch(
        "example.com",
        Period(date(2000, 1, 1), date(2100, 1, 1)),
        "everything as (select pathname from stored) select pathname from everything order by 1",
        {},
    )
    return [path for (path,) in rows]


def collect(member: Member, clock: Clock) -> None:
    """Events of an old day, of one that is barely too old, and of today, in a file each but one."""
    for days_ago, path in ((OLD, "/old"), (BARELY_OLD, "/barely-old")):
        clock.days_ago = days_ago
        member.visit(path)
        member.mallard.flusher.flush()
        clock.days_ago = 0
        if days_ago == OLD:
            member.visit("/today")
        member.turn()


def test_old_days_go_from_the_nodes_and_the_shared_files_and_come_to_nobody_again(
    join: Join, place: Place
) -> None:
    clock = Clock()
    oslo, paris = join("oslo", retention_days=DAYS), join("paris", retention_days=DAYS, clock=clock)
    collect(paris, clock)
    oslo.turn()
    assert paths(paris) == paths(oslo) == ["/barely-old", "/old", "/today"]
    for member in (paris, oslo):
        member.mallard.retention.run(today())
        assert paths(member) == ["/today"]
    paris.turn()
    oslo.turn()
    assert paths(paris) == paths(oslo) == ["/today"]
    assert in_lake(place) == ["/barely-old", "/today"]
    delete_at_once(oslo)
    oslo.turn()
    assert in_storage(place) == ["/barely-old", "/today"]
    late = join("late", retention_days=DAYS)
    late.mallard.retention.run(today())
    late.turn()
    assert paths(late) == ["/today"]


def test_the_shared_files_keep_what_any_node_keeps(join: Join, place: Place) -> None:
    clock = Clock()
    oslo, paris = join("oslo", retention_days=DAYS, clock=clock), join("paris")
    paris.turn()
    collect(oslo, clock)
    oslo.mallard.retention.run(today())
    oslo.turn()
    paris.turn()
    assert paths(oslo) == ["/today"]
    assert in_lake(place) == paths(paris) == ["/barely-old", "/old", "/today"]
