"""nginx and Caddy take the files that we ship."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.deploy.files import DEPLOY, checked
from tests.deploy.proxies import a_place, caddy_command, caddy_variables, nginx_command

pytestmark = pytest.mark.thorough

UPSTREAM = "127.0.0.1:8000"


def test_nginx_takes_its_file(tmp_path: Path) -> None:
    command = [*nginx_command(a_place("nginx", tmp_path / "nginx"), UPSTREAM), "-t"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr


def test_caddy_takes_its_file(tmp_path: Path) -> None:
    proxy = a_place("caddy", tmp_path / "caddy")
    _, _, *arguments = caddy_command(proxy)
    said = checked("caddy", "validate", *arguments, **caddy_variables(proxy, UPSTREAM))
    assert "Valid configuration" in said
    assert '"level":"warn"' not in said


def test_the_caddyfile_is_formatted() -> None:
    for file in (DEPLOY / "Caddyfile", DEPLOY / "caddy" / "certificate.caddy"):
        assert checked("caddy", "fmt", file) == file.read_text("utf-8")


def test_no_proxy_keeps_a_log_of_visits() -> None:
    assert (DEPLOY / "nginx.conf").read_text("utf-8").count("access_log off;") == 2
    assert "log_skip @others" in (DEPLOY / "Caddyfile").read_text("utf-8")
