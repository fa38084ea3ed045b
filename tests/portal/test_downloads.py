"""Downloads: what is handed out, what counts as a download, and what does not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from werkzeug.test import Client, TestResponse

from mallard.app import Mallard
from mallard.ingest.journal import NotJournalled
from mallard.wsgi import application
from tests.conftest import stored_events
from tests.portal.conftest import CONTENT, recorded
from tests.portal.upstream import Handler, Upstream

LOCAL = "/downloads/local/v1.0/pets.zip"
REMOTE = "/downloads/remote/v1.0/pets.zip"
FILE = "/files/v1.0/pets.zip"
BOTH = pytest.mark.parametrize("url", [LOCAL, REMOTE])


def with_ranges(handler: Handler) -> None:
    """A file as a server has it that knows parts, tags and times."""
    tag, asked = '"one"', handler.headers.get("Range", "")
    about = {"ETag": tag, "Accept_Ranges": "bytes", "Content_Type": "application/zip"}
    if handler.headers.get("If-None-Match") == tag:
        handler.say(304, ETag=tag)
    elif not asked or handler.headers.get("If-Range", tag) != tag:
        handler.say(200, CONTENT, Set_Cookie="a=b", **about)
    else:
        first, last = asked.removeprefix("bytes=").split("-")
        if int(first) >= len(CONTENT):
            handler.say(416, Content_Range=f"bytes */{len(CONTENT)}")
            return
        end = int(last or len(CONTENT) - 1)
        place = f"bytes {first}-{end}/{len(CONTENT)}"
        handler.say(206, CONTENT[int(first) : end + 1], Content_Range=place, **about)


@pytest.fixture(autouse=True)
def file(upstream: Upstream) -> None:
    upstream.answers[FILE] = with_ranges


def ask(client: Client, url: str, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(url, headers={"User-Agent": "curl/8.5.0", **named}, buffered=True)


@BOTH
def test_a_file_is_handed_out_and_counted_once(client: Client, mallard: Mallard, url: str):
    answer = ask(client, url)
    assert (answer.status_code, answer.data) == (200, CONTENT)
    assert answer.headers["Content-Length"] == str(len(CONTENT))
    assert answer.content_type == "application/zip"
    (props,) = recorded(mallard)
    project = url.split("/")[2]
    assert props == {
        "id": 1,
        "project": project,
        "version": "v1.0",
        "asset": "pets.zip",
        "user_agent": "curl/8.5.0",
    }
    (event,) = stored_events(mallard)
    assert (event["event_name"], event["pathname"]) == ("download", url)


@BOTH
def test_it_is_recorded_before_the_first_byte_is_sent(client: Client, mallard: Mallard, url: str):
    answer = client.get(url)
    assert len(recorded(mallard)) == 1
    answer.close()


@BOTH
def test_it_is_not_handed_out_when_it_cannot_be_recorded(
    client: Client, mallard: Mallard, url: str, monkeypatch
):
    def full(_line: bytes) -> int:
        raise NotJournalled(28, "No space left on device")

    monkeypatch.setattr(mallard.journal, "append", full)
    answer = ask(client, url)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert CONTENT[:100] not in answer.data


@BOTH
@pytest.mark.parametrize(
    ("asked", "status", "first", "last", "counts"),
    [
        ("bytes=0-", 206, 0, len(CONTENT) - 1, True),
        ("bytes=0-0", 206, 0, 0, True),
        ("bytes=1-", 206, 1, len(CONTENT) - 1, False),
        ("bytes=100-199", 206, 100, 199, False),
    ],
)
def test_a_part_counts_when_it_is_the_beginning(
    client: Client, mallard: Mallard, url: str, asked: str, status, first, last, counts
):
    answer = ask(client, url, Range=asked)
    assert (answer.status_code, answer.data) == (status, CONTENT[first : last + 1])
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(CONTENT)}"
    assert answer.headers["Content-Length"] == str(last + 1 - first)
    assert len(recorded(mallard)) == counts


@BOTH
def test_what_is_unchanged_is_not_another_download(client: Client, mallard: Mallard, url: str):
    first = ask(client, url)
    again = ask(client, url, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    assert "Content-Type" not in again.headers
    assert len(recorded(mallard)) == 1


@BOTH
def test_a_look_at_the_headers_is_no_download(client: Client, mallard: Mallard, url: str):
    answer = client.head(url, headers={"Accept-Encoding": "gzip", "Range": "bytes=5-"})
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(CONTENT))
    assert recorded(mallard) == []


@BOTH
def test_a_part_beyond_the_end_is_refused_and_not_counted(
    client: Client, mallard: Mallard, url: str
):
    answer = ask(client, url, Range=f"bytes={len(CONTENT)}-")
    assert (answer.status_code, answer.data) == (416, b"")
    assert answer.headers["Content-Range"] == f"bytes */{len(CONTENT)}"
    assert recorded(mallard) == []


@BOTH
def test_going_on_with_another_edition_begins_anew_and_counts(
    client: Client, mallard: Mallard, url: str
):
    answer = ask(client, url, Range="bytes=5-", If_Range='"an older one"')
    assert (answer.status_code, answer.data) == (200, CONTENT)
    assert len(recorded(mallard)) == 1


@BOTH
def test_going_on_with_the_same_edition_does_not_count(client: Client, mallard: Mallard, url: str):
    tag = client.head(url).headers["ETag"]
    answer = ask(client, url, Range="bytes=5-", If_Range=tag)
    assert (answer.status_code, answer.data) == (206, CONTENT[5:])
    assert recorded(mallard) == []


def test_of_a_directory_several_parts_at_once_are_the_whole(client: Client, mallard: Mallard):
    assert ask(client, LOCAL, Range="bytes=5-9,20-29").data == CONTENT
    assert len(recorded(mallard)) == 1


def test_the_last_bytes_alone_are_no_download(client: Client, mallard: Mallard):
    answer = ask(client, LOCAL, Range="bytes=-100")
    assert (answer.status_code, answer.data) == (206, CONTENT[-100:])
    assert recorded(mallard) == []


@pytest.mark.parametrize("asked", ["bytes=x", "pages=1-2", "bytes=9-5", "", "bytes=--1"])
def test_a_part_that_is_none_is_the_whole(client: Client, asked: str):
    assert ask(client, LOCAL, Range=asked).data == CONTENT


def test_what_has_not_changed_since_is_not_sent_again(client: Client, mallard: Mallard):
    changed = client.head(LOCAL).headers["Last-Modified"]
    assert ask(client, LOCAL, If_Modified_Since=changed).status_code == 304
    assert recorded(mallard) == []


def test_a_file_that_changes_has_another_tag(client: Client, releases: Path):
    before = client.head(LOCAL).headers["ETag"]
    (releases / "v1.0" / "pets.zip").write_bytes(b"another")
    assert client.head(LOCAL).headers["ETag"] != before
    assert ask(client, LOCAL, If_Match=before).status_code == 412


def test_an_empty_file_is_a_download_too(client: Client, mallard: Mallard, releases: Path):
    (releases / "v1.0" / "empty").touch()
    answer = ask(client, "/downloads/local/v1.0/empty")
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Content-Length"] == "0"
    assert len(recorded(mallard)) == 1


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.tar.gz", "application/gzip"),
        ("a.tar.xz", "application/x-xz"),
        ("a.html", "text/html"),
        ("a.txt", "text/plain"),
        ("a", "application/octet-stream"),
        ("ente ä.bin", "application/octet-stream"),
    ],
)
def test_files_are_kept_by_browsers_and_act_as_no_page(
    client: Client, releases: Path, name: str, kind: str
):
    (releases / "v1.0" / name).write_bytes(b"<script>" * 1000)
    answer = ask(client, f"/downloads/local/v1.0/{name}", Accept_Encoding="gzip")
    assert answer.data == b"<script>" * 1000
    assert answer.content_type == kind
    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_name_in_another_script_reaches_the_browser(client: Client, releases: Path):
    (releases / "v1.0" / "ente ä.bin").touch()
    answer = ask(client, "/downloads/local/v1.0/ente ä.bin")
    assert "filename*=UTF-8''ente%20%C3%A4.bin" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(
    "url",
    [
        "/downloads/unknown/v1.0/pets.zip",
        "/downloads/local/v1.0/unknown.zip",
        "/downloads/local/v9/pets.zip",
        "/downloads/remote/v1.0/unknown.zip",
        "/downloads/local/v1.0",
        "/downloads/local/v1.0/",
        "/downloads/local",
        "/downloads/",
    ],
)
def test_what_there_is_not_is_404_and_not_counted(client: Client, mallard: Mallard, url: str):
    answer = ask(client, url)
    assert answer.status_code == 404
    assert "<html" in answer.text
    assert recorded(mallard) == []


def test_a_directory_that_is_gone_is_the_operators_trouble(
    client: Client, mallard: Mallard, releases: Path
):
    releases.rename(releases.with_name("elsewhere"))
    answer = ask(client, LOCAL)
    assert answer.status_code == 502
    assert recorded(mallard) == []
    assert mallard.intake.tally.counts() == {"portal_failed_unreachable": 1}


def test_a_file_may_be_a_link_to_another_release(client: Client, mallard: Mallard, releases: Path):
    (releases / "latest").symlink_to("v1.0")
    assert ask(client, "/downloads/local/latest/pets.zip").data == CONTENT
    assert recorded(mallard)[0]["version"] == "latest"


def test_what_is_no_file_is_not_handed_out(client: Client, releases: Path):
    (releases / "v1.0" / "inner").mkdir()
    os.mkfifo(releases / "v1.0" / "pipe")
    assert ask(client, "/downloads/local/v1.0/inner").status_code == 404
    assert ask(client, "/downloads/local/v1.0/pipe").status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_is_changed_there(client: Client, method: str):
    assert client.open(LOCAL, method=method).status_code == 405


def test_without_a_portal_there_are_no_downloads(start):
    client = Client(application(start(portal=None)))
    assert client.get(LOCAL).status_code == 404
    assert client.get("/git/remote.git/info/refs?service=git-upload-pack").status_code == 404
