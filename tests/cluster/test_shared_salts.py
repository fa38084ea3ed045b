"""One salt for a period on all nodes: made once, never in the record, destroyed everywhere."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest

from mallard.app import utc_now
from mallard.assembly.clustering import applicant_of
from mallard.cluster import shared_salts
from mallard.cluster.catalog import Catalog
from mallard.cluster.sealing import Sealing, new_key, public_of
from mallard.cluster.shared_salts import SharedSalts
from mallard.ingest.salts import SURE_AFTER_SECS, Salts, period_of
from tests.cluster.conftest import SECRET, Member, Place
from tests.cluster.postgres import Postgres
from tests.conftest import Clock
from tests.killing import killed_before_each_step

pytestmark = pytest.mark.thorough

Join = Callable[..., Member]


class Keeper:
    """What of a node has to do with salts, in a directory of its own."""

    def __init__(self, place: Place, node: str, clock: Clock) -> None:
        self.node = node
        self.clock = clock
        self.directory = place.directory / node / "salts"
        self.directory.parent.mkdir(parents=True, exist_ok=True)
        self.passed = 0.0
        self.forgot = 0
        self.salts = Salts(self.directory, "daily", 2, clock, lambda: self.passed)
        settings = place.settings(node)
        applicant = applicant_of(settings, settings.data_dir, clock)
        assert applicant is not None
        self.shared = SharedSalts(applicant, self.salts, self._forget)
        self.place = place

    def _forget(self) -> None:
        self.forgot += 1

    def join(self) -> Keeper:
        """Is known as a node."""
        with closing(Catalog(self.place.catalog)) as catalog:
            assert catalog.admit(self.node, "00000000-0000-0000-0000-000000000001")
        return self

    def look(self) -> None:
        self.shared.look_by_itself()

    def of(self, day: date) -> bytes | None:
        return self.salts.kept(period_of(day, "daily"))

    def again(self) -> Keeper:
        """The same node after a start."""
        return Keeper(self.place, self.node, self.clock)

    def destroy(self) -> list[str]:
        """What is left when what is over was destroyed."""
        self.salts.look()
        self.passed += SURE_AFTER_SECS
        self.salts.look()
        return sorted(path.name for path in self.directory.glob("*.daily"))


@pytest.fixture
def clock() -> Clock:
    return Clock(utc_now().replace(hour=12))


@pytest.fixture
def keep(place: Place, clock: Clock) -> Callable[[str], Keeper]:
    return lambda node: Keeper(place, node, clock).join()


@pytest.fixture
def record(place: Place) -> Iterator[psycopg.Connection]:
    with psycopg.connect(place.catalog, autocommit=True) as connection:
        yield connection


def share(*keepers: Keeper) -> None:
    """Each looks until nothing is asked for any more."""
    for _ in range(3):
        for keeper in keepers:
            keeper.look()
    for keeper in keepers:
        assert keeper.shared.trouble() is None


def all_of(record: psycopg.Connection) -> list[tuple[object, ...]]:
    """All that the record has of salts."""
    tables = ("salts", "salt_copies")
    return [
        row
        for table in tables
        for row in record.execute(f"select * from mallard_cluster.{table}".encode())
    ]


def test_one_visitor_who_goes_from_node_to_node_is_one(join: Join) -> None:
    nodes = [join("paris"), join("oslo"), join("rome")]
    for turn in range(2):
        for number, node in enumerate(nodes):
            node.visit(f"/{3 * turn + number}", address="203.0.113.1")
    nodes[2].visit("/0", address="203.0.113.2")
    for node in (*nodes, *nodes):
        node.turn()
    steps = "&".join(f"step=page:/{number}" for number in range(6))
    asked = "site_id=example.com&period=7d"
    for node in nodes:
        figures = node.get(f"/api/stats/main?{asked}")
        assert figures["unique_visitors"] == figures["sessions"] == 2
        assert [row["visitors"] for row in node.get(f"/api/stats/funnel?{asked}&{steps}")] == [
            2, 1, 1, 1, 1, 1,
        ]  # fmt: skip


def test_nodes_that_begin_at_once_have_one_winner(keep: Callable[[str], Keeper]) -> None:
    keepers = [keep(f"node-{number}") for number in range(4)]
    threads = [threading.Thread(target=keeper.look) for keeper in keepers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    share(*keepers)
    today = keepers[0].clock().date()
    for day in (today, today + timedelta(days=1)):
        assert len({keeper.of(day) for keeper in keepers}) == 1
        assert keepers[0].of(day) is not None


def test_the_record_holds_nothing_that_opens_a_salt(
    keep: Callable[[str], Keeper], record: psycopg.Connection
) -> None:
    paris, oslo = keep("paris"), keep("oslo")
    today = paris.clock().date()
    paris.look()
    oslo.look()
    paris.look()
    sealed = [row for row in all_of(record) if row[-1] is not None and len(row) > 2]
    assert len(sealed) == 2, "that of today, and that of tomorrow"
    salt = paris.of(today)
    assert salt is not None
    assert salt not in b"".join(bytes(one) for row in sealed for one in row if type(one) is bytes)
    # Nobody but that very process opens it: neither with the secret nor the same node later.
    of = f"{sealed[0][0]} oslo"
    copy = sealed[0][-1]
    assert isinstance(copy, bytes)
    assert Sealing(SECRET).open(of, new_key(), copy) is None
    again = oslo.again()
    share(again, paris)
    assert again.of(today) == salt
    assert not [row for row in all_of(record) if len(row) > 2 and row[3:] != (None, None, None)]


def test_whoever_does_not_have_the_secret_is_not_answered(
    keep: Callable[[str], Keeper], record: psycopg.Connection
) -> None:
    paris = keep("paris")
    paris.look()
    public, of = public_of(new_key()), f"{paris.clock().date()}.daily"
    proof = Sealing("another secret").proof(f"{of} thief", public)
    ask = "insert into mallard_cluster.salt_copies values (%s, 'thief', false, %s, %s)"
    record.execute(ask, (of, public, proof))
    paris.look()
    asked = "select sealed from mallard_cluster.salt_copies where node = 'thief'"
    assert record.execute(asked).fetchall() == [(None,)]


def cut_off(
    keep: Callable[[str], Keeper], postgres: Postgres, days: int
) -> tuple[Keeper, Keeper, date]:
    """Two that have shared their salts, and then are without PostgreSQL, and the day it is."""
    paris, oslo = keep("paris"), keep("oslo")
    share(paris, oslo)
    postgres.stop()
    paris.clock.move(days=days)
    return paris, oslo, paris.clock().date()


def test_a_new_day_begins_without_postgresql_with_the_salt_of_all(
    keep: Callable[[str], Keeper], postgres: Postgres
) -> None:
    paris, oslo, today = cut_off(keep, postgres, days=1)
    paris.look()
    assert "PostgreSQL cannot be reached" in (paris.shared.trouble() or "")
    assert paris.salts.of(today) == oslo.salts.of(today)
    postgres.start()
    share(paris, oslo)


def test_who_had_no_salt_in_time_has_one_of_its_own_and_says_so(
    keep: Callable[[str], Keeper], postgres: Postgres
) -> None:
    paris, oslo, today = cut_off(keep, postgres, days=2)
    assert paris.salts.of(today) != oslo.salts.of(today)
    assert f"a salt of its own for {today}.daily" in (paris.shared.trouble() or "")
    postgres.start()
    paris.look()
    assert paris.shared.trouble() is None, "its own is that of all by now"
    for _ in range(3):
        oslo.look()
        paris.look()
    assert f"a salt of its own for {today}.daily" in (oslo.shared.trouble() or "")
    again = oslo.again()
    again.look()
    assert again.shared.trouble() == oslo.shared.trouble()
    assert oslo.of(today + timedelta(days=1)) == paris.of(today + timedelta(days=1))
    paris.clock.move(days=1)
    share(paris, oslo)


def test_a_salt_that_was_made_too_early_gives_way_to_that_of_all(
    keep: Callable[[str], Keeper],
) -> None:
    paris, oslo = keep("paris"), keep("oslo")
    tomorrow = paris.clock().date() + timedelta(days=1)
    own = oslo.salts.of(tomorrow)
    paris.look()
    assert oslo.of(tomorrow) == own
    share(oslo, paris)
    assert paris.of(tomorrow) == oslo.of(tomorrow) != own
    assert oslo.forgot == 1


def test_what_is_over_is_destroyed_everywhere(
    keep: Callable[[str], Keeper], record: psycopg.Connection
) -> None:
    paris, away = keep("paris"), keep("away")
    share(paris, away)
    first = f"{paris.clock().date()}.daily"
    paris.clock.move(days=3)
    share(paris)
    assert first not in paris.destroy()
    assert first not in {row[0] for row in all_of(record)}
    assert first in {path.name for path in away.directory.iterdir()}
    share(paris, away)
    assert first not in away.destroy()
    assert first not in {row[0] for row in all_of(record)}
    assert paris.destroy() == away.destroy() != []


def test_a_salt_that_only_a_lost_node_had_is_made_anew(
    keep: Callable[[str], Keeper], place: Place
) -> None:
    keep("lost").look()
    paris, today = keep("paris"), utc_now().date()
    paris.look()
    paris.look()
    assert paris.of(today) is None, "the lost one may come back"
    with closing(Catalog(place.catalog)) as catalog:
        catalog.dismiss("lost")
    oslo = keep("oslo")
    share(paris, oslo)
    assert paris.of(today) == oslo.of(today) is not None


def test_a_node_that_is_killed_while_it_shares_is_as_the_others_afterwards(
    keep: Callable[[str], Keeper], record: psycopg.Connection
) -> None:
    paris, oslo = keep("paris"), keep("oslo")
    oslo.look()
    today = paris.clock().date()

    def take() -> None:
        again = paris.again()
        again.look()
        oslo.again().look()
        again.look()
        assert again.of(today) is not None

    for _ in killed_before_each_step(take):
        again = paris.again()
        share(again, oslo)
        assert again.of(today) == oslo.of(today)
        for path in paris.directory.iterdir():
            path.unlink()
        record.execute("delete from mallard_cluster.salt_copies where node = 'paris'")


def test_a_start_does_not_wait_for_ever_for_who_has_the_salt(
    join: Join, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    Keeper(place, "silent", Clock(utc_now())).join().look()
    monkeypatch.setattr(shared_salts, "PATIENCE_SECS", 0.0)
    paris = join("paris")
    assert paris.node.state().trouble is None
    paris.visit("/a")
    assert "a salt of its own for" in paris.health()["cluster"]["trouble"]
    assert paris.health()["status"] == "degraded"
    assert paris.pages() == {"/a": 1}


def test_no_backup_of_a_node_has_one(join: Join, place: Place) -> None:
    paris = join("paris")
    paris.visit("/a")
    archive = b"".join(paris.mallard.transfer.backup())
    kept = list(Path(place.directory / "paris" / "salts").glob("*.daily"))
    assert len(kept) == 2
    assert not [path for path in kept if path.read_bytes()[:64] in archive]
