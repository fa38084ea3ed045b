"""A changed bit in the journal costs the event that it is in, aloud, and no other."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.ingest import flusher
from mallard.ingest.daily_counts import DAMAGED, FILE_NAME
from mallard.ingest.mending import is_sound, mend, spelled, spelled_together
from mallard.model import Period
from mallard.store.engine.copies import copies_that_may_hold
from mallard.wsgi import application
from tests.builders import an_event
from tests.conftest import abandon, post_event
from tests.fuzz.size import so_many
from tests.waiting import PATIENCE_SECS

STATS = "/api/stats/main?site_id=example.com&period=day"
EVENT = {"d": "example.com", "n": "pageview", "u": "https://example.com/"}


def record(number: int) -> bytes:
    return msgspec.json.encode(an_event(path=f"/{number}", browser="Firefox"))


def lines_of(content: bytes) -> list[bytes]:
    return [text + b"\n" for text in content.split(b"\n")[:-1]]


@pytest.fixture
def segment(tmp_path: Path) -> Path:
    (tmp_path / "journal").mkdir()
    return tmp_path / "journal" / "1-a.jsonl"


def mended(segment: Path, content: bytes) -> list[bytes]:
    """What is left of a segment."""
    segment.write_bytes(content)
    mend(segment, segment.parent.parent / "aside")
    return lines_of(segment.read_bytes())


def put_aside(segment: Path) -> list[bytes]:
    return [
        text
        for path in (segment.parent.parent / "aside").glob("*")
        for text in lines_of(path.read_bytes())
    ]


def flipped(content: bytes, at: int, bit: int = 1) -> bytes:
    return content[:at] + bytes([content[at] ^ bit]) + content[at + 1 :]


def test_a_changed_value_is_put_aside_alone(segment: Path) -> None:
    lines = [spelled(record(number)) for number in range(5)]
    bad = flipped(lines[2], lines[2].index(b"Firefox"), 0x80)
    assert mended(segment, b"".join([*lines[:2], bad, *lines[3:]])) == lines[:2] + lines[3:]
    assert put_aside(segment) == [bad]


def test_a_bit_in_the_last_of_many_costs_that_one_alone(segment: Path) -> None:
    lines = spelled_together([record(number) for number in range(100)]).splitlines(keepends=True)
    bad = flipped(lines[-1], lines[-1].index(b"Firefox"))
    assert mended(segment, b"".join([*lines[:-1], bad])) == lines[:-1]
    assert put_aside(segment) == [bad]


def test_a_changed_end_of_a_line_costs_nothing(segment: Path) -> None:
    lines = [spelled(record(number)) for number in range(3)]
    for at in range(3):
        ends = [flipped(text, len(text) - 1) if n == at else text for n, text in enumerate(lines)]
        assert mended(segment, b"".join(ends)) == lines
    assert put_aside(segment) == []


def test_a_site_that_is_none_makes_no_directories(segment: Path) -> None:
    """Of earlier versions' lines, too, which have no sum."""
    old = record(1).replace(b"example.com", b"example/com") + b"\n"
    assert mended(segment, record(0) + b"\n" + old) == [record(0) + b"\n"]
    assert put_aside(segment) == [old]


def test_lines_without_a_sum_are_read_as_before(segment: Path) -> None:
    old = [record(number) + b"\n" for number in range(3)]
    assert mended(segment, b"".join(old)) == old


def test_what_is_put_aside_is_there_once_however_often_it_is_tried(segment: Path) -> None:
    bad = flipped(spelled(record(1)), 40)
    for _ in range(3):
        mended(segment, spelled(record(0)) + bad)
    assert put_aside(segment) == [bad]


