"""Without PostgreSQL or the storage nodes collect and report; afterwards nothing is missing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mallard.cluster.catalog import Catalog
from mallard.cluster.lake_process import LakeProcess, NotAdded
from mallard.cluster.orders import Order
from tests.cluster.conftest import Member, Place, in_both
from tests.cluster.postgres import Postgres

pytestmark = pytest.mark.thorough

Join = Callable[..., Member]


def assert_nothing_is_lost(
    paris: Member, oslo: Member, go: Callable[[], object], come: Callable[[], object]
) -> None:
    """Two nodes lose nothing while their storage goes, and comes again."""
    paris.visit("/before")
    paris.turn()
    oslo.turn()
    paris.visit("/next")
    paris.turn()
    go()
    paris.visit("/meanwhile")
    oslo.visit("/at-the-other")
    paris.node.take_turn()
    oslo.node.take_turn()
    assert paris.health()["status"] == oslo.health()["status"] == "degraded"
    assert "cannot be added" in paris.health()["cluster"]["trouble"]
    assert paris.health()["cluster"]["batches_waiting"] == 1
    assert "cannot be taken in" in oslo.health()["cluster"]["trouble"]
    assert paris.pages() == {"/before": 1, "/next": 1, "/meanwhile": 1}
    assert oslo.pages() == {"/before": 1, "/at-the-other": 1}
    come()
    for member in (paris, oslo, paris):
        member.turn()
    whole = {"/before": 1, "/next": 1, "/meanwhile": 1, "/at-the-other": 1}
    assert paris.pages() == oslo.pages() == whole
    assert paris.health()["status"] == oslo.health()["status"] == "ok"


def test_a_storage_that_is_away_loses_nothing(join: Join, place: Place) -> None:
    elsewhere = place.storage.with_name("elsewhere")
    assert_nothing_is_lost(
        join("paris"),
        join("oslo"),
        lambda: place.storage.rename(elsewhere),
        lambda: elsewhere.rename(place.storage),
    )


def test_a_postgresql_that_is_killed_loses_nothing(join: Join, postgres: Postgres) -> None:
    paris, oslo = join("paris"), join("oslo")
    paris.visit("/before")
    paris.turn()
    postgres.stop("immediate")
    paris.visit("/meanwhile")
    paris.node.take_turn()
    assert "PostgreSQL cannot be reached" in paris.health()["cluster"]["trouble"]
    assert paris.pages() == {"/before": 1, "/meanwhile": 1}
    postgres.start()
    catch_up(paris)
    oslo.turn()
    assert paris.pages() == oslo.pages() == {"/before": 1, "/meanwhile": 1}


def test_what_a_postgresql_forgets_is_handed_over_again(
    join: Join, place: Place, postgres: Postgres
) -> None:
    paris, oslo = join("paris"), join("oslo")
    paris.visit("/a")
    paris.turn()
    postgres.keep(place.catalog)
    paris.visit("/b")
    catch_up(paris)
    catch_up(oslo)
    assert oslo.pages() == {"/a": 1, "/b": 1}
    postgres.set_back(place.catalog)
    oslo.visit("/c")
    catch_up(oslo)
    catch_up(paris)
    catch_up(oslo)
    third = join("third")
    third.turn()
    assert paris.pages() == oslo.pages() == third.pages() == {"/a": 1, "/b": 1, "/c": 1}


@in_both
def test_a_file_whose_answer_was_lost_is_not_added_again(
    join: Join, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    paris, oslo = join("paris"), join("oslo")
    add = LakeProcess.add

    def lose_the_answer(lake: LakeProcess, order: Order) -> int:
        add(lake, order)
        raise NotAdded("the answer was lost")

    monkeypatch.setattr(LakeProcess, "add", lose_the_answer)
    paris.visit("/once")
    paris.node.take_turn()
    assert paris.health()["cluster"]["trouble"] == "the answer was lost"
    monkeypatch.undo()
    paris.turn()
    oslo.turn()
    assert paris.pages() == oslo.pages() == {"/once": 1}
    assert len(place.files()) == 1


@in_both
def test_a_file_whose_batch_another_has_brought_is_refused_and_goes(
    join: Join, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    paris = join("paris")
    paris.visit("/once")
    paris.turn()
    # As if it had looked before the other one's commit.
    paris.node._publisher.doubt()
    assert paris.node._catalog is not None
    with monkeypatch.context() as blind:
        blind.setattr(paris.node._catalog, "noted", lambda _: {})
        look = paris.node._publisher._look_what_became_of

        def look_again(catalog: Catalog, file: str, batches: list[str]) -> None:
            """After a refusal the record answers again."""
            blind.undo()
            look(catalog, file, batches)

        blind.setattr(paris.node._publisher, "_look_what_became_of", look_again)
        paris.node.take_turn()
    assert "cannot be added" in paris.health()["cluster"]["trouble"]
    assert len(place.files()) == 1
    paris.turn()
    oslo = join("oslo")
    oslo.turn()
    assert oslo.pages() == {"/once": 1}


def catch_up(member: Member) -> None:
    """Takes turns until one goes well: each connection that was lost costs one that does not."""
    for _ in range(5):
        member.node.take_turn()
        if member.node.state().trouble is None:
            return
    raise AssertionError(member.node.state().trouble)
