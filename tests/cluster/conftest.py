"""Nodes of a cluster: a PostgreSQL for all tests of a run, a database and a storage for each."""

from __future__ import annotations

import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from obstore.store import S3Store
from werkzeug.test import Client

from mallard import app
from mallard.assembly.clustering import applicant_of
from mallard.cluster.catalog import Catalog
from mallard.cluster.joining import found
from mallard.cluster.lake_process import LakeProcess
from mallard.cluster.node import Node
from mallard.cluster.storage import MARK
from mallard.config import Cluster, Settings
from mallard.wsgi import application
from tests.cluster.object_store import BUCKET, ObjectStore
from tests.cluster.postgres import Postgres
from tests.conftest import CHROME
from tests.waiting import PATIENCE_SECS

FROM = {"REMOTE_ADDR": "127.0.0.1"}
SECRET = "a secret that all the nodes of a test share"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def object_store() -> Iterator[ObjectStore]:
    server = ObjectStore()
    try:
        server.wait()
        yield server
    finally:
        server.remove()


@dataclass(slots=True)
class Place:
    """Where a cluster is: its catalog, its storage, and the directories of its nodes."""

    catalog: str
    storage: Path
    directory: Path
    objects: S3Store | None = None
    """What is the storage instead of the directory."""

    @property
    def setting(self) -> str:
        """What the settings call the storage."""
        return f"s3://{BUCKET}/{self.objects.prefix}" if self.objects else str(self.storage)

    def names(self) -> set[str]:
        """Of all files in the storage."""
        if self.objects is None:
            return {path.name for path in self.storage.iterdir()}
        return {one["path"] for one in self.objects.list_with_delimiter()["objects"]}

    def files(self) -> list[Path]:
        """The events in the storage, drafts too, as files of this machine."""
        names = [name for name in sorted(self.names()) if ".parquet" in name]
        if self.objects is None:
            return [self.storage / name for name in names]
        fetched = self.directory / "fetched"
        fetched.mkdir(parents=True, exist_ok=True)
        for name in names:
            (fetched / name).write_bytes(self.objects.get(name).bytes())
        return [fetched / name for name in names]

    def settings(self, node: str, **changes: Any) -> Settings:
        """Those of a node."""
        cluster: dict[str, Any] = {
            "catalog": self.catalog,
            "storage": self.setting,
            "node": node,
            "publish_interval_secs": 1,
        }
        named = {key: changes.pop(key) for key in list(changes) if key in cluster}
        usual: dict[str, Any] = {
            "data_dir": self.directory / node,
            "secret": SECRET,
            "cache_ttl_secs": 0,
            "duckdb_threads": 1,
            "cluster": Cluster(**cluster | named),
        }
        return Settings(**usual | changes)

    def begin(self) -> None:
        """What `mallard cluster init` does."""
        settings = self.settings("first")
        applicant = applicant_of(settings, self.directory / "init", app.utc_now)
        assert applicant is not None
        lake = LakeProcess(applicant.beginning)
        lake.prepare()
        lake.close()
        with_catalog = Catalog(self.catalog)
        found(applicant, with_catalog)
        with_catalog.close()


