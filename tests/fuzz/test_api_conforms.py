"""Schemathesis asks a running server what its OpenAPI document allows, and what it forbids."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

import pytest

from mallard.auth.keys import ApiKeys
from mallard.register.files import Files
from mallard.web.api.openapi import document
from tests.conftest import CHROME
from tests.end_to_end.process import Server
from tests.fuzz.size import IS_WHOLE
from tests.waiting import PATIENCE_SECS

pytestmark = pytest.mark.fuzz

CONFIG = Path(__file__).with_name("schemathesis.toml")
PASSWORD = document()["paths"]["/api/auth/login"]["post"]["requestBody"]["content"][
    "application/json"
]["example"]["password"]

# Coverage, which walks every boundary of every schema, takes most of the time.
ARGUMENTS = (
    ["--max-examples", "60", "--generation-database", "none"]
    if IS_WHOLE
    else ["--max-examples", "8", "--phases", "examples,fuzzing", "--generation-deterministic"]
)
LEAST_CASES = 2000 if IS_WHOLE else 200
SUMMARY = re.compile(r"^\s+(\d+) generated, (.*)", re.MULTILINE)

EVENTS = [
    {"d": "example.com", "n": "pageview", "u": f"https://example.com{path}", "w": 1440}
    for path in ("/", "/pricing", "/docs", "/pricing")
] + [{"d": "example.com", "n": "signup", "u": "https://example.com/pricing", "p": {"plan": "pro"}}]


@pytest.fixture
def key(data_dir: Path) -> str:
    """An Admin key of the instance to be."""
    data_dir.mkdir()
    return ApiKeys(Files(data_dir), lambda: datetime.now(UTC)).create("fuzz", "Admin").key


@pytest.fixture
def server(data_dir: Path, key: str) -> Iterator[Server]:
    """A throw-away instance with a few visits, a password, and no end of attempts to guess it."""
    server = Server(data_dir, admin_password=PASSWORD, max_login_attempts=0, portal_tools="pets")
    connection = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECS)
    for number, event in enumerate(EVENTS):
        address = f"203.0.113.{number % 3 + 1}"
        headers = {"User-Agent": CHROME, "X-Forwarded-For": address}
        connection.request("POST", "/api/event", json.dumps(event), headers)
        assert connection.getresponse().read() == b""
    connection.close()
    yield server
    server.stop()


def schemathesis(server: Server, key: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG)]
    command += ["--no-color", "run", f"{server.url}/api/openapi.json", "--continue-on-failure"]
    command += ["--header", f"Authorization: Bearer {key}"]
    return subprocess.run(
        [*command, *ARGUMENTS], cwd=cwd, capture_output=True, text=True, check=False
    )


def test_every_answer_is_as_described(server: Server, key: str, tmp_path: Path) -> None:
    found = schemathesis(server, key, tmp_path)
    assert found.returncode == 0, found.stdout + found.stderr
    summary = SUMMARY.search(found.stdout)
    assert summary and int(summary[1]) >= LEAST_CASES, found.stdout
    assert server.exit_code is None
    assert not [line for line in server.log if " ERROR " in line]
