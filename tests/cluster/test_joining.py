"""Who does not fit in is refused in one line that names the setting and what to do."""

from __future__ import annotations

import logging
import shutil
import tarfile
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import psycopg
import pytest
import structlog
from click.testing import CliRunner, Result
from msgspec.structs import replace

from mallard import app
from mallard.assembly.clustering import applicant_of
from mallard.cli import main
from mallard.cluster import shared_salts
from mallard.cluster.catalog import Catalog
from mallard.cluster.joining import NotAdmitted, admit
from mallard.cluster.lake_process import LakeProcess, NotAdded
from mallard.cluster.orders import Beginning
from mallard.config import Portal
from mallard.model import MallardError
from tests.cluster.conftest import Member, Place
from tests.cluster.postgres import Postgres

pytestmark = pytest.mark.thorough

Join = Callable[..., Member]


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    """Commands arrange how this process logs: afterwards it does as before."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers, root.level = handlers, level
    logging.captureWarnings(False)
    structlog.reset_defaults()


def refusal(place: Place, has_events: bool = False, ahead_secs: int = 0, **changes: Any) -> str:
    """What a server is told that wants to be a node."""
    settings = place.settings("paris", **changes)

    def clock():
        return app.utc_now() + timedelta(seconds=ahead_secs)

    applicant = applicant_of(settings, settings.data_dir, clock)
    assert applicant is not None
    catalog = Catalog(place.catalog)
    try:
        with pytest.raises(NotAdmitted) as refused:
            admit(applicant, catalog, has_events)
    finally:
        catalog.close()
    text = str(refused.value)
    assert "\n" not in text
    return text


def test_whoever_does_not_fit_in_is_told_what_to_change(place: Place, tmp_path: Path) -> None:
    assert refusal(place, secret="another secret, and long enough").startswith("secret: ")
    assert refusal(place, visitor_id_rotation="weekly").startswith("visitor_id_rotation: ")
    assert refusal(place, visitor_salts="derived").startswith("visitor_salts: ")
    assert refusal(place, visitor_salt_grace_days=3).startswith("visitor_salt_grace_days: ")
    assert refusal(place, portal=Portal()).startswith("portal: ")
    assert refusal(place, ahead_secs=60).startswith("clock: this server's is 60 s away")
    assert refusal(place, ahead_secs=-60).startswith("clock: ")
    assert refusal(place, has_events=True).startswith("data_dir: ")
    elsewhere = str(tmp_path / "elsewhere")
    assert refusal(place, storage=elsewhere).startswith("cluster.storage: this node has another")


def test_another_version_is_refused(place: Place) -> None:
    with psycopg.connect(place.catalog, autocommit=True) as connection:
        connection.execute("update mallard_cluster.cluster set duckdb = '1.4.0'")
        assert refusal(place).startswith("version of DuckDB: this node has another")
        connection.execute("update mallard_cluster.cluster set form = 99")
        assert refusal(place).startswith("form of the catalog: this node has another (4)")


def test_who_is_refused_has_opened_nothing(
    join: Join, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another version may have another form of what is in the directory."""
    join("paris").stop()
    monkeypatch.delattr(app, "make_storage")
    with psycopg.connect(place.catalog, autocommit=True) as connection:
        connection.execute("update mallard_cluster.cluster set duckdb = '1.4.0'")
    with pytest.raises(NotAdmitted, match="version of DuckDB"):
        join("paris")


def test_a_storage_that_is_not_mounted_is_refused(place: Place) -> None:
    shutil.rmtree(place.storage)
    assert "mount the directory that all nodes share" in refusal(place)
    place.storage.mkdir()
    (place.storage / ".mallard-cluster").write_text("another\n")
    assert "is another cluster's" in refusal(place)


def test_a_postgresql_that_may_forget_is_refused(place: Place) -> None:
    role = "alter role mallard in database {} set synchronous_commit = off"
    database = place.catalog.rpartition("/")[2]
    with psycopg.connect(place.catalog, autocommit=True) as connection:
        connection.execute(role.format(f'"{database}"').encode())
    assert "synchronous_commit off" in refusal(place)


