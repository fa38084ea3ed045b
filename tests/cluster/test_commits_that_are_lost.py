"""Whether a COMMIT or its answer is lost on the way, every event is there once, or erased."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from mallard.erasure import NotErased
from tests.cluster.conftest import Member, Place
from tests.cluster.losing import Losing, What
from tests.cluster.postgres import Postgres
from tests.cluster.test_erasing import erase
from tests.cluster.test_shared_files import in_lake
from tests.cluster.test_what_is_away import catch_up

pytestmark = pytest.mark.thorough

Join = Callable[..., Member]
EACH = pytest.mark.parametrize("what", ["commit", "answer"])


@pytest.fixture
def way(postgres: Postgres) -> Iterator[Losing]:
    losing = Losing(postgres.port)
    yield losing
    losing.close()


@pytest.fixture
def bergen(join: Join, place: Place, way: Losing, postgres: Postgres) -> Member:
    """A node whose way to PostgreSQL loses what it is told to. It sees to the shared files."""
    there = place.catalog.replace(f":{postgres.port}/", f":{way.port}/")
    return join("bergen", catalog=there)


@EACH
def test_what_is_handed_over_is_there_once(
    what: What, bergen: Member, join: Join, place: Place, way: Losing
) -> None:
    oslo = join("oslo")
    for number in range(3):
        bergen.visit(f"/{number}")
        way.lose(what)
        bergen.node.take_turn()
        assert way.lost == number + 1
        assert bergen.node.state().trouble is not None
        catch_up(bergen)
        oslo.turn()
    expected = {f"/{number}": 1 for number in range(3)}
    assert bergen.pages() == oslo.pages() == expected
    assert sorted(in_lake(place)) == sorted(expected)
    third = join("third")
    third.turn()
    assert third.pages() == expected


@EACH
def test_what_is_erased_is_gone_everywhere_once_it_is_said_to_be(
    what: What, bergen: Member, join: Join, place: Place, way: Losing
) -> None:
    oslo = join("oslo")
    bergen.visit("/gone")
    bergen.visit("/stays", site="other.example")
    bergen.turn()
    oslo.turn()
    way.lose(what)
    with pytest.raises(NotErased, match="erase again, it may not be noted"):
        erase(bergen)
    assert way.lost == 1
    erase(bergen)
    # And that of the file which takes the place of the one that has the events.
    way.lose(what)
    bergen.node.take_turn()
    assert way.lost == 2
    assert "cannot be added" in (bergen.node.state().trouble or "")
    for _ in range(2):
        catch_up(bergen)
        oslo.turn()
    for node in (bergen, oslo):
        assert node.pages() == {}
        assert node.pages("other.example") == {"/stays": 1}
    assert in_lake(place) == ["/stays"]
