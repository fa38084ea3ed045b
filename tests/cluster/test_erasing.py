"""What one node erases is gone on every node, on one that was away meanwhile, too."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from mallard import app
from mallard.cluster import erasing
from mallard.cluster.following import Follower
from mallard.erasure import NotErased, erase_site
from mallard.ingest import flusher
from mallard.ingest.flusher import Flusher
from mallard.register.site import Site
from mallard.store.deletion import days as deletion
from tests.cluster.conftest import Member, Place, in_both
from tests.cluster.postgres import Postgres
from tests.cluster.test_what_is_away import catch_up
from tests.contents import contents

pytestmark = pytest.mark.thorough

Join = Callable[..., Member]


def erase(member: Member, first: date = date.min, last: date = date.max) -> int:
    """Erases days of the site at a node; how many events went there."""
    return member.mallard.erasure.erase("example.com", first, last).events_deleted


def abandon(member: Member) -> None:
    """As if it had been killed: nothing more of it comes to the disk."""
    member.node._disconnect()
    member.node.register.stop()
    member.node._lake.kill()
    member.node._lake.close()
    member.mallard.store.database.close()
    member.mallard.directory.close()


@in_both
def test_what_one_node_erases_is_gone_on_all_and_what_comes_later_stays(join: Join) -> None:
    paris, oslo = join("paris"), join("oslo")
    paris.visit("/in-a-file")
    paris.turn()
    oslo.turn()
    assert oslo.mallard.flusher.roll()
    oslo.visit("/hot")
    oslo.turn()
    paris.turn()
    paris.visit("/in-the-journal")
    oslo.visit("/in-the-others")
    assert erase(paris) == 3
    assert paris.pages() == {}
    paris.visit("/later")
    paris.turn()
    oslo.turn()
    assert oslo.pages() == {"/later": 1}
    oslo.visit("/later-still")
    oslo.turn()
    paris.turn()
    assert paris.pages() == oslo.pages() == {"/later": 1, "/later-still": 1}
    third = join("third")
    third.turn()
    assert third.pages() == {"/later": 1, "/later-still": 1}


def test_days_that_were_not_meant_stay(join: Join) -> None:
    paris, oslo = join("paris"), join("oslo")
    paris.visit("/today")
    paris.turn()
    oslo.turn()
    yesterday = app.utc_now().date() - timedelta(days=1)
    assert erase(paris, date.min, yesterday) == 0
    oslo.turn()
    assert paris.pages() == oslo.pages() == {"/today": 1}


def test_a_node_that_was_dead_with_events_erases_them_before_anybody_sees_them(
    join: Join, place: Place
) -> None:
    paris, oslo = join("paris"), join("oslo")
    paris.visit("/handed-over")
    paris.turn()
    oslo.turn()
    oslo.visit("/stored-but-not-handed-over")
    oslo.mallard.flusher.flush()
    oslo.visit("/only-in-the-journal")
    directory, copy = place.directory / "oslo", place.directory / "copy"
    shutil.copytree(directory, copy, ignore=shutil.ignore_patterns("*.sock"))
    abandon(oslo)
    shutil.rmtree(directory)
    copy.rename(directory)
    assert erase(paris) == 1
    oslo = join("oslo")
    assert oslo.pages() == {}
    oslo.turn()
    paris.visit("/later")
    paris.turn()
    oslo.turn()
    third = join("third")
    third.turn()
    assert paris.pages() == oslo.pages() == third.pages() == {"/later": 1}


def test_what_a_node_accepts_long_after_an_erasure_that_it_has_not_heard_of_stays(
    join: Join,
) -> None:
    ahead = timedelta(0)
    paris, oslo = join("paris"), join("oslo", clock=lambda: app.utc_now() + ahead)
    oslo.visit("/before")
    oslo.turn()
    erase(paris)
    # The others hear of it late, so that much is accepted meanwhile.
    ahead = timedelta(minutes=20)
    oslo.visit("/in-the-journal")
    oslo.mallard.flusher.flush()
    ahead = timedelta(0)
    oslo.turn()
    paris.turn()
    assert oslo.pages() == paris.pages() == {"/in-the-journal": 1}


class Killed(BaseException):
    """Where it is raised, nothing more is done."""


def test_an_erasure_that_is_cut_short_is_whole_after_the_next_start(
    join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    paris, oslo = join("paris"), join("oslo")
    steps: list[tuple[object, str]] = [
        (Flusher, "delete_what_came_before"),  # it is only noted
        (deletion, "_take_away"),  # it is on record here, too
        (flusher, "blank_out"),  # it is out of the store, and in the journal still
        (Follower, "take_again"),  # what came later was not brought back
        (erasing, "change"),  # all is done, and that is not noted
    ]
    for place, step in steps:
        for member in (paris, oslo):
            member.visit("/in-a-file")
            member.turn()
        assert paris.mallard.flusher.roll()
        paris.visit("/gone")
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(place, step, kill)
            erase(paris)
        abandon(paris)
        paris = join("paris")
        assert paris.pages() == {}
        oslo.turn()
        paris.turn()
        assert paris.pages() == oslo.pages() == {}
    text = b"/gone"
    directory = paris.mallard.directory.path
    assert [path for path, content in contents(directory) if text in content] == []


def kill(*_: object, **__: object) -> None:
    raise Killed


def test_a_site_that_is_deleted_on_one_node_is_deleted_on_all(join: Join) -> None:
    nodes = paris, oslo, away = join("paris"), join("oslo"), join("away")
    paris.mallard.sites.replace("example.com", Site(name="Shop"), None)
    oslo.mallard.sites.replace("other.example", Site(name="another"), None)
    for node in nodes:
        node.look()
        node.visit("/a")
    away.stop()
    # Days alone leave the document, all of them, too.
    erase(paris)
    oslo.turn()
    oslo.look()
    assert oslo.mallard.sites.ids() == ["example.com", "other.example"]
    entry = paris.mallard.sites.entry("example.com")
    assert entry is not None
    erase_site(paris.mallard.erasure, paris.mallard.sites, "example.com", entry.version)
    oslo.turn()
    oslo.look()
    away = join("away")
    for node in (paris, oslo, away):
        assert node.mallard.sites.ids() == ["other.example"]
        assert node.pages() == {}
    # It may be there again.
    oslo.mallard.sites.replace("example.com", Site(name="again"), None)
    oslo.turn()
    assert oslo.mallard.sites.name_of("example.com") == "again"


def test_without_postgresql_nothing_is_erased_and_that_is_said(
    join: Join, postgres: Postgres
) -> None:
    paris = join("paris")
    paris.visit("/a")
    paris.turn()
    postgres.stop("immediate")
    try:
        with pytest.raises(NotErased, match="nothing was erased; PostgreSQL cannot be reached"):
            erase(paris)
    finally:
        postgres.start()
    catch_up(paris)
    assert paris.pages() == {"/a": 1}


def test_an_erasure_that_is_noted_and_fails_here_is_done_later(
    join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    paris, oslo = join("paris"), join("oslo")
    paris.visit("/a")
    paris.turn()
    oslo.turn()

    def fail(*_: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr(Flusher, "delete_what_came_before", fail)
    with pytest.raises(NotErased, match="is noted for all nodes"):
        erase(paris)
    paris.node.take_turn()
    assert "does it as soon as it can" in (paris.node.state().trouble or "")
    monkeypatch.undo()
    paris.turn()
    oslo.turn()
    assert paris.pages() == oslo.pages() == {}


def test_an_erasure_that_postgresql_forgets_is_told_again(
    join: Join, place: Place, postgres: Postgres
) -> None:
    paris, oslo = join("paris"), join("oslo")
    oslo.visit("/a")
    oslo.turn()
    paris.turn()
    postgres.keep(place.catalog)
    erase(paris)
    postgres.set_back(place.catalog)
    catch_up(paris)
    catch_up(oslo)
    assert paris.pages() == oslo.pages() == {}
    third = join("third")
    third.turn()
    assert third.pages() == {}
