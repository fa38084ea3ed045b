"""Headers of every answer, compressed answers, and errors in the form that the client reads."""

from __future__ import annotations

import gzip
import json

import duckdb
import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.reports.desk import ReportDesk
from mallard.wsgi import application
from tests.conftest import post_event

EVENT = {"d": "example.com", "n": "pageview", "u": "https://example.com/"}
STATS = "/api/stats/main?site_id=example.com"
SECRET = "secret.parquet"

ANSWERS = [
    ("GET", "/", 200),
    ("GET", "/health", 200),
    ("GET", "/health/detailed", 200),
    ("GET", "/mallard.js", 200),
    ("GET", "/favicon.ico", 200),
    ("GET", STATS, 200),
    ("GET", "/api/stats/main", 400),
    ("POST", STATS, 405),
    ("GET", "/nowhere", 404),
    ("GET", "/api/nowhere", 404),
    ("GET", "/api/event", 200),
    ("POST", "/api/event", 400),
    ("OPTIONS", "/api/event", 204),
    ("PUT", "/api/event", 405),
]


def ask(client: Client, method: str, path: str, status: int):
    response = client.open(path, method=method)
    assert response.status_code == status
    return response


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "strict-origin-when-cross-origin"),
        ("Permissions-Policy", "geolocation=(), microphone=(), camera=()"),
    ],
)
def test_every_answer_has_the_security_headers_once(
    onlooker: Client, method: str, path: str, status: int, name: str, value: str
) -> None:
    assert ask(onlooker, method, path, status).headers.getlist(name) == [value]


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_an_answer_does_not_tell_what_serves_it(onlooker, method, path, status) -> None:
    headers = ask(onlooker, method, path, status).headers
    assert not {"Server", "X-Powered-By", "Set-Cookie", "Strict-Transport-Security"} & set(headers)


@pytest.mark.parametrize("path", ["/", "/nowhere"])
def test_pages_load_from_here_alone(onlooker: Client, path: str) -> None:
    policy = onlooker.get(path).headers["Content-Security-Policy"]
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'"} <= set(
        policy.split("; ")
    )
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", [STATS, "/api/stats/main", "/api/nowhere", "/health/detailed"])
def test_figures_are_not_kept_by_browsers_and_proxies(onlooker: Client, path: str) -> None:
    response = onlooker.get(path)
    assert response.headers["Cache-Control"] == "no-store, no-cache"
    assert "Content-Security-Policy" not in response.headers


@pytest.mark.parametrize(
    ("method", "path", "status"), [entry for entry in ANSWERS if entry[1].startswith("/api/")]
)
def test_other_pages_may_not_read_the_figures(onlooker, method, path, status) -> None:
    response = onlooker.open(path, method=method, headers={"Origin": "https://evil.example"})
    is_readable = "Access-Control-Allow-Origin" in response.headers
    assert is_readable is path.startswith("/api/event")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/stats/main", 400),
        ("GET", "/api/nowhere", 404),
        ("GET", "/api/stats/breakdown/nonsense?site_id=example.com", 404),
        ("DELETE", STATS, 405),
        ("POST", "/api/event", 400),
        ("DELETE", "/api/event", 405),
    ],
)
def test_the_api_answers_errors_in_json(onlooker, method, path, status) -> None:
    response = ask(onlooker, method, path, status)
    assert response.mimetype == "application/json"
    assert list(response.json) == ["error"]
    assert response.json["error"]


@pytest.mark.parametrize(
    ("path", "status"), [("/nowhere", 404), ("/?site_id=a/b", 400), ("/panels/nothing", 404)]
)
def test_pages_answer_errors_in_html(onlooker: Client, path: str, status: int) -> None:
    response = ask(onlooker, "GET", path, status)
    assert response.mimetype == "text/html"
    assert "<h1" in response.text


def test_what_an_error_repeats_is_escaped(onlooker: Client) -> None:
    script = "<script>alert(1)</script>"
    assert script not in onlooker.get("/", query_string={"period": script, "site_id": script}).text
    assert onlooker.get(f"/api/stats/breakdown/{script[:8]}").mimetype == "application/json"


def test_a_large_json_answer_is_compressed_for_who_asks(onlooker: Client) -> None:
    path = STATS.replace("main", "timeseries")
    plain = onlooker.get(path)
    small = onlooker.get(path, headers={"Accept-Encoding": "br, gzip"})
    assert "Content-Encoding" not in plain.headers
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.data) == plain.data
    assert int(small.headers["Content-Length"]) == len(small.data) < len(plain.data)
    assert "Accept-Encoding" in plain.headers["Vary"]
    for refused in ("gzip;q=0", "identity", "br"):
        answer = onlooker.get(path, headers={"Accept-Encoding": refused})
        assert "Content-Encoding" not in answer.headers


def test_a_small_answer_is_not_worth_compressing(onlooker: Client) -> None:
    response = onlooker.get(STATS, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in response.headers


def test_an_event_s_answer_is_never_compressed(client: Client) -> None:
    assert "Content-Encoding" not in post_event(client, EVENT, Accept_Encoding="gzip").headers


def client_whose_reports_fail(mallard: Mallard, failure: Exception) -> Client:
    class Broken:
        def fetch(self, *_args):
            raise failure

    mallard.reports = ReportDesk(
        Broken(), mallard.reports.cache, lambda: None, has_events=lambda site_id: True
    )
    return Client(application(mallard))


@pytest.mark.parametrize(
    "failure",
    [RuntimeError(SECRET), duckdb.IOException(SECRET), KeyError(SECRET), OSError(5, SECRET)],
    ids=lambda failure: type(failure).__name__,
)
def test_a_failure_leaks_nothing(mallard: Mallard, failure: Exception, capsys) -> None:
    client = client_whose_reports_fail(mallard, failure)
    response = ask(client, "GET", STATS, 500)
    assert list(json.loads(response.text)) == ["error"]
    assert SECRET not in response.text
    page = ask(client, "GET", "/?site_id=example.com", 500)
    assert (page.mimetype, SECRET in page.text) == ("text/html", False)
    assert SECRET in "".join(capsys.readouterr()), "the operator must find it in the log"


def test_a_report_that_needs_too_much_memory_is_503(mallard: Mallard) -> None:
    client = client_whose_reports_fail(mallard, duckdb.OutOfMemoryException(SECRET))
    response = ask(client, "GET", STATS, 503)
    assert int(response.headers["Retry-After"]) >= 1
    assert SECRET not in response.text


def test_a_failed_report_is_not_kept_in_the_cache(start) -> None:
    mallard = start(cache_ttl_secs=60)
    client_whose_reports_fail(mallard, RuntimeError(SECRET)).get(STATS)
    assert len(mallard.reports.cache) == 0
