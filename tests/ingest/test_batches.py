"""`POST /api/events` as programs see it: bodies, answers, and what is stored of a batch."""

from __future__ import annotations

import json

import pytest
from werkzeug.test import Client

from mallard.ingest.batches import MAX_BATCH_BYTES, MAX_EVENTS
from mallard.ingest.journal import Segment
from mallard.wsgi import application
from tests.conftest import stored_events
from tests.ingest.posting import EVENT, LINE, Post, at, stored, summary
from tests.ingest.test_collect import GOOGLEBOT, block_the_journal, error, free_the_journal


@pytest.mark.parametrize(
    "body",
    [
        json.dumps([EVENT, EVENT]),
        f"\r\n\t [{LINE},\n{LINE}]\n",
        f"{LINE}\n{LINE}",
        f"\n\n  {LINE}  \r\n \t\r\n{LINE}\r\n\n",
    ],
    ids=["array", "array between blanks", "lines", "lines between blank ones"],
)
def test_a_batch_is_an_array_or_one_event_a_line(post: Post, body: str) -> None:
    response = post(body, {"Content-Type": "text/csv"})
    assert summary(response) == (2, 0, [])
    assert [event["timestamp"] for event in stored(response)] == [
        at(2026, 3, 18, 12),
        at(2026, 3, 18, 12, 0, 0, 1),
    ]


def test_every_event_is_told_apart_taken_left_out_or_wrong(post: Post) -> None:
    batch = [
        EVENT,
        EVENT | {"u": "https://"},
        EVENT | {"user_agent": GOOGLEBOT},
        5,
        EVENT | {"w": "wide"},
        EVENT | {"u": "https://example.com/last"},
        {"d": "example.com"},
    ]
    response = post(batch)
    accepted, dropped, errors = summary(response)
    assert (accepted, dropped, [index for index, _ in errors]) == (2, 1, [1, 3, 4, 6])
    assert [reason.partition(":")[0] for _, reason in errors] == [
        "u (page URL)",
        "the event must be a JSON object",
        "w",
        "n is missing",
    ]
    assert [event["pathname"] for event in stored(response)] == ["/", "/last"]
    assert response.mallard.intake.tally.counts() == {
        "accepted": 2,
        "dropped_crawler": 1,
        "rejected_invalid": 1,
        "rejected_wrong_type": 3,
    }


def test_lines_that_are_no_json_are_errors_of_their_own(post: Post) -> None:
    body = f'{LINE}\n\nnonsense\n["d"]\n{{"d": "\\ud800"}}\n{LINE}{LINE}\n{LINE}'
    accepted, _, errors = summary(post(body))
    assert (accepted, [index for index, _ in errors]) == (2, [1, 2, 3, 4])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        (" \n ", 400),
        ("hello", 400),
        ("{", 400),
        ("[", 400),
        (f"[{LINE}", 400),
        (f"[{LINE},]", 400),
        (f"[{LINE}] x", 400),
        ("[NaN]", 400),
        ('["\\ud800"]', 400),
        (b"\xff", 400),
        (b'["\xed\xa0\x80"]', 400),
        ("[" * 100_000, 400),
        ("5", 422),
        ('"text"', 422),
        ("null\ntrue", 422),
        (json.dumps(EVENT, indent=1), 422),
        ("[]", 422),
        (json.dumps([EVENT] * (MAX_EVENTS + 1)), 413),
        (f"{LINE}\n" * (MAX_EVENTS + 1), 413),
        ("[" + "1," * 1_999_999 + "1]", 413),
        ("x" * (MAX_BATCH_BYTES + 1), 413),
        (LINE.ljust(MAX_BATCH_BYTES + 1), 413),
    ],
    ids=lambda value: str(value)[:12],
)
def test_a_body_of_another_form_is_refused_as_a_whole(
    post: Post, body: bytes | str, status: int
) -> None:
    response = post(body)
    assert response.status_code == status
    assert error(response)
    assert stored(response) == []
    assert sum(response.mallard.intake.tally.counts().values()) == 1


