"""`git http-backend` behind the tests' own small server, and repositories for it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.portal.upstream import Handler, Upstream, an_upstream
from tests.waiting import PATIENCE_SECS

PIECE = 1 << 16
QUIET = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com",
}


def git(*arguments: str | Path, at: Path | None = None, **environ: str) -> str:
    """What a git command prints, on both channels; raises CalledProcessError if it fails."""
    return subprocess.run(
        ["git", *map(str, arguments)],
        cwd=at,
        env=os.environ | QUIET | environ,
        check=True,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=PATIENCE_SECS,
    ).stdout


def a_repository(path: Path, commits: int = 3, branches: int = 0, blob_bytes: int = 0) -> Path:
    """A bare repository with a history, so many branches that differ, and perhaps a large file."""
    git("init", "--quiet", "--bare", "--initial-branch=main", path)
    for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant", "http.receivepack"):
        git("config", key, "true", at=path)
    stream = "".join(_commit("refs/heads/main", number) for number in range(commits))
    stream += "".join(_commit(f"refs/heads/b{number}", number) for number in range(branches))
    large = os.urandom(blob_bytes)
    subprocess.run(
        ["git", "fast-import", "--quiet"],
        input=stream.encode() + (_large(large) if large else b""),
        cwd=path,
        env=os.environ | QUIET,
        check=True,
    )
    return path


def _commit(ref: str, number: int) -> str:
    text = f"{ref} {number}\n"
    return (
        f"commit {ref}\ncommitter a <a@example.com> {1_700_000_000 + number} +0000\n"
        f"data {len(text)}\n{text}M 100644 inline file{number}\ndata {len(text)}\n{text}\n"
    )


def _large(content: bytes) -> bytes:
    head = "commit refs/heads/main\ncommitter a <a@example.com> 1800000000 +0000\ndata 5\nlarge\n"
    return f"{head}M 100644 inline large\ndata {len(content)}\n".encode() + content + b"\n"


@contextmanager
def a_git_server(root: Path) -> Iterator[Upstream]:
    """Serves the repositories below a directory, for reading and for writing."""
    with an_upstream(lambda url: GitServer(url, root=root)) as upstream:
        yield upstream


@dataclass
class GitServer(Upstream):
    """Answers every path as `git http-backend` does."""

    root: Path = Path()

    def answer(self, handler: Handler) -> None:
        """Runs the backend for a request."""
        seen = handler.asked
        path, _, query = seen.path.partition("?")
        headers = {name.lower(): value for name, value in seen.headers.items()}
        environ = {
            "REQUEST_METHOD": seen.method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(seen.body)),
            "HTTP_CONTENT_ENCODING": headers.get("content-encoding", ""),
            "GIT_PROTOCOL": headers.get("git-protocol", ""),
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
        }
        with subprocess.Popen(
            ["git", "http-backend"],
            env=os.environ | QUIET | environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as backend:
            assert backend.stdin is not None
            assert backend.stdout is not None
            backend.stdin.write(seen.body)
            backend.stdin.close()
            status, named = 200, {}
            while line := backend.stdout.readline().decode().strip():
                name, _, value = line.partition(": ")
                if name == "Status":
                    status = int(value.split()[0])
                else:
                    named[name] = value
            handler.send_response(status)
            for name, value in named.items():
                handler.send_header(name, value)
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            while piece := backend.stdout.read(PIECE):
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            handler.wfile.write(b"0\r\n\r\n")
