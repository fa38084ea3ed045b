"""Servers under test: each a process of its own on a free port of 127.0.0.1."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benches.answers import BenchFailed
from benches.wire import HOST
from mallard import server as mallard_server
from mallard.config import Settings

ROOT = Path(__file__).resolve().parent.parent
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
SECRET = "a secret of the benches"
START_SECS = 300.0
STOP_SECS = 300.0
SECRET = "not a secret at all"


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    port: int
    process: subprocess.Popen[bytes]

    def get(self, path: str) -> bytes:
        """The body of a GET, which must succeed. Raises BenchFailed or OSError."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=START_SECS)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        if response.status >= 300:
            raise BenchFailed(f"GET {path} answers {response.status}")
        return body

    def memory_mb(self, key: str = "VmRSS") -> float:
        """A line of the process's memory status, in MB of 1,000,000 bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        values = dict(line.split(":", 1) for line in status.splitlines())
        return int(values[key].split()[0]) * 1024 / 1e6

    def cpu_secs(self) -> float:
        """The processor time that the process has taken, in user and in kernel mode."""
        status = Path(f"/proc/{self.process.pid}/stat").read_text("utf-8")
        user, system = status.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / TICKS_PER_SECOND

    def stop(self) -> int:
        """Asks the process to stop, waits, and gives its exit code."""
        self.process.terminate()
        return self.process.wait(STOP_SECS)


@contextmanager
def mallard(data_dir: Path, **settings: str) -> Iterator[Server]:
    """Mallard on a data directory, with its defaults unless `settings` say otherwise."""
    port = _free_port()
    settings |= {"data_dir": str(data_dir), "host": HOST, "port": str(port), "secret": SECRET}
    given = {f"MALLARD_{name.upper()}": value for name, value in settings.items()}
    with _running(["-m", "mallard"], port, given) as server:
        yield server


@contextmanager
def peer(name: str, **variables: str) -> Iterator[Server]:
    """One of `benches.peers` under waitress with Mallard's own settings."""
    port = _free_port()
    options = json.dumps(
        {
            "host": HOST,
            "port": port,
            "threads": Settings().server_threads,
            "clear_untrusted_proxy_headers": False,
            "connection_limit": mallard_server.MOST_CONNECTIONS,
            "asyncore_use_poll": True,
            "channel_timeout": mallard_server.SILENT_SECS,
            "max_request_body_size": mallard_server.MAX_BODY_BYTES,
            "ident": None,
        }
    )
    with _running(["-m", "benches.peers", name, options], port, variables) as server:
        yield server


@contextmanager
def _running(arguments: Sequence[str], port: int, variables: dict[str, str]) -> Iterator[Server]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("MALLARD_")}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, env=inherited | variables, stderr=said
        )
        server = Server(port, process)
        try:
            if not _has_started(server):
                said.seek(0)
                raise BenchFailed(f"a server did not start: {said.read().decode().strip()}")
            yield server
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def _has_started(server: Server) -> bool:
    """Waits until the server answers; False when it ends or takes too long."""
    deadline = time.monotonic() + START_SECS
    while server.process.poll() is None and time.monotonic() < deadline:
        try:
            server.get("/health")
        except OSError:
            time.sleep(0.02)  # nothing listens yet, and nobody would tell
        else:
            return True
    return False


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