def test_a_name_is_one_nodes_alone_until_that_has_left(join: Join, place: Place) -> None:
    join("paris").stop()
    (place.directory / "paris").rename(place.directory / "former")
    assert refusal(place).startswith("cluster.node: another server is called paris")
    former = place.settings("paris", data_dir=place.directory / "former")
    assert run("leave", place, data_dir=former.data_dir).exit_code == 0
    join("paris").turn()


@pytest.mark.parametrize("is_noted", [False, True])
def test_a_node_that_is_killed_while_it_joins_joins_afterwards(
    join: Join, monkeypatch: pytest.MonkeyPatch, is_noted: bool
) -> None:
    admit = Catalog.admit

    def end(catalog: Catalog, name: str, directory: str) -> bool:
        if is_noted:
            assert admit(catalog, name, directory)
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(Catalog, "admit", end)
        with pytest.raises(KeyboardInterrupt):
            join("paris")
    join("paris").turn()


def test_a_node_that_was_killed_while_it_joined_is_admitted_though_postgresql_was_away_then(
    join: Join, place: Place, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(Catalog, "admit", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            join("paris")
    postgres.stop()
    paris = join("paris")
    postgres.start()
    paris.turn()
    catalog = Catalog(place.catalog)
    assert [member.name for member in catalog.members()] == ["paris"]
    catalog.close()


def test_a_directory_that_was_refused_a_name_may_have_another(
    join: Join, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    join("paris").stop()
    # Which alone has the salt of today.
    monkeypatch.setattr(shared_salts, "PATIENCE_SECS", 0.0)
    elsewhere = place.directory / "elsewhere"
    with pytest.raises(NotAdmitted, match="another server is called paris"):
        join("paris", data_dir=elsewhere)
    join("oslo", data_dir=elsewhere).turn()


def test_without_postgresql_a_first_start_ends_and_a_later_one_collects(
    join: Join, place: Place
) -> None:
    nobody = "postgresql://mallard@127.0.0.1:9/mallard"
    with pytest.raises(NotAdmitted, match=r"cluster\.catalog: PostgreSQL cannot be reached"):
        join("paris", catalog=nobody)
    shutil.rmtree(place.directory / "paris")
    join("paris").stop()
    alone = join("paris", catalog=nobody)
    alone.visit("/meanwhile")
    alone.node.take_turn()
    health = alone.health()
    assert health["status"] == "degraded"
    assert health["cluster"]["trouble"].startswith("PostgreSQL cannot be reached")
    assert health["cluster"]["batches_waiting"] == 1
    assert alone.pages() == {"/meanwhile": 1}
    alone.stop()
    paris, oslo = join("paris"), join("oslo")
    paris.turn()
    oslo.turn()
    assert oslo.pages() == {"/meanwhile": 1}
    assert paris.health()["cluster"]["batches_waiting"] == 0


def test_no_log_tells_the_password_of_postgresql(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Mock()
    monkeypatch.setattr("mallard.cluster.lake_process.log", log)
    nobody = "postgresql://mallard:open-sesame@127.0.0.1:9/mallard"
    lake = LakeProcess(Beginning(nobody, str(place.storage), str(place.directory / "scratch")))
    with pytest.raises(NotAdded):
        lake.prepare()
    with pytest.raises(MallardError) as gone:
        Catalog(nobody)
    told = str(log.mock_calls)
    assert "Unable to connect" in told
    assert "open-sesame" not in f"{told} {gone.value} {gone.value.__cause__}"
    assert "open-sesame" not in repr(place.settings("paris", catalog=nobody).cluster)


def test_the_directory_of_a_node_opens_only_as_one(join: Join, place: Place) -> None:
    join("paris").stop()
    with pytest.raises(MallardError, match="is that of a node"):
        app.build(replace(place.settings("paris"), cluster=None))


def test_a_backup_of_a_node_is_one_of_a_server_alone(join: Join, tmp_path: Path) -> None:
    paris = join("paris")
    paris.visit("/a")
    archive = tmp_path / "backup.tar"
    archive.write_bytes(b"".join(paris.mallard.transfer.backup()))
    with tarfile.open(archive) as kept:
        names = kept.getnames()
    assert "mallard.duckdb" in names
    assert "cluster.json" not in names


def test_what_one_node_cannot_do_for_all_is_refused(join: Join) -> None:
    paris = join("paris")
    paris.visit("/a")
    paris.turn()
    with pytest.raises(MallardError, match="several servers share these events"):
        paris.mallard.history.rename("example.com", "example.org")
    with pytest.raises(MallardError, match="several servers share these events"):
        paris.mallard.history.merge("example.com", "example.org")
    with pytest.raises(MallardError, match="several servers share these events"):
        paris.mallard.transfer.rewrite_paths("example.com", is_trial=False)
    assert paris.pages() == {"/a": 1}


def test_a_node_leaves_only_when_it_has_erased_what_the_others_have(
    join: Join, place: Place
) -> None:
    paris, oslo = join("paris"), join("oslo")
    oslo.visit("/a")
    oslo.turn()
    oslo.visit("/b")
    oslo.mallard.flusher.flush()
    oslo.stop()
    paris.turn()
    assert paris.mallard.erasure.erase("example.com", date.min, date.max).events_deleted == 2
    assert "oslo: seen" in (told := run("status", place).output)
    assert "1 erasures to be done" in told
    refused = run("leave", place, "oslo")
    assert (refused.exit_code, "has not erased yet" in refused.output) == (1, True)
    oslo = join("oslo")
    oslo.turn()
    paris.turn()
    assert oslo.health()["cluster"]["erasures_waiting"] == 0
    oslo.stop()
    assert "erasures to be done" not in run("status", place).output
    assert run("leave", place, "oslo").exit_code == 0


def run(command: str, place: Place, node: str = "paris", **changes: Any) -> Result:
    """A command of `mallard cluster`."""
    lost = changes.pop("lost", None)
    settings = place.settings(node, **changes)
    cluster = settings.cluster
    assert cluster is not None
    return CliRunner().invoke(
        main,
        ["cluster", command, *(["--lost", lost] if lost else [])],
        env={
            "MALLARD_DATA_DIR": str(settings.data_dir),
            "MALLARD_SECRET": settings.secret,
            "MALLARD_VISITOR_SALTS": "derived",
            "MALLARD_CLUSTER_CATALOG": cluster.catalog,
            "MALLARD_CLUSTER_STORAGE": cluster.storage,
            "MALLARD_CLUSTER_NODE": cluster.node,
        },
    )


def test_the_name_of_a_node_that_is_lost_is_free_when_somebody_says_so(
    join: Join, place: Place
) -> None:
    paris = join("paris")
    paris.visit("/a")
    paris.turn()
    paris.stop()
    shutil.rmtree(place.directory / "paris")
    assert refusal(place).startswith("cluster.node: another server is called paris")
    unknown = run("leave", place, lost="rome")
    assert (unknown.exit_code, "no node is called rome" in unknown.output) == (1, True)
    assert run("leave", place, lost="paris").exit_code == 0
    again = join("paris")
    again.turn()
    assert again.pages() == {"/a": 1}


def test_the_commands_begin_a_cluster_and_say_how_it_stands(empty_place: Place) -> None:
    none_yet = run("status", empty_place)
    assert (none_yet.exit_code, "no cluster in this database yet" in none_yet.output) == (1, True)
    assert run("init", empty_place).exit_code == 0
    again = run("init", empty_place)
    assert (again.exit_code, "there is a cluster" in again.output) == (1, True)
    told = run("status", empty_place)
    assert (told.exit_code, told.output) == (0, "storage: 0 batches in 0 files\n")


def test_status_tells_of_each_node_and_a_node_leaves_only_with_empty_hands(
    join: Join, place: Place
) -> None:
    paris, oslo = join("paris"), join("oslo")
    paris.visit("/a")
    paris.turn()
    told = run("status", place).output.splitlines()
    assert told[0].startswith("oslo: seen ") and "at snapshot 0 of" in told[0]
    assert told[1].endswith("batches waiting") and told[1].startswith("paris: seen ")
    assert told[2] == "storage: 1 batches in 1 files"
    busy = run("leave", place)
    assert (busy.exit_code, "is in use by another Mallard" in busy.output) == (1, True)
    oslo.visit("/b")
    oslo.mallard.flusher.flush()
    oslo.stop()
    refused = run("leave", place, "oslo")
    assert (refused.exit_code, "1 batches of this node" in refused.output) == (1, True)
    back = join("oslo")
    back.turn()
    back.stop()
    assert run("leave", place, "oslo").exit_code == 0
    assert run("status", place).output.splitlines()[0] == "oslo: has left"
    assert not (place.directory / "oslo" / "cluster.json").exists()
