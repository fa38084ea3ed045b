"""What a server alone has collected comes into a cluster, and goes back; no report changes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace
from werkzeug.test import Client

from mallard import app
from mallard.cli import main
from mallard.cluster import adopting
from mallard.cluster.joining import NotAdmitted
from mallard.cluster.lake_process import LakeProcess
from mallard.cluster.orders import Adopting, Answer, AnyOrder
from mallard.model import MallardError
from mallard.reports.breakdown import DIMENSIONS
from mallard.store.taking import take
from mallard.wsgi import application
from tests.cluster.conftest import FROM, Member, Place
from tests.cluster.test_buckets import in_a_bucket
from tests.cluster.test_joining import logs
from tests.cluster.test_shared_files import in_lake
from tests.conftest import CHROME, Clock
from tests.waiting import PATIENCE_SECS

pytestmark = [pytest.mark.thorough, pytest.mark.usefixtures(logs.__name__)]

Join = Callable[..., Member]
OTHER = "other.org"
SITES = ("example.com", OTHER)
REPORTS = ("main", "timeseries", "sessions", "heatmap", "retention", "journeys")


def ask(client: Client) -> dict[str, Any]:
    """Most reports of one site, and the figures of the other."""
    kinds = [*REPORTS, *(f"breakdown/{kind}" for kind in DIMENSIONS)]
    asked = [(kind, SITES[0]) for kind in kinds] + [("main", SITES[1]), ("timeseries", SITES[1])]
    paths = [f"/api/stats/{kind}?site_id={site}&period=7d" for kind, site in asked]
    return {path: client.get(path).json for path in paths}


@contextmanager
def alone(place: Place, directory: Path, clock: Callable[[], Any] = app.utc_now) -> Iterator[Any]:
    """A server alone on a directory, which it leaves in order."""
    settings = replace(place.settings("paris"), cluster=None, data_dir=directory)
    mallard = app.build(settings, clock)
    try:
        yield mallard
    finally:
        assert mallard.stop(PATIENCE_SECS)


@pytest.fixture
def collected(place: Place) -> dict[str, Any]:
    """What a server reports that was alone for three days, of files and what is hot."""
    clock = Clock((app.utc_now() - timedelta(days=3)).replace(hour=0, minute=0))
    with alone(place, place.directory / "paris", clock) as mallard:
        client = Client(application(mallard))
        for number in range(24):
            send(client, SITES[number % 2], f"/{number % 5}", f"203.0.113.{number % 3}")
            clock.move(seconds=21_600 if number % 2 else 60)
            if number % 6 == 3:
                assert mallard.flusher.roll()
    with alone(place, place.directory / "paris") as mallard:
        reports = ask(Client(application(mallard)))
    totals = [reports[f"/api/stats/main?site_id={site}&period=7d"] for site in SITES]
    assert sum(one["total_pageviews"] for one in totals) == 24
    return reports


def erase(member: Member, site: str) -> None:
    """Erases all days of a site on all nodes."""
    assert member.mallard.erasure.erase(site, date.min, date.max).events_deleted


def send(client: Client, site: str, path: str, address: str) -> None:
    event = {"d": site, "n": "pageview", "u": f"https://{site}{path}"}
    headers = {"User-Agent": CHROME, "X-Forwarded-For": address}
    answer = client.post("/api/event", json=event, headers=headers, environ_base=FROM)
    assert answer.status_code == 202


def run(place: Place, command: str, *arguments: str, node: str = "paris") -> Result:
    """A command of `mallard cluster`, on a node."""
    settings = place.settings(node)
    assert settings.cluster is not None
    environment = {
        "MALLARD_DATA_DIR": str(settings.data_dir),
        "MALLARD_SECRET": settings.secret,
        "MALLARD_CLUSTER_CATALOG": settings.cluster.catalog,
        "MALLARD_CLUSTER_STORAGE": settings.cluster.storage,
        "MALLARD_CLUSTER_NODE": node,
    }
    return CliRunner().invoke(main, ["cluster", command, *arguments], env=environment)


@in_a_bucket
def test_a_directory_is_taken_over_and_given_back(
    join: Join, place: Place, collected: dict[str, Any], tmp_path: Path
) -> None:
    before = join("before")
    before.visit("/of-the-cluster", site="third.net")
    before.turn()
    with pytest.raises(NotAdmitted, match="`mallard cluster adopt` takes them over"):
        join("paris")
    done = run(place, "adopt")
    assert (done.exit_code, done.output) == (
        0,
        "24 events of 2 sites, on 6 days of these, are in the cluster; start the node.\n",
    )
    assert "has been taken over" in run(place, "adopt").output
    paris, oslo = join("paris"), join("oslo")
    for member in (paris, oslo, before):
        member.turn()
        assert ask(member.client) == collected
        assert member.pages("third.net") == {"/of-the-cluster": 1}
    paris.visit("/later")
    paris.turn()
    # The first by its name sees to the shared files, and erases what it was told of.
    erase(before, OTHER)
    before.turn()
    assert len(in_lake(place)) == 12 + 1 + 1
    erase(before, "third.net")
    oslo.turn()
    assert oslo.pages()["/later"] == 1
    reports = ask(oslo.client)
    named = oslo.client.put(f"/api/sites/{SITES[0]}", json={"name": "Shop"})
    assert named.status_code == 200
    oslo.mallard.access.keys.create("CI", "ReadOnly")
    for member in (paris, oslo, before):
        member.stop()
    # Whatever was on their disks.
    shutil.rmtree(place.directory)
    given = tmp_path / "given"
    done = run(place, "export", str(given))
    assert done.exit_code == 0, done.output
    assert done.output.startswith("13 events of 1 sites")
    with alone(place, given) as mallard:
        client = Client(application(mallard))
        assert ask(client) == reports
        assert client.get(f"/api/sites/{SITES[0]}").json == named.json
        assert [key.name for key in mallard.access.keys.all()] == ["CI"]
    again = run(place, "export", str(given))
    assert (again.exit_code, "is there already" in again.output) == (1, True)


class Killed(BaseException):
    """Where it is raised, nothing more is done."""


def test_whatever_ends_it_each_event_is_taken_over_once(
    join: Join, place: Place, collected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adopting, "MOST_FILES", 3)
    do = LakeProcess.do
    orders = 0

    def die(lake: LakeProcess, order: AnyOrder) -> Answer:
        """At the first order before it is done, at each third one after that."""
        nonlocal orders
        orders += 1
        if orders == 1:
            raise Killed
        answer = do(lake, order)
        if orders % 3 == 0:
            raise Killed
        return answer

    runs = 0
    with monkeypatch.context() as patch:
        patch.setattr(LakeProcess, "do", die)
        while True:
            runs += 1
            try:
                done = run(place, "adopt")
                break
            except Killed:
                with pytest.raises(MallardError, match="not all of it is taken over"):
                    join("paris")
                with (
                    pytest.raises(MallardError, match="is that of a node"),
                    alone(place, place.directory / "paris"),
                ):
                    pass
    assert runs >= 3
    assert done.exit_code == 0, done.output
    paris, oslo = join("paris"), join("oslo")
    paris.turn()
    oslo.turn()
    assert ask(paris.client) == ask(oslo.client) == collected


def test_an_export_that_was_cut_short_goes_on(
    place: Place, collected: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adopting, "MOST_FILES", 3)
    assert run(place, "adopt").exit_code == 0
    given, taken = tmp_path / "given", 0

    def die(*arguments: Any) -> int:
        nonlocal taken
        taken += 1
        if taken == 3:
            raise Killed
        return take(*arguments)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr("mallard.cluster.giving_back.take", die)
        run(place, "export", str(given))
    assert not given.exists()
    assert run(place, "export", str(given)).exit_code == 0
    with alone(place, given) as mallard:
        assert ask(Client(application(mallard))) == collected


def test_a_day_whose_count_is_another_one_does_not_get_in(
    place: Place, collected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    do = LakeProcess.do

    def wrong(lake: LakeProcess, order: AnyOrder) -> Answer:
        assert isinstance(order, Adopting)
        first = order.parts[0]
        return do(lake, replace(order, parts=(replace(first, events=99), *order.parts[1:])))

    with monkeypatch.context() as patch:
        patch.setattr(LakeProcess, "do", wrong)
        assert run(place, "adopt").exit_code == 1
    assert "0 batches in 0 files" in run(place, "status").output


def test_the_directory_of_a_node_that_has_left_is_not_taken_over_again(
    join: Join, place: Place
) -> None:
    paris = join("paris")
    paris.visit("/a")
    paris.turn()
    paris.stop()
    assert run(place, "leave").exit_code == 0
    refused = run(place, "adopt")
    assert refused.exit_code == 1
    assert "the cluster has events of" in refused.output
    assert refused.output.count("\n") == 1


def test_a_new_cluster_takes_over_from_one_whose_nodes_it_cannot_have(
    join: Join, place: Place, empty_place: Place, collected: dict[str, Any], tmp_path: Path
) -> None:
    assert run(place, "adopt").exit_code == 0
    paris, oslo = join("paris"), join("oslo")
    oslo.visit("/of-oslo", site="third.net")
    for member in (oslo, paris):
        member.turn()
        member.stop()
    assert run(place, "leave").exit_code == 0
    place.catalog, place.storage = empty_place.catalog, tmp_path / "another"
    begun = run(place, "init")
    assert begun.exit_code == 0, begun.output
    done = run(place, "adopt")
    assert (done.exit_code, done.output.partition(",")[0]) == (0, "25 events of 3 sites")
    for member in (join("paris"), join("fourth")):
        member.turn()
        assert ask(member.client) == collected
        assert member.pages("third.net") == {"/of-oslo": 1}