@pytest.fixture(scope="session")
def begun(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A cluster of which each test gets a copy, since to begin one takes seconds."""
    directory = tmp_path_factory.mktemp("begun")
    place = Place(postgres.new_database("begun"), directory / "storage", directory / "nodes")
    place.begin()
    return place


@pytest.fixture
def empty_place(postgres: Postgres, tmp_path: Path) -> Place:
    """Where no cluster was made yet."""
    catalog = postgres.new_database(f"mallard_{uuid.uuid4().hex}")
    return Place(catalog, tmp_path / "storage", tmp_path / "nodes")


@pytest.fixture
def environment() -> Iterator[pytest.MonkeyPatch]:
    """Variables that stay until the test is over, whatever it undoes."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch


in_both = pytest.mark.parametrize("place", ["directory", "bucket"], indirect=True)
"""Tries a test with either kind of storage; without it that is a directory."""


@pytest.fixture
def place(postgres: Postgres, begun: Place, tmp_path: Path, request: Any) -> Place:
    """Where a cluster is, without nodes so far."""
    name = uuid.uuid4().hex
    one = Place(
        postgres.new_database(f"mallard_{name}", "begun"), tmp_path / "storage", tmp_path / "nodes"
    )
    if getattr(request, "param", "directory") == "bucket":
        store = request.getfixturevalue("object_store")
        one.objects = in_environment(store, name, request.getfixturevalue("environment"))
        one.objects.put(MARK, (begun.storage / MARK).read_bytes())
    else:
        shutil.copytree(begun.storage, one.storage)
    with psycopg.connect(one.catalog, autocommit=True) as connection:
        connection.execute("update mallard_cluster.cluster set storage = %s", (one.setting,))
        moved = "update mallard_lake.ducklake_metadata set value = %s where key = 'data_path'"
        connection.execute(moved, (f"{one.setting}/",))
    return one


def in_environment(store: ObjectStore, prefix: str, patch: pytest.MonkeyPatch) -> S3Store:
    """Has nodes find a store; what in its bucket begins with a prefix."""
    for name, value in store.environment().items():
        patch.setenv(name, value)
    return store.bucket(prefix)


@dataclass(slots=True)
class Member:
    """A node in this process; its turns are taken when a test says so."""

    mallard: app.Mallard
    client: Client

    @property
    def node(self) -> Node:
        assert self.mallard.node is not None
        return self.mallard.node

    def visit(self, path: str, address: str = "203.0.113.7", site: str = "example.com") -> None:
        """A view of a page, answered 202."""
        event = {"d": site, "n": "pageview", "u": f"https://{site}{path}"}
        headers = {"User-Agent": CHROME, "X-Forwarded-For": address}
        assert (
            self.client.post(
                "/api/event", json=event, headers=headers, environ_base=FROM
            ).status_code
            == 202
        )

    def turn(self) -> None:
        """One turn, in which nothing goes wrong."""
        self.node.take_turn()
        assert self.node.state().trouble is None

    def look(self) -> None:
        """A look at what is decided, and at the salts of visitor ids, where they are random."""
        self.node.register.look()
        if self.node.salts is not None:
            self.node.salts.look_by_itself()

    def get(self, path: str) -> Any:
        """The JSON at a path."""
        return self.client.get(path).json

    def health(self) -> Any:
        """What /health/detailed says."""
        return self.get("/health/detailed")

    def pages(self, site: str = "example.com") -> dict[str, int]:
        """To each page of a site its views, as the report says."""
        asked = f"/api/stats/breakdown/pages?site_id={site}&period=7d&limit=1000"
        rows = self.get(asked)
        return {row["value"]: row["pageviews"] for row in rows}

    def visitors(self) -> int:
        """How many there were."""
        asked = "/api/stats/main?site_id=example.com&period=7d"
        return int(self.get(asked)["unique_visitors"])

    def stop(self) -> None:
        """Ends it in order; what came since its last turn is handed over if it has had one."""
        assert self.mallard.stop(PATIENCE_SECS)


@contextmanager
def looking(members: list[Member]) -> Iterator[None]:
    """Has nodes look at the salts meanwhile, as they do beside their turns where they run."""
    is_over = threading.Event()

    def look() -> None:
        while not is_over.wait(0.05):
            for member in members:
                if not member.mallard.directory.is_closed:
                    member.look()

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


@pytest.fixture
def join(place: Place) -> Iterator[Callable[..., Member]]:
    """Starts a node, by its name, and ends it with the test."""
    members: list[Member] = []

    def one(name: str, **changes: Any) -> Member:
        clock = changes.pop("clock", app.utc_now)
        timer = changes.pop("timer", time.monotonic)
        mallard = app.build(place.settings(name, **changes), clock, timer=timer)
        try:
            with looking(members):
                mallard.join()
        except BaseException:
            mallard.stop(PATIENCE_SECS)
            raise
        members.append(Member(mallard, Client(application(mallard))))
        return members[-1]

    yield one
    for member in members:
        if not member.mallard.directory.is_closed:
            member.stop()
