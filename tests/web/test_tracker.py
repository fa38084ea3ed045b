"""The tracking script as it is served: its size, its headers, and what must not be in it."""

import re
from importlib.resources import files

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mallard.web.tracker import blueprint, served_script


@pytest.fixture
def client() -> FlaskClient:
    app = Flask(__name__)
    app.register_blueprint(blueprint)
    return app.test_client()


@pytest.fixture(scope="module")
def source() -> str:
    """The script as it is written, without its comments."""
    text = (files("mallard") / "static" / "tracker.js").read_text(encoding="utf-8")
    return re.sub(r"(^|\s)//.*", "", text)


def test_the_served_script_is_under_a_kilobyte() -> None:
    assert len(served_script()) < 1024


@pytest.mark.parametrize("path", ["/mallard.js", "/tracking/script.js"])
def test_both_names_serve_the_same_script(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.data == served_script()


def test_any_site_may_embed_and_keep_the_script_for_a_day(client: FlaskClient) -> None:
    headers = client.get("/mallard.js").headers
    assert headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert headers["Cache-Control"] == "public, max-age=86400"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Set-Cookie" not in headers


def test_a_browser_that_holds_this_version_gets_304(client: FlaskClient) -> None:
    first = client.get("/mallard.js")
    assert re.fullmatch(r'"[0-9a-f]{32}"', first.headers["ETag"])
    again = client.get("/mallard.js", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    for header in ("ETag", "Cache-Control", "Access-Control-Allow-Origin"):
        assert again.headers[header] == first.headers[header]


def test_a_browser_that_holds_another_version_gets_this_one(client: FlaskClient) -> None:
    answer = client.get("/mallard.js", headers={"If-None-Match": '"another"'})
    assert (answer.status_code, answer.data) == (200, served_script())


def test_a_head_request_gets_the_headers_alone(client: FlaskClient) -> None:
    answer = client.head("/mallard.js")
    assert answer.data == b""
    assert answer.content_length == len(served_script())


def test_the_script_refers_to_no_other_host() -> None:
    assert not re.search(rb"https?:|['\"]//|import\s*\(", served_script())


def test_the_script_writes_no_cookie_and_no_storage(source: str) -> None:
    for word in ("cookie", "sessionStorage", "indexedDB", "caches", "setItem"):
        assert word not in source
    assert re.findall(r"localStorage.*", source) == ["localStorage.mallard_ignore == 'true';"]


# A name without the dollar sign would be served at full length.
def test_every_local_name_of_the_script_can_be_shortened(source: str) -> None:
    declared = re.findall(r"(?:\b(?:let|const|var|function)\s+|\bcatch \()([\w$]+)", source)
    assert declared
    assert all(name.startswith("$") for name in declared)


def test_no_long_local_name_is_served() -> None:
    assert not re.search(rb"\$\w", served_script())
