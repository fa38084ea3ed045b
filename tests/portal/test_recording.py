"""What is recorded of the portal's visitors, and that it is before anything is answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.ingest.journal import NotJournalled
from mallard.ingest.refusals import Rejected
from mallard.model import Dropped
from mallard.portal.recording import Name, Visitor
from mallard.wsgi import application
from tests.conftest import CHROME, abandon, stored_events
from tests.waiting import PATIENCE_SECS

GIT = Visitor("203.0.113.7", "git/2.39.2")
CRAWLER = Visitor("203.0.113.8", "Googlebot/2.1 (+http://www.google.com/bot.html)")


def download(mallard: Mallard, visitor: Visitor = GIT, **props: Any) -> Dropped | None:
    told = {"project": "pets", "version": "v1", "asset": "pets.zip", **props}
    assert mallard.recorder is not None
    return mallard.recorder.record(Name.DOWNLOAD, told, visitor, "/downloads/pets/v1/pets.zip")


def record(mallard: Mallard, name: Name, visitor: Visitor = GIT, **props: Any) -> None:
    assert mallard.recorder is not None
    mallard.recorder.record(name, props, visitor, f"/{name}")


def told(mallard: Mallard) -> list[dict[str, Any]]:
    return [json.loads(event["props"]) for event in stored_events(mallard)]


def test_what_is_recorded_is_an_ordinary_event_of_the_portals_site(mallard: Mallard):
    assert download(mallard) is None
    (event,) = stored_events(mallard)
    assert (event["site_id"], event["event_name"]) == ("portal", "download")
    assert (event["pathname"], event["hostname"]) == ("/downloads/pets/v1/pets.zip", "portal")
    assert json.loads(event["props"]) == {
        "id": 1,
        "project": "pets",
        "version": "v1",
        "asset": "pets.zip",
        "user_agent": "git/2.39.2",
    }
    assert len(event["visitor_id"]) == 64
    assert "203.0.113.7" not in str(event)


def test_it_is_on_the_journal_when_record_returns(start: Callable[..., Mallard]):
    first = start()
    download(first)
    abandon(first)
    assert [props["asset"] for props in told(start())] == ["pets.zip"]


def test_what_cannot_be_written_is_refused_with_503(mallard: Mallard, monkeypatch):
    def full(_line: bytes) -> int:
        raise NotJournalled(28, "No space left on device")

    monkeypatch.setattr(mallard.journal, "append", full)
    with pytest.raises(Rejected) as caught:
        download(mallard)
    assert caught.value.status == 503
    assert caught.value.retry_after_secs
    assert stored_events(mallard) == []


def test_programs_are_kept_and_robots_are_marked(mallard: Mallard):
    download(mallard, GIT)
    download(mallard, Visitor("203.0.113.7", ""))
    download(mallard, Visitor("203.0.113.7", "curl/8.5.0"))
    download(mallard, CRAWLER)
    assert [props.get("robot") for props in told(mallard)] == [None, None, None, True]


def test_no_list_of_sites_and_no_limit_stands_in_the_way(start: Callable[..., Mallard]):
    mallard = start(site_ids=("example.com",), rate_limit_per_site=1, max_new_sites_per_hour=1)
    for _ in range(5):
        download(mallard)
    assert len(told(mallard)) == 5


def test_whoever_opts_out_is_left_out_where_that_is_respected(start: Callable[..., Mallard]):
    shy = Visitor("203.0.113.7", CHROME, opted_out=True)
    mallard = start(respect_gpc=True)
    assert download(mallard, shy) is not None
    assert download(mallard) is None
    assert len(told(mallard)) == 1


@pytest.mark.parametrize("flag", ["suppress_browser_version", "suppress_os_version", "gdpr"])
def test_no_user_agent_is_kept_where_versions_are_not(start: Callable[..., Mallard], flag: str):
    versions = ("suppress_browser_version", "suppress_os_version")
    mallard = start(**dict.fromkeys(versions if flag == "gdpr" else [flag], True))
    download(mallard)
    assert "user_agent" not in told(mallard)[0]


def test_a_user_agent_of_any_length_and_kind_is_kept_in_part(mallard: Mallard):
    download(mallard, Visitor("203.0.113.7", '"\\\x00\ud800' + "x" * 100_000))
    (props,) = told(mallard)
    assert props["user_agent"].startswith('"\\\ufffdxxx')
    assert len(props["user_agent"]) < 600


def test_each_table_numbers_its_rows_from_one_on(mallard: Mallard):
    record(mallard, Name.TOOL_UPLOAD, tool="pets")
    record(mallard, Name.CLONE, project="pets")
    record(mallard, Name.TOOL_DOWNLOAD, tool="pets")
    record(mallard, Name.SEARCH, detail="duck", result_count=0)
    record(mallard, Name.SEARCH, detail="duck", result_count=None)
    assert [props["id"] for props in told(mallard)] == [1, 1, 2, 1, 2]
    assert "result_count" not in told(mallard)[-1]


def test_numbers_go_on_after_a_kill_a_restart_and_an_erasure(start: Callable[..., Mallard], clock):
    killed = start()
    download(killed)
    abandon(killed)
    stopped = start()
    clock.move(days=1)
    download(stopped)
    record(stopped, Name.CLONE, project="pets")
    stopped.stop(PATIENCE_SECS)
    erased = start()
    clock.move(days=1)
    download(erased)
    erased.erasure.erase("portal", date(2026, 3, 18), date(2026, 3, 18))
    erased.stop(PATIENCE_SECS)
    last = start()
    record(last, Name.CLONE, project="pets")
    download(last)
    assert [props["id"] for props in told(last)] == [2, 1, 3, 2, 4]


def test_numbers_go_on_however_long_ago_the_last_one_was(start: Callable[..., Mallard], clock):
    old = start()
    record(old, Name.TOOL_UPLOAD, tool="pets")
    for days in (1, 20, 20, 1):
        clock.move(days=days)
        download(old)
    record(old, Name.CLONE, project="pets")
    clock.move(days=1)
    download(old)
    old.stop(PATIENCE_SECS)
    new = start()
    record(new, Name.TOOL_DOWNLOAD, tool="pets")
    record(new, Name.CLONE, project="pets")
    record(new, Name.SEARCH, detail="duck", result_count=1)
    download(new)
    assert [props["id"] for props in told(new)[-4:]] == [2, 2, 1, 6]


def test_numbers_follow_the_times_however_many_record_at_once(mallard: Mallard):
    with ThreadPoolExecutor(8) as many:
        list(many.map(lambda n: download(mallard, asset=str(n)), range(200)))
    assert [props["id"] for props in told(mallard)] == list(range(1, 201))


def an_event(**fields: Any) -> dict[str, Any]:
    props = {"project": "pets", "id": 900}
    return {"d": "portal", "n": "download", "u": "/x", "p": props, **fields}


def test_strangers_cannot_send_what_the_portal_records(client: Client, mallard: Mallard):
    refused = client.post("/api/event", json=an_event())
    assert refused.status_code == 403
    assert "only the server records" in refused.text
    assert client.post("/api/event", json=an_event(n="save_uploaded")).status_code == 202
    assert client.post("/api/event", json=an_event(d="example.com")).status_code == 202
    names = [event["event_name"] for event in stored_events(mallard)]
    assert names == ["save_uploaded", "download"]


def test_the_holder_of_a_key_may_send_it_and_it_is_numbered_too(client: Client, mallard: Mallard):
    mallard.access.passwords.set_first("correct horse battery")
    key = mallard.access.keys.create("host", "Ingest").key
    download(mallard)
    sent = client.post("/api/events", json=[an_event()], headers={"X-API-Key": key})
    assert '"accepted":1' in sent.text
    assert [props["id"] for props in told(mallard)] == [1, 2]


def test_without_a_portal_nothing_is_recorded_or_reserved(start: Callable[..., Mallard]):
    mallard = start(portal=None)
    assert mallard.recorder is None
    assert Client(application(mallard)).post("/api/event", json=an_event()).status_code == 202
