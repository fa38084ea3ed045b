"""Downloads through a real server by real clients: whole, aborted, gone on with, and killed."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path
from typing import BinaryIO

import pytest

from tests.end_to_end.process import Server
from tests.end_to_end.raw import connection
from tests.portal.live import MAY_GROW_BYTES, portal_server, project, resident_peak, rows
from tests.portal.upstream import Handler, Upstream, an_upstream
from tests.waiting import until

MIB = 1 << 20
GIB = 1 << 30
SIZE = 64 * MIB


@pytest.fixture
def releases(tmp_path: Path) -> Path:
    """A directory with a release of 64 MiB, and one of 1 GiB that takes no room on the disk."""
    release = tmp_path / "releases" / "v1"
    release.mkdir(parents=True)
    with (release / "pets.zip").open("wb") as file:
        for number in range(SIZE // MIB):
            file.write(bytes([number]) * MIB)
    with (release / "large").open("wb") as file:
        file.truncate(GIB)
    (release / "small").write_bytes(b"small")
    return tmp_path / "releases"


@pytest.fixture
def upstream(releases: Path) -> Iterator[Upstream]:
    """The same files on another server."""

    def serve(handler: Handler) -> None:
        path = releases / handler.path.removeprefix("/files/")
        size = path.stat().st_size
        first = int(handler.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        place = {"Content_Range": f"bytes {first}-{size - 1}/{size}"} if first else {}
        handler.say(206 if first else 200, b"", Content_Length=str(size - first), **place)
        with path.open("rb") as file:
            file.seek(first)
            while piece := file.read(MIB):
                handler.wfile.write(piece)

    with an_upstream() as one:
        for name in ("pets.zip", "large", "small"):
            one.answers[f"/files/v1/{name}"] = serve
        yield one


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "portal" / "data"


@pytest.fixture
def projects(releases: Path, upstream: Upstream) -> str:
    there = f"{upstream.url}/files/{{version}}/{{asset}}"
    return project("local", downloads=releases) + project("remote", downloads=there)


@pytest.fixture
def server(data_dir: Path, projects: str) -> Iterator[Server]:
    with portal_server(data_dir, projects, max_concurrent_downloads=2) as one:
        yield one


def run(*command: str | Path) -> int:
    """The exit code of a command."""
    done = subprocess.run(list(map(str, command)), capture_output=True, check=False, timeout=300)
    return done.returncode


def downloads(server: Server, data_dir: Path) -> list[tuple[str, str]]:
    """Project and asset of each recorded download, after the server was stopped."""
    assert server.stop() == 0
    return rows(data_dir, "select project, asset from downloads order by id")


BOTH = pytest.mark.parametrize("where", ["local", "remote"])


@BOTH
def test_curl_and_wget_fetch_a_file_whole(
    server: Server, data_dir: Path, releases: Path, tmp_path: Path, where: str
):
    url, got = f"{server.url}/downloads/{where}/v1/pets.zip", tmp_path / "got"
    expected = (releases / "v1" / "pets.zip").read_bytes()
    assert run("curl", "--fail", "--silent", "--output", got, url) == 0
    assert got.read_bytes() == expected
    assert run("wget", "--quiet", "--output-document", got, url) == 0
    assert got.read_bytes() == expected
    assert run("curl", "--fail", "--silent", "--head", "--output", got, url) == 0
    assert run("wget", "--quiet", "--spider", url) == 0
    assert downloads(server, data_dir) == [(where, "pets.zip")] * 2


@BOTH
@pytest.mark.parametrize("client", ["curl", "wget"])
def test_a_download_that_broke_off_is_gone_on_with_and_counts_once(
    server: Server, data_dir: Path, releases: Path, tmp_path: Path, where: str, client: str
):
    path, got = f"/downloads/{where}/v1/pets.zip", tmp_path / "pets.zip"
    got.write_bytes(begin(server, path, 5 * MIB))
    goes_on = {
        "curl": ("curl", "--fail", "--silent", "-C", "-", "--output", got),
        "wget": ("wget", "--quiet", "--continue", "--output-document", got),
    }
    assert run(*goes_on[client], f"{server.url}{path}") == 0
    assert got.read_bytes() == (releases / "v1" / "pets.zip").read_bytes()
    assert downloads(server, data_dir) == [(where, "pets.zip")]


def begin(server: Server, path: str, size: int) -> bytes:
    """The first bytes of a download that is then aborted."""
    with connection(server.port) as connected:
        connected.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        answer = HTTPResponse(connected)
        answer.begin()
        return answer.read(size)


@BOTH
def test_a_download_that_is_killed_with_the_server_counts_once(
    data_dir: Path, projects: str, releases: Path, tmp_path: Path, where: str
):
    path, got = f"/downloads/{where}/v1/pets.zip", tmp_path / "pets.zip"
    with portal_server(data_dir, projects) as server, connection(server.port) as connected:
        connected.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        answer = HTTPResponse(connected)
        answer.begin()
        got.write_bytes(answer.read(5 * MIB))
        server.stop(signal.SIGKILL)
    with portal_server(data_dir, projects) as again:
        url = f"{again.url}{path}"
        assert run("curl", "--fail", "--silent", "-C", "-", "--output", got, url) == 0
        assert got.read_bytes() == (releases / "v1" / "pets.zip").read_bytes()
        assert downloads(again, data_dir) == [(where, "pets.zip")]


@BOTH
def test_a_gigabyte_passes_through_in_constant_memory(
    server: Server, data_dir: Path, tmp_path: Path, where: str
):
    url = f"{server.url}/downloads/{where}/v1"
    assert run("curl", "--fail", "--silent", "--output", "/dev/null", f"{url}/small") == 0
    before = resident_peak(server, begin_anew=True)
    assert run("curl", "--fail", "--silent", "--output", "/dev/null", f"{url}/large") == 0
    assert resident_peak(server) - before < MAY_GROW_BYTES
    assert downloads(server, data_dir) == [(where, "small"), (where, "large")]


def test_who_goes_away_makes_room(server: Server):
    for _ in range(4):
        assert len(begin(server, "/downloads/remote/v1/large", MIB)) == MIB
        until(lambda: has_room(server))


def has_room(server: Server) -> bool:
    return run("curl", "--fail", "--silent", f"{server.url}/downloads/remote/v1/small") == 0


def test_downloads_that_nobody_takes_keep_no_other_request_waiting(server: Server):
    with connection(server.port) as one, connection(server.port) as other:
        for connected in (one, other):
            connected.sendall(b"GET /downloads/remote/v1/large HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert connected.recv(12) == b"HTTP/1.1 200"
        assert not has_room(server)
        local = f"{server.url}/downloads/local/v1/small"
        assert run("curl", "--fail", "--silent", local) == 0
        assert server.total("portal") == 0
        assert server.get("/health/detailed")["events"]["accepted"] == 3


@BOTH
def test_answers_to_requests_sent_at_once_come_in_order(server: Server, where: str):
    lines = [f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n" for path in several(where)]
    with connection(server.port) as connected:
        connected.sendall("".join(lines).encode())
        stream = connected.makefile("rb")
        assert [body_of(stream) for _ in lines] == [b"ok", b"small", b"ok", b"small", b"ok"]


def several(where: str) -> list[str]:
    small = f"/downloads/{where}/v1/small"
    return ["/health", small, "/health", small, "/health"]


def body_of(stream: BinaryIO) -> bytes:
    """The body of the next answer on a connection."""
    headers = {}
    assert stream.readline().startswith(b"HTTP/1.1 200")
    while line := stream.readline().strip():
        name, _, value = line.partition(b": ")
        headers[name.lower()] = value
    return stream.read(int(headers[b"content-length"]))


@pytest.mark.parametrize("chunked", [False, True])
def test_a_client_is_told_when_the_upstream_breaks_off(
    server: Server, data_dir: Path, upstream: Upstream, tmp_path: Path, chunked: bool
):
    def break_off(handler: Handler) -> None:
        if chunked:
            handler.send_response(200)
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            handler.wfile.write(b"5\r\nhello\r\n")
        else:
            handler.say(200, b"hello", Content_Length="50")
        handler.close_connection = True

    upstream.answers["/files/v1/pets.zip"] = break_off
    got = tmp_path / "got"
    url = f"{server.url}/downloads/remote/v1/pets.zip"
    assert run("curl", "--fail", "--silent", "--output", got, url) == 18
    assert got.read_bytes() == b"hello"
    assert server.get("/health/detailed")["events"]["portal_failed_broken_off"] == 1
    assert downloads(server, data_dir) == [("remote", "pets.zip")]
    assert "Traceback" not in "".join(server.log)
    assert [line for line in server.log if "broken_off" in line]


def test_a_file_that_becomes_shorter_ends_the_connection(server: Server, releases: Path):
    with connection(server.port) as connected:
        connected.sendall(b"GET /downloads/local/v1/large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connected.recv(12) == b"HTTP/1.1 200"
        with (releases / "v1" / "large").open("r+b") as file:
            file.truncate(MIB)
        while connected.recv(MIB):
            pass
    assert server.get("/health/detailed")["status"] == "ok"


def test_a_stop_waits_for_what_is_under_way(server: Server, data_dir: Path):
    with connection(server.port) as connected:
        connected.sendall(b"GET /downloads/local/v1/pets.zip HTTP/1.0\r\n\r\n")
        answer = HTTPResponse(connected)
        answer.begin()
        server._process.send_signal(signal.SIGTERM)
        assert len(answer.read()) == SIZE
    assert downloads(server, data_dir) == [("local", "pets.zip")]
