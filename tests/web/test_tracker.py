"""The tracking script as it is served: its size, its headers, and what must not be in it."""

import gzip
import re
from importlib.resources import files

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mallard.web.tracker import blueprint, served_help, served_more, served_script

PARTS = ("tracker.js", "tracker_help.js", "tracker_more.js")


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


def test_with_all_that_a_tag_may_ask_for_it_is_under_three_thousand_bytes_compressed() -> None:
    sizes = [len(gzip.compress(script)) for script in (served_script(), served_more())]
    print(f"mallard.js {len(served_script())} bytes, {sizes[0]} compressed;", end=" ")
    print(f"mallard.track.js {len(served_more())} bytes, {sizes[1]} compressed")
    assert sum(sizes) < 3000


@pytest.mark.parametrize("path", ["/mallard.js", "/tracking/script.js"])
def test_both_names_serve_the_same_script(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.data == served_script()


def test_the_second_part_is_beside_the_api(client: FlaskClient) -> None:
    answer = client.get("/api/event.js")
    assert (answer.status_code, answer.data) == (200, served_help())


def test_both_parts_have_one_idea_of_what_needs_no_mending() -> None:
    fits = [re.findall(r"^ +(/n\":.*\$/)", written(name), re.M) for name in PARTS[:2]]
    assert fits[0] == fits[1] and len(fits[0]) == 1


def test_what_a_tag_may_ask_for_is_beside_the_script(client: FlaskClient) -> None:
    answer = client.get("/mallard.track.js")
    assert (answer.status_code, answer.data) == (200, served_more())


@pytest.mark.parametrize("path", ["/mallard.js", "/mallard.track.js", "/api/event.js"])
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
    for script in (served_script(), served_help(), served_more()):
        assert not re.search(rb"https?:|['\"`]//", script)
    imported = r"import\(\$api \+ \(\$u\?\.ok \? '/../../mallard.track.js' : '.js'\)\)"
    assert len(re.findall(imported, source)) == len(re.findall(r"import\s*\(", source)) == 1
    for script in (served_help(), served_more()):
        assert not re.search(rb"import\s*[({*\"']", script)


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
    read = set() if name == "tracker_more.js" else {"localStorage.mallard_ignore"}
    assert set(re.findall(r"localStorage\.\w+", code)) == read


# A name without the dollar sign would be served at full length.
@pytest.mark.parametrize("name", ["tracker.js", "tracker_more.js"])
def test_every_local_name_of_the_script_can_be_shortened(name: str) -> None:
    source = re.sub(r"(^|\s)//.*", "", written(name))
    declared = re.findall(r"(?:\b(?:let|const|var|function)\s+|\bcatch \()([\w$]+)", source)
    assert declared
    assert all(name.startswith("$") for name in declared)


def test_no_long_local_name_is_served() -> None:
    for script in (served_script(), served_more()):
        assert not re.search(rb"\$\w", script)
