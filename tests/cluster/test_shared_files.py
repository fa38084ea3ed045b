"""What was erased is in no shared file any more, whoever is killed when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import duckdb
import psycopg
import pytest

from mallard.cluster import shared_files
from mallard.cluster.cleaning import Cleaner
from mallard.cluster.lake_process import LakeProcess, NotAdded
from mallard.cluster.orders import Answer, AnyOrder, Expiring, Replacing
from tests.cluster.conftest import Member, Place, in_both
from tests.cluster.test_erasing import abandon, erase

pytestmark = pytest.mark.thorough

Join = Callable[..., Member]
OTHER = "other.org"


def in_storage(place: Place) -> list[str]:
    """The paths in all files of the storage."""
    files = list(map(str, place.files()))
    if not files:
        return []
    rows = duckdb.sql(f"select pathname from read_parquet({files}) order by 1").fetchall()
    return [path for (path,) in rows]


def in_lake(place: Place) -> list[str]:
    """The paths in the files that the lake has now."""
    sql = "select path from mallard_lake.ducklake_data_file where end_snapshot is null"
    with psycopg.connect(place.catalog) as connection:
        names = {path.rpartition("/")[2] for (path,) in connection.execute(sql).fetchall()}
    files = [str(file) for file in place.files() if file.name in names]
    assert len(files) == len(names)
    if not files:
        return []
    rows = duckdb.sql(f"select pathname from read_parquet({files}) order by 1").fetchall()
    return [path for (path,) in rows]


def texts_in_postgresql(place: Place) -> str:
    """All that the tables of the lake and of the cluster have, as text."""
    tables = (
        "select table_schema || '.' || table_name from information_schema.tables"
        " where table_schema like 'mallard%' and table_type = 'BASE TABLE'"
    )
    with psycopg.connect(place.catalog) as connection:
        names = [name for (name,) in connection.execute(tables).fetchall()]
        rows = [connection.execute(f"select * from {name}".encode()).fetchall() for name in names]
    return repr(rows)


def delete_at_once(member: Member) -> None:
    """As if the time had passed for which files stay."""
    member.node._cleaner.stays = timedelta(0)


@in_both
def test_files_that_hold_it_are_replaced_or_go(join: Join, place: Place) -> None:
    paris, oslo = join("paris"), join("oslo")
    paris.visit("/only-this")
    paris.turn()
    paris.visit("/mixed")
    paris.visit("/stays", site=OTHER)
    paris.turn()
    oslo.visit("/untouched", site=OTHER)
    oslo.turn()
    before = place.names()
    assert erase(oslo) == 2
    oslo.turn()
    assert in_lake(place) == ["/stays", "/untouched"]
    assert in_storage(place) == ["/mixed", "/only-this", "/stays", "/stays", "/untouched"]
    delete_at_once(oslo)
    oslo.turn()
    assert in_storage(place) == ["/stays", "/untouched"]
    assert len(before & place.names()) == 2  # the mark, and what was untouched
    told = texts_in_postgresql(place)
    assert "/stays" in told
    assert "/only-this" not in told and "/mixed" not in told
    paris.turn()
    third = join("third")
    third.turn()
    for member in (paris, oslo, third):
        assert member.pages() == {}
        assert member.pages(OTHER) == {"/stays": 1, "/untouched": 1}
    paris.visit("/later")
    paris.turn()
    third.turn()
    assert third.pages() == {"/later": 1}


def killed(*_: object) -> None:
    raise NotAdded("the process was killed")


@in_both
def test_whatever_is_killed_while_files_are_replaced_nothing_is_lost_or_left(
    join: Join, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    paris, oslo = join("paris"), join("oslo")
    for number in range(3):
        paris.visit(f"/gone-{number}")
        paris.visit(f"/stays-{number}", site=OTHER)
        paris.turn()
    oslo.turn()
    erase(oslo)
    do = LakeProcess.do

    def lose_the_answer(lake: LakeProcess, order: AnyOrder) -> Answer:
        do(lake, order)
        raise NotAdded("the answer was lost")

    # It is killed before it has done anything, and after the commit.
    for fault in (killed, lose_the_answer):
        monkeypatch.setattr(LakeProcess, "do", fault)
        oslo.node.take_turn()
        assert oslo.node.state().trouble
        monkeypatch.undo()
    abandon(oslo)
    with psycopg.connect(place.catalog) as connection:
        silent = "update mallard_cluster.nodes set seen_at = now() - interval '1 hour'"
        connection.execute(f"{silent} where name = 'oslo'".encode())
    paris.turn()
    assert in_lake(place) == ["/stays-0", "/stays-1", "/stays-2"]
    delete_at_once(paris)
    # And before it has noted what is deleted.
    with monkeypatch.context() as patch:
        patch.setattr(shared_files, "forget", fail)
        paris.node.take_turn()
        assert paris.node.state().trouble == "it was killed"
    paris.turn()
    assert in_storage(place) == ["/stays-0", "/stays-1", "/stays-2"]
    third = join("third")
    third.turn()
    assert third.pages() == paris.pages() == {}
    assert third.pages(OTHER) == {f"/stays-{n}": 1 for n in range(3)}


def fail(*_: object, **__: object) -> None:
    raise OSError("it was killed")


def test_whoever_replaces_what_is_replaced_already_is_refused(
    join: Join, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    paris, oslo = join("paris"), join("oslo")
    paris.visit("/gone")
    paris.visit("/stays", site=OTHER)
    paris.turn()
    oslo.turn()
    erase(oslo)
    orders: list[Replacing] = []
    do = LakeProcess.do

    def keep(lake: LakeProcess, order: AnyOrder) -> Answer:
        if isinstance(order, Replacing):
            orders.append(order)
            raise NotAdded("it stands still")
        return do(lake, order)

    monkeypatch.setattr(LakeProcess, "do", keep)
    oslo.node.take_turn()
    monkeypatch.undo()
    oslo.turn()
    (late,) = orders
    with pytest.raises(NotAdded):
        oslo.node._lake.do(late)
    assert in_lake(place) == ["/stays"]
    delete_at_once(oslo)
    oslo.turn()
    assert in_storage(place) == ["/stays"]
    with pytest.raises(NotAdded):
        oslo.node._lake.do(late)
    assert in_lake(place) == ["/stays"]


def test_an_erasure_looks_at_no_file_that_cannot_hold_it(
    join: Join, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    paris = join("paris")
    for number in range(3):
        paris.visit(f"/{number}", site=OTHER)
        paris.turn()
    paris.visit("/gone")
    paris.turn()
    asked: list[object] = []
    do = LakeProcess.do

    def keep(lake: LakeProcess, order: AnyOrder) -> Answer:
        asked.append(order)
        return do(lake, order)

    monkeypatch.setattr(LakeProcess, "do", keep)
    erase(paris)
    paris.turn()
    paris.turn()
    assert [type(order) for order in asked] == [Replacing]
    delete_at_once(paris)
    paris.turn()
    paris.turn()
    assert [type(order) for order in asked] == [Replacing, Expiring]
    assert in_storage(place) == ["/0", "/1", "/2"]


def test_one_node_sees_to_the_files(join: Join, monkeypatch: pytest.MonkeyPatch) -> None:
    oslo, paris = join("oslo"), join("paris")
    paris.visit("/a")
    paris.turn()
    oslo.turn()
    erase(paris)
    monkeypatch.setattr(Cleaner, "_replace", killed)
    paris.turn()
    oslo.node.take_turn()
    assert "the process was killed" in (oslo.node.state().trouble or "")
