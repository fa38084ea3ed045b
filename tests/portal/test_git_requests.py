"""The requests of git one by one: which are passed on, with what, and which are refused."""

from __future__ import annotations

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.ingest.journal import NotJournalled
from mallard.wsgi import application
from tests.conftest import stored_events
from tests.portal.conftest import recorded
from tests.portal.upstream import Handler, Upstream

REFS = "/git/remote.git/info/refs?service=git-upload-pack"
PACK = "/git/remote.git/git-upload-pack"
REQUEST = "application/x-git-upload-pack-request"
ADVERTISED = {"Content_Type": "application/x-git-upload-pack-advertisement"}


@pytest.fixture(autouse=True)
def repository(upstream: Upstream) -> None:
    upstream.has("/pets.git/info/refs?service=git-upload-pack", b"0000", **ADVERTISED)
    upstream.has("/pets.git/git-upload-pack", b"PACK", Content_Type="application/x-git")


def test_each_beginning_of_a_clone_is_recorded(client: Client, mallard: Mallard):
    answer = client.get(REFS, headers={"User-Agent": "git/2.39.5"})
    assert (answer.status_code, answer.data) == (200, b"0000")
    assert answer.content_type == ADVERTISED["Content_Type"]
    assert recorded(mallard) == [{"id": 1, "project": "remote", "user_agent": "git/2.39.5"}]
    (event,) = stored_events(mallard)
    assert (event["event_name"], event["pathname"]) == ("clone", "/git/remote.git")
    sent = client.post(PACK, data=b"0000", content_type=REQUEST)
    assert (sent.status_code, sent.data) == (200, b"PACK")
    assert len(recorded(mallard)) == 1


def test_git_is_heard_and_nobody_else(client: Client, upstream: Upstream):
    told = {
        "Git-Protocol": "version=2",
        "Accept": "*/*",
        "Accept-Encoding": "deflate, gzip",
        "Accept-Language": "de",
        "User-Agent": "git/2.39.5",
        "Cookie": "a=b",
        "Authorization": "Basic eDp5",
        "X-Forwarded-For": "203.0.113.7",
    }
    client.get(REFS, headers=told).close()
    client.post(PACK, data=b"x" * 100_000, content_type=REQUEST, headers=told).close()
    kept = {"git-protocol", "accept", "accept-encoding", "accept-language", "user-agent", "host"}
    names = [{name.lower() for name in seen.headers} for seen in upstream.seen]
    assert names == [kept, kept | {"content-type", "content-length"}]
    assert upstream.seen[1].body == b"x" * 100_000


def test_it_is_not_passed_on_when_it_cannot_be_recorded(
    client: Client, mallard: Mallard, monkeypatch
):
    def full(_line: bytes) -> int:
        raise NotJournalled(28, "No space left on device")

    monkeypatch.setattr(mallard.journal, "append", full)
    answer = client.get(REFS)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.data != b"0000"


@pytest.mark.parametrize(
    "url",
    [
        "/git/remote.git/info/refs?service=git-receive-pack",
        "/git/remote.git/info/refs?service=git-upload-pack&service=git-receive-pack",
        "/git/remote.git/info/refs?service=git-receive-pack&service=git-upload-pack",
    ],
)
def test_the_beginning_of_a_push_is_403(client: Client, upstream: Upstream, url: str):
    answer = client.get(url)
    assert (answer.status_code, answer.mimetype) == (403, "text/plain")
    assert upstream.seen == []


def test_a_push_is_403(client: Client, upstream: Upstream):
    kind = "application/x-git-receive-pack-request"
    answer = client.post("/git/remote.git/git-receive-pack", data=b"0000", content_type=kind)
    assert answer.status_code == 403
    assert upstream.seen == []


