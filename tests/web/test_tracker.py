"""The tracking script as it is served: its size, its headers, and what must not be in it."""

import re
from importlib.resources import files

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mallard.web.tracker import blueprint, served_help, served_script

PARTS = ("tracker.js", "tracker_help.js")


@pytest.fixture
def client() -> FlaskClient:
    app = Flask(__name__)
    app.register_blueprint(blueprint)
    return app.test_client()


@pytest.fixture(scope="module")
def source() -> str:
    """The script as it is written, without its comments."""
    return re.sub(r"(^|\s)//.*", "", written("tracker.js"))


def written(name: str) -> str:
    return (files("mallard") / "static" / name).read_text(encoding="utf-8")


def test_the_served_script_is_under_a_kilobyte() -> None:
    assert len(served_script()) < 1024


@pytest.mark.parametrize("path", ["/mallard.js", "/tracking/script.js"])
def test_both_names_serve_the_same_script(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.data == served_script()


def test_the_second_part_is_beside_the_api(client: FlaskClient) -> None:
    answer = client.get("/api/event.js")
    assert (answer.status_code, answer.data) == (200, served_help())


def test_both_parts_have_one_idea_of_what_needs_no_mending() -> None:
    fits = [re.findall(r"^ +(/n\":.*\$/)", written(name), re.M) for name in PARTS]
    assert fits[0] == fits[1] and len(fits[0]) == 1


@pytest.mark.parametrize("path", ["/mallard.js", "/api/event.js"])
def test_any_site_may_embed_and_keep_the_script_for_a_day(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
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


def test_the_script_refers_to_no_other_host(source: str) -> None:
    for script in (served_script(), served_help()):
        assert not re.search(rb"https?:|['\"`]//", script)
    assert re.findall(r"import\s*\(.*?\)", source) == ["import($api + '.js')"]
    assert not re.search(rb"import\s*[({*\"']", served_help())


@pytest.mark.parametrize("name", PARTS)
def test_the_script_writes_no_cookie_and_no_storage_but_that_one_is_to_be_ignored(
    name: str,
) -> None:
    code = re.sub(r"(^|\s)//.*", "", written(name))
    for word in ("cookie", "sessionStorage", "indexedDB", "caches", "setItem"):
        assert word not in code
    written_to = re.findall(r"localStorage[.[]\S* =(?!=) .*;", code)
    ignoring = ["localStorage.mallard_ignore = 'true';"] if name == "tracker_help.js" else []
    assert written_to == ignoring
    assert set(re.findall(r"localStorage\.\w+", code)) == {"localStorage.mallard_ignore"}


# A name without the dollar sign would be served at full length.
def test_every_local_name_of_the_script_can_be_shortened(source: str) -> None:
    declared = re.findall(r"(?:\b(?:let|const|var|function)\s+|\bcatch \()([\w$]+)", source)
    assert declared
    assert all(name.startswith("$") for name in declared)


def test_no_long_local_name_is_served() -> None:
    assert not re.search(rb"\$\w", served_script())
