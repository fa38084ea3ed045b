"""nginx and Caddy in front of a real server, with the files that we ship."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CHROME
from tests.deploy.files import DEPLOY
from tests.deploy.proxies import HOST, Proxy, a_place, running_proxy
from tests.end_to_end.process import Server, running
from tests.portal.live import project, write_settings
from tests.waiting import until

PASSWORD = "correct horse battery"
SIZE = 64 << 20
FOREIGN = "https://elsewhere.example"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    protocol: str

    def header(self, wanted: str) -> str:
        """The one header of that name."""
        (value,) = [value for name, value in self.headers if name.lower() == wanted]
        return value


@dataclass(frozen=True)
class Setup:
    """A proxy, and the server behind it."""

    proxy: Proxy
    server: Server

    def curl(self, path: str, *options: str, client: str = "127.0.0.2", port: int = 0) -> Answer:
        """An answer through the proxy to a client with that address, of this machine's own."""
        scheme, port = ("http", port) if port else ("https", self.proxy.https)
        place = self.proxy.place
        command = [
            *("curl", "--silent", "--show-error", "--interface", client, "--user-agent", CHROME),
            *("--cacert", str(self.proxy.certificate), "--resolve", f"{HOST}:{port}:127.0.0.1"),
            *("--dump-header", str(place / "headers"), "--output", str(place / "body")),
            *("--write-out", "%{http_code} %{http_version}"),
            *(*options, f"{scheme}://{HOST}:{port}{path}"),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        status, protocol = done.stdout.split()
        lines = (place / "headers").read_text("latin-1").splitlines()
        headers = [(name, value) for line in lines for name, _, value in [line.partition(": ")]]
        return Answer(int(status), headers, (place / "body").read_bytes(), protocol)

    def visit(self, site: str, client: str, *options: str) -> int:
        event = {"d": site, "n": "pageview", "u": f"https://{site}/"}
        return self.curl("/api/event", "--data", json.dumps(event), *options, client=client).status

    def log_in(self, password: str, origin: str, client: str = "127.0.0.2") -> Answer:
        body = json.dumps({"password": password})
        return self.curl(
            "/api/auth/login", "--header", f"Origin: {origin}", "--data", body, client=client
        )

    def visitors(self, site: str) -> Any:
        """How many visitors the server has counted."""
        cookie = self.log_in(PASSWORD, self.proxy.origin).header("set-cookie").partition(";")[0]
        path = f"/api/stats/main?site_id={site}&period=7d"
        return json.loads(self.curl(path, "--cookie", cookie).body)["unique_visitors"]


def a_file() -> bytes:
    return b"".join(bytes([number]) * (1 << 20) for number in range(SIZE >> 20))


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def setup(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[Setup]:
    base: Path = tmp_path_factory.mktemp(request.param)
    release = base / "releases" / "v1"
    release.mkdir(parents=True)
    (release / "pets.zip").write_bytes(a_file())
    config = write_settings(base / "mallard.toml", project("pets", downloads=base / "releases"))
    proxy = a_place(request.param, base / "proxy")
    settings = {
        "admin_password": PASSWORD,
        "dashboard_origin": proxy.origin,
        "secure_cookies": "true",
        # All of 127.0.0.0/8 otherwise, and visitors of this machine would be proxies, too.
        "trusted_proxies": "127.0.0.1",
    }
    with (
        running(base / "data", config=config, **settings) as server,
        running_proxy(proxy, server.address),
    ):
        yield Setup(proxy, server)


def test_the_script_is_served_by_http_2_and_kept_from_being_anything_else(setup: Setup) -> None:
    answer = setup.curl("/mallard.js")
    assert (answer.status, answer.protocol) == (200, "2")
    assert b"pageview" in answer.body
    assert answer.header("x-content-type-options") == "nosniff"


def test_visitors_are_told_apart_by_their_own_addresses(setup: Setup) -> None:
    assert setup.visit("apart.example", "127.0.0.2") == 202
    assert setup.visit("apart.example", "127.0.0.3") == 202
    assert setup.visit("apart.example", "127.0.0.3") == 202
    assert setup.visitors("apart.example") == 2


def test_nobody_can_invent_an_address(setup: Setup) -> None:
    assert setup.visit("invented.example", "127.0.0.2") == 202
    for header in ("X-Forwarded-For: 203.0.113.7", "X-Real-IP: 203.0.113.8"):
        assert setup.visit("invented.example", "127.0.0.2", "--header", header) == 202
    assert setup.visitors("invented.example") == 1


def test_the_login_is_for_https_alone_and_browsers_remember_that(setup: Setup) -> None:
    answer = setup.log_in(PASSWORD, setup.proxy.origin)
    assert answer.status == 200
    assert "Secure" in answer.header("set-cookie").split("; ")
    assert answer.header("strict-transport-security").startswith("max-age=31536000")


def test_plain_http_leads_to_https(setup: Setup) -> None:
    answer = setup.curl("/sites?x=1", port=setup.proxy.http)
    assert answer.status in (301, 308)
    assert answer.header("location").startswith(f"https://{HOST}")
    assert answer.header("location").endswith("/sites?x=1")


def test_a_foreign_page_cannot_sign_anybody_in(setup: Setup) -> None:
    assert setup.log_in(PASSWORD, FOREIGN).status == 403


def test_a_page_asks_for_the_login(setup: Setup) -> None:
    answer = setup.curl("/")
    assert answer.status in (302, 303)
    assert answer.header("location").startswith("/login")


def test_a_large_download_comes_whole_and_is_gone_on_with(setup: Setup) -> None:
    answer = setup.curl("/downloads/pets/v1/pets.zip")
    assert answer.status == 200
    assert len(answer.body) == SIZE
    assert hashlib.sha256(answer.body).digest() == hashlib.sha256(a_file()).digest()
    rest = setup.curl("/downloads/pets/v1/pets.zip", "--range", f"{SIZE - 5}-")
    assert (rest.status, rest.body) == (206, bytes([63]) * 5)


def test_what_is_too_large_is_refused_by_mallard_with_its_reason(setup: Setup) -> None:
    (setup.proxy.place / "large").write_bytes(b"x" * (2 << 20))
    answer = setup.curl("/api/event", "--data-binary", f"@{setup.proxy.place / 'large'}")
    assert answer.status == 413
    assert "error" in json.loads(answer.body)


def test_caddy_writes_down_refused_logins_alone_and_fail2ban_finds_them(setup: Setup) -> None:
    if setup.proxy.name == "nginx":
        assert not setup.proxy.log.exists()
        return
    setup.curl("/mallard.js", client="127.0.0.7")
    assert setup.log_in(PASSWORD, setup.proxy.origin, client="127.0.0.8").status == 200
    assert setup.log_in("wrong", setup.proxy.origin, client="127.0.0.9").status == 401
    until(lambda: "127.0.0.9" in setup.proxy.log.read_text(), "the login is written down")
    text = setup.proxy.log.read_text()
    assert "127.0.0.7" not in text
    assert CHROME not in text
    filter_ = DEPLOY / "fail2ban" / "mallard-login.conf"
    command = ["fail2ban-regex", "--out", "ip", str(setup.proxy.log), str(filter_)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["127.0.0.9"]
