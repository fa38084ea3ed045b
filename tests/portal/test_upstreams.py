"""Downloads from another server: what it is told, where it may send us, and when it fails."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from werkzeug.test import Client, TestResponse

from mallard.app import Mallard
from mallard.config import Portal, Project
from mallard.wsgi import application
from tests.portal.conftest import CONTENT, recorded
from tests.portal.upstream import Handler, Upstream, an_upstream
from tests.waiting import PATIENCE_SECS

URL = "/downloads/remote/v1.0/pets.zip"
FILE = "/files/v1.0/pets.zip"


def failures(mallard: Mallard) -> dict[str, int]:
    counts = mallard.intake.tally.counts()
    return {name: n for name, n in counts.items() if name.startswith("portal_failed_")}


def redirect(target: str, status: int = 302) -> Callable[[Handler], None]:
    return lambda handler: handler.say(status, Location=target)


def assert_failed(mallard: Mallard, answer: TestResponse, status: int, reason: str) -> None:
    """A clear page, nothing recorded, and the failure counted by its reason."""
    assert answer.status_code == status
    assert "where this is kept" in answer.text
    assert "<html" in answer.text
    assert recorded(mallard) == []
    assert failures(mallard) == {f"portal_failed_{reason}": 1}


def test_the_upstream_learns_nothing_about_the_visitor(client: Client, upstream: Upstream):
    upstream.has(FILE, CONTENT)
    visitor = {
        "X-Forwarded-For": "203.0.113.7",
        "User-Agent": "curl/8.5.0",
        "Cookie": "mm_session=1",
        "Authorization": "Bearer mm_1",
        "Referer": "https://example.com/",
        "Range": "bytes=0-",
    }
    assert client.get(URL, headers=visitor).data == CONTENT
    (seen,) = upstream.seen
    told = {name.lower(): value for name, value in seen.headers.items()}
    assert set(told) == {"host", "user-agent", "accept-encoding", "range"}
    assert told["user-agent"] == "Mallard"


def test_no_cookie_and_no_page_of_the_upstream_gets_through(client: Client, upstream: Upstream):
    upstream.has(FILE, b"<script>", Set_Cookie="a=b", Content_Type="text/html", X_Their_Own="1")
    answer = client.get(URL)
    assert "Set-Cookie" not in answer.headers
    assert "X-Their-Own" not in answer.headers
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Content-Disposition"] == "attachment; filename=pets.zip"


def test_what_the_upstream_has_packed_stays_packed(client: Client, upstream: Upstream):
    upstream.has(FILE, b"packed", Content_Encoding="gzip", Vary="Accept-Encoding")
    answer = client.get(URL, headers={"Accept-Encoding": "gzip"})
    assert (answer.data, answer.headers["Content-Encoding"]) == (b"packed", "gzip")
    assert upstream.seen[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize("version", ["v1 ä", "a?b#c", "100%", "{asset}", "a;b&c=d", "a:b@c"])
def test_names_stay_names_in_the_upstreams_address(
    client: Client, upstream: Upstream, version: str
):
    from urllib.parse import quote

    upstream.has(f"/files/{quote(version, safe='')}/pets.zip", CONTENT)
    assert client.get(f"/downloads/remote/{quote(version, safe='')}/pets.zip").data == CONTENT


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_on_the_same_host_is_followed(
    client: Client, mallard: Mallard, upstream: Upstream, status: int
):
    upstream.answers[FILE] = redirect("../moved?to=here", status)
    upstream.has("/files/moved?to=here", CONTENT)
    assert client.get(URL).data == CONTENT
    assert len(recorded(mallard)) == 1


@contextmanager
def another_host() -> Iterator[Upstream]:
    """A server that must not be asked anything."""
    with an_upstream() as other:
        other.has("/stolen", b"stolen")
        yield other
        assert other.seen == []


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{port}/stolen",
        "//127.0.0.1:{port}/stolen",
        "http://localhost:{port}/stolen",
        "http://127.0.0.1:{own}@127.0.0.1:{port}/stolen",
        "http://127.0.0.1:{port}\\@127.0.0.1:{own}/stolen",
        "http://127.0.0.1:{port}#@127.0.0.1:{own}/",
        "http://127.0.0.1:{port}?@127.0.0.1:{own}/",
        "http://0:{port}/stolen",
        "http://[::ffff:127.0.0.1]:{port}/stolen",
        "http://2130706433:{port}/stolen",
        "https://127.0.0.1:{own}/stolen",
        "http://user:password@127.0.0.1:{own}/stolen",
        "file:///etc/passwd",
        "ftp://127.0.0.1:{port}/stolen",
        "gopher://127.0.0.1:{port}/stolen",
        "http://",
        "http://[",
        "http://127.0.0.1:99999/",
        "javascript:alert(1)",
    ],
)
def test_a_redirect_to_another_place_is_not_followed(
    client: Client, mallard: Mallard, upstream: Upstream, target: str
):
    with another_host() as other:
        place = target.replace("{port}", str(other.port)).replace("{own}", str(upstream.port))
        upstream.answers[FILE] = redirect(place)
        answer = client.get(URL)
    assert_failed(mallard, answer, 502, "redirected")


def test_a_redirect_by_way_of_an_allowed_one_is_not_followed_either(
    client: Client, mallard: Mallard, upstream: Upstream
):
    with another_host() as other:
        upstream.answers[FILE] = redirect("/second")
        upstream.answers["/second"] = redirect(f"{other.url}/stolen")
        answer = client.get(URL)
    assert_failed(mallard, answer, 502, "redirected")


def test_a_redirect_to_another_configured_host_is_followed(start, upstream: Upstream):
    with an_upstream() as other:
        other.has("/moved", CONTENT)
        upstream.answers[FILE] = redirect(f"{other.url}/moved")
        projects = {
            "remote": Project(downloads=f"{upstream.url}/files/{{version}}/{{asset}}"),
            "other": Project(git=f"{other.url}/other.git"),
        }
        client = Client(application(start(portal=Portal(projects=projects))))
        assert client.get(URL).data == CONTENT


def test_redirects_in_a_circle_end(client: Client, mallard: Mallard, upstream: Upstream):
    upstream.answers[FILE] = redirect(FILE)
    assert_failed(mallard, client.get(URL), 502, "redirected")
    assert len(upstream.seen) < 10


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500, 503, 204, 300])
def test_what_the_upstream_refuses_is_502(
    client: Client, mallard: Mallard, upstream: Upstream, status: int
):
    upstream.answers[FILE] = lambda handler: handler.say(status, b"a secret of theirs")
    answer = client.get(URL)
    assert_failed(mallard, answer, 502, "refused")
    assert "secret" not in answer.text


@pytest.mark.parametrize("status", [404, 410])
def test_what_the_upstream_does_not_have_is_404_and_no_failure(
    client: Client, mallard: Mallard, upstream: Upstream, status: int
):
    upstream.answers[FILE] = lambda handler: handler.say(status)
    assert client.get(URL).status_code == 404
    assert recorded(mallard) == []
    assert failures(mallard) == {}


def test_an_upstream_that_is_not_there_is_502(start):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/{{version}}/{{asset}}"
        mallard = start(portal=Portal(projects={"remote": Project(downloads=address)}))
        answer = Client(application(mallard)).get(URL)
    assert_failed(mallard, answer, 502, "unreachable")


def test_an_upstream_without_a_name_is_502(start):
    address = "http://upstream.invalid/{version}/{asset}"
    mallard = start(portal=Portal(projects={"remote": Project(downloads=address)}))
    assert_failed(mallard, Client(application(mallard)).get(URL), 502, "unreachable")


def test_an_upstream_that_speaks_no_http_is_502(
    client: Client, mallard: Mallard, upstream: Upstream
):
    def nonsense(handler: Handler) -> None:
        handler.wfile.write(b"\x00nonsense\r\n\r\n")
        handler.close_connection = True

    upstream.answers[FILE] = nonsense
    assert_failed(mallard, client.get(URL), 502, "unreachable")


def test_an_upstream_that_says_nothing_is_504(start, upstream: Upstream):
    answered = threading.Event()

    def nothing(_: Handler) -> None:
        answered.wait(PATIENCE_SECS)

    upstream.answers[FILE] = nothing
    address = f"{upstream.url}/files/{{version}}/{{asset}}"
    projects = {"remote": Project(downloads=address)}
    mallard = start(portal=Portal(upstream_timeout_secs=1, projects=projects))
    answer = Client(application(mallard)).get(URL)
    answered.set()
    assert_failed(mallard, answer, 504, "slow")


def test_a_connection_that_ended_meanwhile_is_opened_again(client: Client, upstream: Upstream):
    def once(handler: Handler) -> None:
        handler.say(200, CONTENT)
        handler.close_connection = True

    upstream.answers[FILE] = once
    for _ in range(3):
        assert client.get(URL).data == CONTENT


def test_connections_are_used_again(client: Client, upstream: Upstream):
    ports = set()

    def from_where(handler: Handler) -> None:
        ports.add(handler.client_address[1])
        handler.say(200, CONTENT)

    upstream.answers[FILE] = from_where
    for _ in range(3):
        assert client.get(URL).data == CONTENT
    assert len(ports) == 1


def test_failures_are_shown_where_operators_look(
    client: Client, mallard: Mallard, upstream: Upstream
):
    upstream.answers[FILE] = lambda handler: handler.say(500)
    client.get(URL)
    assert 'mallard_portal_failures_total{reason="refused"} 1.0' in client.get("/metrics").text
    assert '"failed":{"refused":1}' in client.get("/api/diagnostics").text
    assert "Not passed on" in client.get("/diagnostics").text


def test_beyond_the_number_that_is_allowed_others_are_told_to_come_again(start, upstream: Upstream):
    upstream.has(FILE, CONTENT)
    address = f"{upstream.url}/files/{{version}}/{{asset}}"
    projects = {"remote": Project(downloads=address)}
    mallard = start(portal=Portal(max_concurrent_downloads=1, projects=projects))
    client = Client(application(mallard))
    first = client.get(URL)
    refused = client.get(URL)
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) >= 1
    first.close()
    assert client.get(URL, buffered=True).status_code == 200
    assert [props["id"] for props in recorded(mallard)] == [1, 2]
    assert client.head(URL, buffered=True).status_code == 200
    assert client.get(f"{URL}x", buffered=True).status_code == 404
    assert client.get(URL, buffered=True).status_code == 200