@pytest.mark.parametrize("seed", range(so_many(20, 2000)))
def test_any_changed_bit_costs_one_event_at_most(segment: Path, seed: int) -> None:
    rng = random.Random(seed)
    content = spelled(record(0)) + spelled_together([record(n) for n in (1, 2, 3)])
    content += spelled(record(4))
    lines = lines_of(content)
    changed = flipped(content, rng.randrange(len(content)), 1 << rng.randrange(8))
    assert is_sound(content)
    assert not is_sound(changed)
    left = mended(segment, changed)
    paths = [msgspec.json.decode(text)["pathname"] for text in left]
    assert set(paths) <= {f"/{number}" for number in range(5)}
    assert len(set(paths)) == len(left) >= len(lines) - 1
    assert len(left) + len(put_aside(segment)) == len(lines)


@pytest.fixture
def damage(start: Callable[..., Mallard], data_dir: Path) -> Callable[[bytes, bytes], Client]:
    """A server that is started on the journal of a killed one, in which something has changed."""

    def run(before: bytes, after: bytes) -> Client:
        killed = start()
        for visitor in range(3):
            post_event(Client(application(killed)), EVENT, X_Forwarded_For=f"203.0.113.{visitor}")
        abandon(killed)
        (path,) = (data_dir / "journal").iterdir()
        content = path.read_bytes()
        assert before in content
        path.write_bytes(content.replace(before, after, 1))
        return Client(application(start()))

    return run


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"Chrome", b"\xc3hrome"),
        (b"example.com", b"example/com"),
        (b'"timestamp":1', b'"timestamp":9'),
    ],
)
def test_a_start_goes_on_and_says_it(
    damage: Callable[..., Client], data_dir: Path, before: bytes, after: bytes
) -> None:
    client = damage(before, after)
    assert (client.get(STATS).json or {})["total_pageviews"] == 2
    health: Any = client.get("/health/detailed").json
    assert (health["status"], health["quarantined_files"]) == ("degraded", 1)
    (kept,) = (data_dir / "quarantine" / "journal").iterdir()
    assert after in kept.read_bytes()
    assert not list((data_dir / "events").glob("*/com*"))


def test_a_bit_that_changes_while_the_server_runs_is_found_before_it_is_stored(
    mallard: Mallard, client: Client, data_dir: Path
) -> None:
    for visitor in range(3):
        post_event(client, EVENT, X_Forwarded_For=f"203.0.113.{visitor}")
    (path,) = (data_dir / "journal").iterdir()
    path.write_bytes(path.read_bytes().replace(b"Chrome", b"Chromf", 1))
    assert (client.get(STATS).json or {})["total_pageviews"] == 2
    assert mallard.store.cold.quarantined() == 1


def test_an_erasure_takes_what_was_put_aside(damage: Callable[..., Client], data_dir: Path) -> None:
    damage(b"Chrome", b"Chromf")
    (kept,) = (data_dir / "quarantine" / "journal").iterdir()
    today = datetime.now(UTC).date()  # The files' own times are what tells how old they are.
    before = Period(today - timedelta(days=30), today - timedelta(days=29))
    assert copies_that_may_hold(data_dir, before) == [kept]
    assert copies_that_may_hold(data_dir, Period(today + timedelta(days=9), date.max)) == []


def test_a_segment_that_only_duckdb_cannot_read_stops_no_start(
    start: Callable[..., Mallard], data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = start()
    post_event(Client(application(killed)), EVENT)
    abandon(killed)

    def refuse(*_: object) -> None:
        raise duckdb.InvalidInputException("malformed")

    monkeypatch.setattr(flusher, "replay", refuse)
    client = Client(application(start()))
    health: Any = client.get("/health/detailed").json
    assert (health["status"], health["quarantined_files"]) == ("degraded", 1)


@pytest.mark.parametrize(
    "content", [b"\xff", b"{", b'{"2026-03-18":\xff}', b'{"day":{"a":1}}', b""]
)
def test_damaged_counts_stop_no_start_and_are_kept(
    start: Callable[..., Mallard], data_dir: Path, content: bytes
) -> None:
    start().stop(PATIENCE_SECS)
    (data_dir / FILE_NAME).write_bytes(content)
    assert Client(application(start())).get("/diagnostics").status_code == 200
    assert (data_dir / FILE_NAME).with_suffix(DAMAGED).read_bytes() == content
