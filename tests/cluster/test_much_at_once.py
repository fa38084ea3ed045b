"""However much has piled up while a node could not hand it over, all of it is handed over later."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mallard.cluster.lake_process import LakeProcess, NotAdded
from mallard.cluster.orders import Order
from mallard.cluster.publishing import MOST_SEGMENTS
from tests.cluster.conftest import Member, Place

pytestmark = pytest.mark.thorough

Join = Callable[..., Member]


def test_more_segments_than_a_file_may_have_are_handed_over(join: Join, place: Place) -> None:
    paris = join("paris")
    paris.visit("/often")
    paris.mallard.flusher.flush()
    ((_, segment),) = paris.mallard.journal.stored_segments()
    event = segment.read_bytes()
    paris.stop()
    for number in range(MOST_SEGMENTS):
        segment.with_name(f"later-{number:09}.jsonl").write_bytes(event)
    paris, oslo = join("paris"), join("oslo")
    assert paris.health()["cluster"]["batches_waiting"] == 1 + MOST_SEGMENTS
    paris.turn()
    oslo.turn()
    assert paris.health()["cluster"]["batches_waiting"] == 0
    assert paris.pages() == oslo.pages() == {"/often": 1 + MOST_SEGMENTS}
    assert len(list(place.storage.glob("*.parquet"))) == 2


def test_what_cannot_be_handed_over_together_is_in_parts(
    join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    paris, oslo = join("paris"), join("oslo")
    for path in ("/a", "/b", "/c", "/d"):
        paris.visit(path)
        paris.mallard.flusher.flush()
    add = LakeProcess.add

    def refuse_several(lake: LakeProcess, order: Order) -> int:
        if len(order.segments) > 1:
            raise NotAdded("that is too much")
        return add(lake, order)

    monkeypatch.setattr(LakeProcess, "add", refuse_several)
    turns = 0
    while paris.health()["cluster"]["batches_waiting"]:
        paris.node.take_turn()
        turns += 1
        assert turns < 20
    oslo.turn()
    assert oslo.pages() == {"/a": 1, "/b": 1, "/c": 1, "/d": 1}
