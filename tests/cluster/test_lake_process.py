"""The lake's process and its node understand each other, and neither waits for one that is gone."""

from __future__ import annotations

import fcntl
import os
import resource
import subprocess
import sys
from collections.abc import Iterator

import msgspec
import pytest

from mallard.cluster.lake import Answer, Beginning
from mallard.cluster.lake_process import _line
from tests.cluster.conftest import Place
from tests.waiting import PATIENCE_SECS

FAR = 1500
"""Beyond the numbers that select() takes."""


def test_a_process_whose_node_was_killed_just_ends(place: Place) -> None:
    command = [sys.executable, "-m", "mallard.cluster.lake"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin and process.stdout and process.stderr
        process.stdout.close()
        process.stdin.write(msgspec.json.encode(Beginning(place.catalog, str(place.storage))))
        process.stdin.write(b"\n")
        process.stdin.close()
        assert process.wait(PATIENCE_SECS) == 0
        assert process.stderr.read() == b""


@pytest.fixture
def many_files() -> Iterator[None]:
    """This process may have so many files open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * FAR), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_files")
def test_a_server_with_many_connections_hears_the_answer() -> None:
    reading, writing = os.pipe()
    far = fcntl.fcntl(reading, fcntl.F_DUPFD, FAR)
    try:
        os.write(writing, msgspec.json.encode(Answer(events=7)) + b"\n")
        assert msgspec.json.decode(_line(far), type=Answer).events == 7
    finally:
        for descriptor in (reading, writing, far):
            os.close(descriptor)
