"""Real git through a real server: what it can do, what it cannot, and what is counted."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.process import Server
from tests.end_to_end.raw import answer_to, connection
from tests.portal.git_server import a_git_server, a_repository, git
from tests.portal.live import (
    MAY_GROW_BYTES,
    portal_server,
    project,
    resident_peak,
    rows,
)
from tests.portal.upstream import Upstream
from tests.waiting import until


@dataclass
class Place:
    """A repository, the server that has it, and the portal in front of it."""

    repository: Path
    upstream: Upstream
    portal: Server
    data_dir: Path

    @property
    def url(self) -> str:
        return f"{self.portal.url}/git/pets.git"

    def clones(self) -> list[tuple[str, str]]:
        """Project and user agent of each recorded clone, after the server was stopped."""
        assert self.portal.stop() == 0
        return rows(self.data_dir, "select project, user_agent from clones order by id")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    repository = a_repository(tmp_path / "served" / "pets.git", commits=5, branches=1500)
    data_dir = tmp_path / "portal" / "data"
    with a_git_server(tmp_path / "served") as upstream:
        there = project("pets", git=f"{upstream.url}/pets.git")
        with portal_server(data_dir, there) as server:
            yield Place(repository, upstream, server, data_dir)


def head(repository: Path, ref: str = "HEAD") -> str:
    return git("rev-parse", ref, at=repository).strip()


@pytest.mark.parametrize("version", [0, 1, 2])
def test_git_clones_and_fetches_in_each_version_of_the_protocol(
    place: Place, tmp_path: Path, version: int
):
    protocol = ("-c", f"protocol.version={version}")
    clone = tmp_path / "clone"
    git(*protocol, "clone", "--quiet", place.url, clone)
    assert head(clone) == head(place.repository)
    git("fast-import", "--quiet", at=place.repository)
    git("update-ref", "refs/heads/news", "refs/heads/b7", at=place.repository)
    git(*protocol, "fetch", "--quiet", at=clone)
    assert head(clone, "origin/news") == head(place.repository, "b7")
    git("fsck", "--strict", at=clone)
    agents = [agent for _, agent in place.clones()]
    assert len(agents) == 2
    assert all(agent.startswith("git/2.") for agent in agents)
    told = {seen.headers.get("git-protocol") for seen in place.upstream.seen}
    assert told == ({None} if version == 0 else {f"version={version}"})


def test_shallow_and_partial_clones_work(place: Place, tmp_path: Path):
    shallow, partial = tmp_path / "shallow", tmp_path / "partial"
    git("clone", "--quiet", "--depth", "1", place.url, shallow)
    assert git("rev-list", "--count", "HEAD", at=shallow).strip() == "1"
    git("fetch", "--quiet", "--unshallow", at=shallow)
    assert git("rev-list", "--count", "HEAD", at=shallow).strip() == "5"
    git("clone", "--quiet", "--no-checkout", "--filter=blob:none", place.url, partial)
    missing = git("rev-list", "--objects", "--missing=print", "HEAD", at=partial)
    assert missing.count("\n?") == 5
    git("checkout", "--quiet", at=partial)
    assert (partial / "file4").read_text() == "refs/heads/main 4\n"
    # A clone, a fetch, a clone, and a fetch of what the checkout lacked.
    assert place.clones()[0][0] == "pets"


def test_bodies_above_64_kilobytes_are_passed_on_packed_and_in_chunks(place: Place, tmp_path: Path):
    git("clone", "--quiet", "--mirror", "-c", "protocol.version=0", place.url, tmp_path / "packed")
    small = ("-c", "http.postBuffer=65536", "-c", "protocol.version=0")
    git(*small, "clone", "--quiet", "--mirror", place.url, tmp_path / "chunked")
    for clone in ("packed", "chunked"):
        assert head(tmp_path / clone, "b1499") == head(place.repository, "b1499")
    bodies = [seen for seen in place.upstream.seen if seen.method == "POST"]
    packed = [b for b in bodies if b.headers.get("content-encoding") == "gzip"]
    plain = [b for b in bodies if "content-encoding" not in b.headers]
    assert packed
    assert max(len(body.body) for body in plain) > 65_536


def test_nobody_pushes(place: Place, tmp_path: Path):
    clone = tmp_path / "clone"
    git("clone", "--quiet", place.url, clone)
    git("commit", "--quiet", "--allow-empty", "-m", "mine", at=clone)
    with pytest.raises(subprocess.CalledProcessError) as refused:
        git("push", "origin", "main", at=clone)
    assert "403" in refused.value.output
    assert "this repository is only for reading" in refused.value.output
    assert not [seen for seen in place.upstream.seen if "receive" in seen.path]
    assert head(place.repository) != head(clone)
    assert len(place.clones()) == 1


def test_a_repository_that_there_is_not_is_not_found_and_not_counted(place: Place, tmp_path: Path):
    place.repository.rename(place.repository.with_name("gone.git"))
    for url in (place.url, f"{place.portal.url}/git/unknown.git"):
        with pytest.raises(subprocess.CalledProcessError) as refused:
            git("clone", url, tmp_path / "clone")
        assert "not found" in refused.value.output
    assert place.clones() == []


def test_a_large_clone_passes_through_in_constant_memory(tmp_path: Path):
    a_repository(tmp_path / "served" / "pets.git", blob_bytes=60_000_000)
    with a_git_server(tmp_path / "served") as upstream:
        there = project("pets", git=f"{upstream.url}/pets.git")
        with portal_server(tmp_path / "portal" / "data", there) as server:
            url = f"{server.url}/git/pets.git"
            git("ls-remote", "--quiet", url)
            before = resident_peak(server, begin_anew=True)
            git("clone", "--quiet", "--bare", url, tmp_path / "clone")
            assert resident_peak(server) - before < MAY_GROW_BYTES


def test_clones_that_nobody_takes_keep_no_other_request_waiting(tmp_path: Path):
    a_repository(tmp_path / "served" / "pets.git", blob_bytes=16_000_000)
    with a_git_server(tmp_path / "served") as upstream:
        there = project("pets", git=f"{upstream.url}/pets.git")
        data_dir = tmp_path / "portal" / "data"
        with portal_server(data_dir, there, max_concurrent_clones=2) as server:
            tip = head(tmp_path / "served" / "pets.git").encode()
            with asking(server, tip) as one, asking(server, tip) as other:
                for connected in (one, other):
                    assert connected.recv(12) == b"HTTP/1.1 200"
                refused, said = answer_to(server.port, REFS)
                assert refused.status == 503
                assert int(refused.headers["Retry-After"]) >= 1
                assert b"try again soon" in said
                assert server.get("/health/detailed")["status"] == "ok"
                assert server.total("portal") == 0
                assert answer_to(server.port, AN_EVENT)[0].status == 202
            until(lambda: answer_to(server.port, REFS)[0].status == 200)


REFS = b"GET /git/pets.git/info/refs?service=git-upload-pack HTTP/1.1\r\nHost: localhost\r\n\r\n"
AN_EVENT = (
    b"POST /api/event HTTP/1.1\r\nHost: localhost\r\nUser-Agent: Mozilla/5.0 Firefox/140.0\r\n"
    b'Content-Length: 44\r\n\r\n{"d":"a.example","n":"signup","u":"/signup"}'
)


@contextmanager
def asking(server: Server, tip: bytes) -> Iterator[socket.socket]:
    """A client that has asked for everything, and takes nothing of it."""
    body = b"0032want %s\n00000009done\n" % tip
    head = (
        "POST /git/pets.git/git-upload-pack HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Type: application/x-git-upload-pack-request\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with connection(server.port) as connected:
        connected.sendall(head.encode() + body)
        yield connected
