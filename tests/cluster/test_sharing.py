"""What one node has collected is in every node's reports, once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime

import pytest

from tests.cluster.conftest import Member, Place, in_both

pytestmark = pytest.mark.thorough

Join = Callable[..., Member]


@in_both
def test_what_one_node_collects_the_other_reports(join: Join) -> None:
    paris, oslo = join("paris"), join("oslo")
    paris.visit("/a", address="203.0.113.1")
    oslo.visit("/b", address="203.0.113.2")
    oslo.visit("/b", address="203.0.113.1")
    paris.turn()
    oslo.turn()
    paris.turn()
    assert paris.pages() == oslo.pages() == {"/a": 1, "/b": 2}
    # Who comes to both nodes is one visitor.
    assert paris.visitors() == oslo.visitors() == 2


def test_a_node_sees_its_own_events_at_once(join: Join) -> None:
    paris = join("paris")
    paris.visit("/now")
    assert paris.pages() == {"/now": 1}
    paris.turn()
    assert paris.pages() == {"/now": 1}


def test_metrics_tell_how_far_a_node_is_behind(join: Join) -> None:
    paris = join("paris")

    def told() -> dict[str, str]:
        lines = paris.client.get("/metrics").text.splitlines()
        of_it = [line for line in lines if line.startswith("mallard_cluster")]
        return dict(line.removeprefix("mallard_cluster_").split(" ") for line in of_it)

    paris.visit("/a")
    paris.mallard.flusher.flush()
    waiting = 'batches_waiting{node="paris"}'
    assert told() == {waiting: "1.0", 'erasures_waiting{node="paris"}': "0.0"}
    paris.turn()
    assert told()[waiting] == "0.0"
    whole_at = datetime.fromisoformat(paris.health()["cluster"]["whole_at"])
    assert float(told()['whole_timestamp_seconds{node="paris"}']) == whole_at.timestamp()


def test_what_a_lost_database_held_comes_again_and_all_else_only_once(
    join: Join, place: Place
) -> None:
    paris, oslo = join("paris"), join("oslo")
    paris.visit("/in-a-file")
    paris.turn()
    oslo.turn()
    assert oslo.mallard.flusher.roll()
    paris.visit("/hot")
    paris.turn()
    oslo.turn()
    directory, copy = place.directory / "oslo", place.directory / "copy"
    shutil.copytree(directory, copy, ignore=shutil.ignore_patterns("mallard.duckdb*", "*.sock"))
    oslo.stop()
    shutil.rmtree(directory)
    copy.rename(directory)
    again = join("oslo")
    assert again.pages() == {"/in-a-file": 1}
    again.turn()
    assert again.pages() == {"/in-a-file": 1, "/hot": 1}


def test_a_node_that_comes_later_gets_everything(join: Join) -> None:
    paris = join("paris")
    for number in range(3):
        paris.visit(f"/{number}")
        paris.turn()
    late = join("late")
    late.turn()
    assert late.pages() == {"/0": 1, "/1": 1, "/2": 1}
    late.stop()
    again = join("late")
    again.turn()
    assert again.pages() == {"/0": 1, "/1": 1, "/2": 1}


def test_one_batch_that_two_nodes_have_in_their_journals_counts_once(
    join: Join, place: Place
) -> None:
    paris, oslo = join("paris"), join("oslo")
    paris.visit("/once")
    paris.stop()
    oslo.stop()
    journal = place.directory / "paris" / "journal"
    segments = list(journal.iterdir())
    assert segments
    for segment in segments:
        shutil.copy(segment, place.directory / "oslo" / "journal")
    paris, oslo = join("paris"), join("oslo")
    paris.turn()
    oslo.turn()
    paris.turn()
    assert paris.pages() == oslo.pages() == {"/once": 1}
    third = join("third")
    third.turn()
    assert third.pages() == {"/once": 1}
