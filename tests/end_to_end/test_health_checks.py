"""What a container's health check sees of a real server, wherever that listens."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.process import Server, running


def health(server: Server, host: str) -> int:
    """The exit code of `mallard health` with the server's own settings."""
    command = [sys.executable, "-m", "mallard", "health"]
    settings = {"MALLARD_HOST": host, "MALLARD_PORT": str(server.port)}
    return subprocess.run(command, env=os.environ | settings, check=False).returncode


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1"])
def test_a_server_is_healthy_until_it_stops(tmp_path: Path, host: str) -> None:
    with running(tmp_path / "data", host=host) as server:
        assert health(server, host) == 0
        assert server.stop() == 0
        assert health(server, host) == 1