@pytest.mark.parametrize(
    "url",
    [
        "/git/remote.git/info/refs",
        "/git/remote.git/info/refs?service=git-upload-archive",
        "/git/remote.git/info/refs?service=git-upload-pack&service=git-upload-pack",
        "/git/remote.git/HEAD",
        "/git/remote.git/objects/info/packs",
        "/git/remote.git/../../info/refs?service=git-upload-pack",
        "/git/remote.git/%2e%2e/info/refs?service=git-upload-pack",
        "/git/..%2fpets.git/info/refs?service=git-upload-pack",
        "/git/local.git/info/refs?service=git-upload-pack",
        "/git/unknown.git/info/refs?service=git-upload-pack",
        "/git/remote/info/refs?service=git-upload-pack",
        "/git/",
    ],
)
def test_nothing_else_is_passed_on(client: Client, mallard: Mallard, upstream: Upstream, url: str):
    assert client.get(url).status_code == 404
    assert upstream.seen == []
    assert recorded(mallard) == []


def test_a_body_that_is_not_gits_is_refused(client: Client, upstream: Upstream):
    assert client.post(PACK, data=b"x", content_type="text/plain").status_code == 415
    assert client.post("/git/unknown.git/git-upload-pack", content_type=REQUEST).status_code == 404
    assert upstream.seen == []


def test_a_head_request_is_no_clone(client: Client, mallard: Mallard):
    assert client.head(REFS, buffered=True).status_code == 200
    assert recorded(mallard) == []


@pytest.mark.parametrize(("status", "said"), [(500, 502), (401, 502), (403, 502), (404, 404)])
def test_an_upstream_that_does_not_do_it_is_told_of_in_words(
    client: Client, mallard: Mallard, upstream: Upstream, status: int, said: int
):
    upstream.answers["/pets.git/info/refs?service=git-upload-pack"] = lambda handler: handler.say(
        status, b"theirs"
    )
    answer = client.get(REFS)
    assert (answer.status_code, answer.mimetype) == (said, "text/plain")
    assert b"theirs" not in answer.data
    assert recorded(mallard) == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_what_has_moved_on_the_same_host_is_followed_with_its_body(
    client: Client, upstream: Upstream, status: int
):
    upstream.answers["/pets.git/git-upload-pack"] = lambda handler: handler.say(
        status, Location="/moved.git/git-upload-pack"
    )
    upstream.has("/moved.git/git-upload-pack", b"PACK")
    assert client.post(PACK, data=b"want", content_type=REQUEST).data == b"PACK"
    assert [seen.body for seen in upstream.seen] == [b"want", b"want"]


def test_a_body_is_sent_again_where_a_connection_had_ended(client: Client, upstream: Upstream):
    def once(handler: Handler) -> None:
        handler.say(200, b"PACK")
        handler.close_connection = True

    upstream.answers["/pets.git/git-upload-pack"] = once
    for _ in range(3):
        assert client.post(PACK, data=b"want", content_type=REQUEST).data == b"PACK"
    assert {seen.body for seen in upstream.seen} == {b"want"}


def test_what_has_moved_to_another_host_is_not_followed(
    client: Client, mallard: Mallard, upstream: Upstream
):
    upstream.answers["/pets.git/git-upload-pack"] = lambda handler: handler.say(
        307, Location="http://127.0.0.1:9/pets.git/git-upload-pack"
    )
    assert client.post(PACK, data=b"want", content_type=REQUEST).status_code == 502
    assert mallard.intake.tally.counts() == {"portal_failed_redirected": 1}


def test_nobody_needs_to_be_signed_in_and_no_page_matters(start):
    mallard = start(admin_password="correct horse", dashboard_origin="https://stats.example.com")
    client = Client(application(mallard))
    assert client.get(REFS).status_code == 200
    headers = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    sent = client.post(PACK, data=b"want", content_type=REQUEST, headers=headers)
    assert sent.status_code == 200


def test_beyond_the_number_that_is_allowed_git_is_told_to_come_again(start, portal):
    import msgspec

    few = msgspec.structs.replace(portal, max_concurrent_clones=1)
    client = Client(application(start(portal=few)))
    first = client.post(PACK, data=b"want", content_type=REQUEST)
    refused = client.get(REFS, buffered=True)
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) >= 1
    first.close()
    assert client.get(REFS, buffered=True).status_code == 200
