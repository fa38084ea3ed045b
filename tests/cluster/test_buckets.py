"""Nodes whose files are in a bucket: what it refuses, and what they do while it is away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import Mock

import pytest
from click.testing import Result

from mallard.app import utc_now
from mallard.assembly.clustering import applicant_of
from mallard.cluster.bucket import access_of
from mallard.cluster.joining import NotAdmitted
from mallard.cluster.lake_process import LakeProcess, NotAdded
from mallard.cluster.orders import Order
from mallard.cluster.storage import StorageRefused
from mallard.config import SettingsError, load
from mallard.model import MallardError
from tests.cluster.conftest import Member, Place, in_environment
from tests.cluster.gate import Gate
from tests.cluster.object_store import KEY, SECRET, ObjectStore
from tests.cluster.test_joining import run
from tests.cluster.test_what_is_away import assert_nothing_is_lost

pytestmark = pytest.mark.thorough

Join = Callable[..., Member]
in_a_bucket = pytest.mark.parametrize("place", ["bucket"], indirect=True)


@pytest.fixture
def gate(object_store: ObjectStore) -> Iterator[Gate]:
    """A way to the store."""
    gate = Gate(object_store.port)
    yield gate
    gate.shut()


@pytest.fixture
def through(place: Place, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> Gate:
    """The gate, which nodes that begin from now on go through."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{gate.port}")
    return gate


@in_a_bucket
def test_a_bucket_that_is_away_for_a_while_loses_nothing(join: Join, through: Gate) -> None:
    oslo = join("oslo")
    assert_nothing_is_lost(join("paris"), oslo, through.shut, through.open)
    assert list(oslo.mallard.directory.path.glob("tmp/*.parquet")) == []


@in_a_bucket
def test_a_node_that_starts_while_the_bucket_is_away_collects_and_a_new_one_does_not(
    join: Join, through: Gate
) -> None:
    join("paris").stop()
    through.shut()
    paris = join("paris")
    paris.visit("/a")
    # Nothing has to be read or written there, and still it is told.
    paris.node.take_turn()
    assert paris.pages() == {"/a": 1}
    with pytest.raises(NotAdmitted, match=r"cluster\.storage: .* cannot be reached .* first start"):
        join("oslo")
    through.open()
    paris.turn()
    oslo = join("oslo")
    oslo.turn()
    assert oslo.pages() == {"/a": 1}


@in_a_bucket
def test_a_node_with_nothing_to_do_tells_that_the_bucket_is_away(join: Join, through: Gate) -> None:
    paris = join("paris")
    paris.turn()
    through.shut()
    paris.node.take_turn()
    assert "cannot be reached" in paris.health()["cluster"]["trouble"]


@in_a_bucket
def test_a_bucket_that_refuses_is_told_with_what_to_change(
    join: Join, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    join("paris").stop()
    with monkeypatch.context() as patch:
        patch.setenv("AWS_SECRET_ACCESS_KEY", "another one")
        for node in ("paris", "oslo"):
            with pytest.raises(NotAdmitted, match=r"cluster\.storage: .* check AWS_ACCESS_KEY_ID"):
                join(node)
    with monkeypatch.context() as patch:
        patch.delenv("AWS_ACCESS_KEY_ID")
        with pytest.raises(MallardError, match=r"cluster\.storage: .* in the environment"):
            join("paris")
    assert place.objects is not None
    place.objects.delete(".mallard-cluster")
    with pytest.raises(NotAdmitted, match=r"cluster\.storage: .* has no file \.mallard-cluster"):
        join("paris")


@pytest.fixture
def empty_bucket(
    empty_place: Place, object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> Place:
    """Where no cluster was made yet, with a bucket for it."""
    empty_place.objects = in_environment(object_store, empty_place.directory.name, monkeypatch)
    return empty_place


def refused(place: Place, **changes: Any) -> str:
    """What `mallard cluster init` says instead of beginning one, in one line."""
    done: Result = run("init", place, **changes)
    assert done.exit_code == 1
    assert done.output.startswith("Error: cluster.storage: ")
    assert done.output.count("\n") == 1
    return done.output


def test_a_cluster_begins_only_where_its_bucket_can_be_written(
    empty_bucket: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "there is no bucket missing" in refused(empty_bucket, storage="s3://missing/a")
    with monkeypatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "nobody")
        assert "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in refused(empty_bucket)
        patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        assert "cannot be reached at http://127.0.0.1:9" in refused(empty_bucket)
        patch.setenv("AWS_ENDPOINT_URL", "127.0.0.1:9")
        assert "AWS_ENDPOINT_URL in the environment is to be" in refused(empty_bucket)
    done = run("init", empty_bucket)
    assert (done.exit_code, done.output) == (0, "The cluster is there; start its nodes.\n")
    assert empty_bucket.names() == {".mallard-cluster"}
    assert run("status", empty_bucket).output == "storage: 0 batches in 0 files\n"


@in_a_bucket
def test_no_log_tells_the_keys(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    told = Mock()
    monkeypatch.setattr("mallard.cluster.lake_process.log", told)
    monkeypatch.setattr("mallard.cluster.bucket.log", told)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another one, that is not known")
    settings = place.settings("paris")
    applicant = applicant_of(settings, settings.data_dir, utc_now)
    assert applicant is not None
    segment = place.directory / "batch.jsonl"
    segment.write_text('{"site_id": "example.com", "timestamp": 0}\n')
    lake = LakeProcess(applicant.beginning)
    with pytest.raises(NotAdded):
        lake.add(Order("a.parquet", (str(segment),)))
    with pytest.raises(StorageRefused):
        applicant.storage.whose()
    lines = str(told.mock_calls)
    assert "403" in lines
    assert "another one" not in f"{lines} {applicant!r}"


def test_what_a_bucket_needs_is_in_the_variables_that_others_read() -> None:
    keys = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
    access = access_of(keys)
    assert (access.region, access.endpoint, access.token) == ("us-east-1", None, None)
    more = {"AWS_REGION": "eu-west-3", "AWS_SESSION_TOKEN": "t", "AWS_ENDPOINT_URL": "https://s3.a"}
    access = access_of(keys | more)
    assert (access.region, access.endpoint, access.token) == ("eu-west-3", "https://s3.a", "t")
    assert SECRET not in repr(access)
    for missing in keys:
        with pytest.raises(StorageRefused, match=missing):
            access_of({name: value for name, value in keys.items() if name != missing})


@pytest.mark.parametrize(
    ("storage", "is_one"),
    [
        ("/srv/mallard", True),
        ("s3://bucket", True),
        ("s3://my.bucket-1/a/b_c", True),
        ("srv/mallard", False),
        ("https://bucket", False),
        ("s3://", False),
        ("s3://Bucket", False),
        ("s3://bucket/", False),
        ("s3://bucket/../other", False),
        ("s3://bucket/a*", False),
    ],
)
def test_a_storage_is_a_directory_or_a_bucket(storage: str, is_one: bool) -> None:
    names = {"CATALOG": "postgresql://db/mallard", "STORAGE": storage, "NODE": "paris"}
    environment = {f"MALLARD_CLUSTER_{name}": value for name, value in names.items()}
    if not is_one:
        with pytest.raises(SettingsError, match="s3://bucket/prefix"):
            load(None, environment)
        return
    cluster = load(None, environment).settings.cluster
    assert cluster is not None
    assert cluster.storage == storage
