"""A cluster begins with the settings of deploy/cluster, and the S3 store as it is started there."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from obstore.exceptions import BaseError
from obstore.store import S3Store

from mallard.cli import main
from tests.cluster.object_store import ObjectStore, weed
from tests.cluster.postgres import Postgres
from tests.deploy.cluster_files import environment, services
from tests.deploy.proxies import replaced

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    yield server
    server.remove()


@pytest.fixture(scope="module")
def store() -> Iterator[ObjectStore]:
    server = ObjectStore(services()["s3"]["command"], environment("s3"))
    try:
        server.wait()
        yield server
    finally:
        server.remove()


def make_bucket(store: ObjectStore) -> None:
    """What the service of that name does."""
    (command,) = services()["bucket"]["command"]
    path = f"{weed().parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["/bin/sh", "-c", replaced(command, "127.0.0.1:9333", store.master)],
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_init_begins_once_the_bucket_is_made(
    postgres: Postgres, store: ObjectStore, tmp_path: Path
) -> None:
    found = environment("node-1") | {
        "MALLARD_DATA_DIR": str(tmp_path),
        "MALLARD_CLUSTER_CATALOG": postgres.new_database("mallard"),
        "AWS_ENDPOINT_URL": store.endpoint,
    }
    too_soon = CliRunner().invoke(main, ["cluster", "init"], env=found)
    assert "there is no bucket mallard" in too_soon.output
    # Each time that Compose brings all up.
    for _ in range(2):
        make_bucket(store)
    begun = CliRunner().invoke(main, ["cluster", "init"], env=found)
    assert begun.output == "The cluster is there; start its nodes.\n"
    told = CliRunner().invoke(main, ["cluster", "status"], env=found)
    assert told.output == "storage: 0 batches in 0 files\n"
    again = CliRunner().invoke(main, ["cluster", "init"], env=found)
    assert again.exit_code == 1


def test_nobody_reads_it_without_the_key(store: ObjectStore) -> None:
    stranger = S3Store(
        "events",
        endpoint=store.endpoint,
        region="us-east-1",
        skip_signature=True,
        virtual_hosted_style_request=False,
        client_options={"allow_http": True},
    )
    assert bytes(store.bucket("ready").get("there").bytes()) == b"1"
    with pytest.raises(BaseError):
        stranger.get("ready/there")