def test_refusals_name_the_limits(post: Post) -> None:
    assert "1000 events" in error(post([EVENT] * (MAX_EVENTS + 1)))
    assert f"{MAX_BATCH_BYTES} bytes" in error(post(b" " * (MAX_BATCH_BYTES + 1)))


@pytest.mark.parametrize("body", [json.dumps([EVENT] * MAX_EVENTS), f"{LINE}\n" * MAX_EVENTS])
def test_the_largest_batch_has_1000_events_and_4_mebibytes(post: Post, body: str) -> None:
    response = post(body.ljust(MAX_BATCH_BYTES))
    assert summary(response) == (MAX_EVENTS, 0, [])
    assert len({event["timestamp"] for event in stored(response)}) == MAX_EVENTS


@pytest.mark.parametrize("number", ["9" * 400, "1e999", "-1e999", "1" + "0" * 5000])
@pytest.mark.parametrize("key", ["w", "ra", "p", "timestamp", "unknown"])
def test_no_number_is_too_large_to_be_answered(post_to_one: Post, key: str, number: str) -> None:
    wild = LINE.replace("{", f'{{"{key}": {number}, ')
    accepted, _, errors = summary(post_to_one(f"[{LINE}, {wild}]"))
    assert accepted + len(errors) == 2


@pytest.mark.parametrize("depth", [500, *range(960, 1000)])
@pytest.mark.parametrize("form", ["[{},{}]", "{}\n{}"])
def test_no_nesting_is_too_deep_to_be_answered(post_to_one: Post, depth: int, form: str) -> None:
    deep = LINE.replace("{", '{"p": {"a": ' + "[" * depth + "]" * depth + "}, ")
    assert post_to_one(form.format(LINE, deep)).status_code in (200, 400)


def test_a_batch_that_cannot_be_journalled_is_503_and_nothing_of_it_is_kept(post: Post) -> None:
    times = [{"timestamp": "2026-03-17T10:00:00Z"}, {}]
    batch = [EVENT | {"r": "https://bing.com/"} | time for time in times] + [5]
    mallard = post([]).mallard
    block_the_journal(mallard)
    response = post(batch)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert error(response)
    assert mallard.intake.tally.counts()["rejected_not_stored"] == 3
    free_the_journal(mallard)
    assert stored_events(mallard) == []
    batch = [EVENT | {"r": "https://duckduckgo.com/"} | time for time in times]
    kept = stored(post(batch))
    assert [event["timestamp"] for event in kept] == [
        at(2026, 3, 17, 10),
        at(2026, 3, 18, 12, 0, 0, 1),  # the clock of all never goes back
    ]
    assert {event["referrer_source"] for event in kept} == {"DuckDuckGo"}


def test_one_write_brings_a_whole_batch_to_the_journal(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert summary(post([EVENT])) == (1, 0, [])
    writes: list[int] = []
    write = Segment.write

    def noted(segment: Segment, lines: bytes, count: int) -> None:
        writes.append(count)
        write(segment, lines, count)

    monkeypatch.setattr(Segment, "write", noted)
    assert summary(post([EVENT] * 700)) == (700, 0, [])
    assert writes == [700]


def test_a_batch_without_anything_to_store_writes_nothing(post: Post) -> None:
    response = post([5, EVENT | {"user_agent": GOOGLEBOT}])
    assert (response.status_code, response.mallard.journal.size) == (200, 0)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_batches_are_only_posted(post: Post, method: str) -> None:
    mallard = post([EVENT]).mallard
    key = {"X-API-Key": mallard.access.keys.create("b", "Admin").key}
    response = Client(application(mallard)).open("/api/events", method=method, headers=key)
    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]


def test_a_batch_is_measured_under_its_route(post: Post) -> None:
    mallard = post([EVENT]).mallard
    text = Client(application(mallard)).get("/metrics").text
    assert 'method="POST",route="/api/events",status="2xx"' in text
    assert "mallard_events_ingested_total 1.0" in text
