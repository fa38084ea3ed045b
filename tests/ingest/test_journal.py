"""The journal: what was accepted is in exactly one segment, whole; what was not is nowhere."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import msgspec
import pytest

from mallard.ingest.journal import Journal, NotJournalled
from mallard.model import Event
from tests.builders import NOON, an_event

decoder = msgspec.json.Decoder(Event)


def line(number: int = 0, **fields: str) -> bytes:
    event = an_event(NOON + timedelta(seconds=number), f"/{number}", **fields)
    return msgspec.json.encode(event) + b"\n"


def lines_in(*paths: Path) -> list[bytes]:
    return [text for path in paths for text in path.read_bytes().splitlines(keepends=True)]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def journal(directory: Path):
    journal = Journal(directory)
    yield journal
    journal.close()


def test_what_is_appended_can_be_read_at_once(journal: Journal, directory: Path) -> None:
    assert [journal.append(line(n)) for n in range(3)] == [1, 2, 3]
    (path,) = directory.iterdir()
    assert lines_in(path) == [line(0), line(1), line(2)]
    assert path.stat().st_mode & 0o777 == 0o600
    assert (journal.pending, journal.size) == (3, path.stat().st_size)


def test_sealing_gives_every_segment_that_waits_oldest_first(journal: Journal) -> None:
    journal.append(line(1))
    (first,) = journal.seal()
    assert journal.append(line(2)) == 1
    segments = journal.seal()
    assert segments[0] is first
    assert [lines_in(segment.path) for segment in segments] == [[line(1)], [line(2)]]
    assert len({segment.batch for segment in segments}) == 2
    assert journal.pending == 2
    for segment in segments:
        journal.stored(segment)
    assert (journal.seal(), journal.pending) == ([], 0)


def test_a_journal_without_events_has_nothing_to_seal(journal: Journal, directory: Path) -> None:
    assert journal.seal() == []
    assert list(directory.iterdir()) == []


def test_stored_segments_linger_and_then_go(journal: Journal, directory: Path) -> None:
    journal.append(line())
    (segment,) = journal.seal()
    journal.stored(segment)
    journal.discard_stored()
    assert lines_in(segment.path) == [line()]
    journal.append(line(1))
    journal.discard_stored(linger_secs=0)
    (path,) = directory.iterdir()
    assert path != segment.path


def test_closing_keeps_what_is_not_stored_and_no_empty_file(directory: Path) -> None:
    journal = Journal(directory)
    journal.append(line())
    journal.close()
    journal.close()
    (path,) = directory.iterdir()
    assert Journal(directory).left_behind() == [(path.stem, path)]


def test_segments_left_behind_come_oldest_first(directory: Path) -> None:
    for number in range(3):
        earlier = Journal(directory)
        earlier.append(line(number))
        earlier.close()
    left = Journal(directory).left_behind()
    assert lines_in(*(path for _, path in left)) == [line(0), line(1), line(2)]


TORN = line(7)[:-20]


def test_what_a_kill_left_of_a_mending_is_removed(directory: Path) -> None:
    directory.mkdir()
    (directory / "1-a.jsonl").write_bytes(line(1) + TORN)
    (directory / "1-a.mended").write_bytes(line(1)[:9])
    ((batch, path),) = Journal(directory).left_behind()
    assert (batch, lines_in(path)) == ("1-a", [line(1)])
    assert [entry.name for entry in directory.iterdir()] == ["1-a.jsonl"]


def test_events_appended_together_are_counted_one_by_one(journal: Journal, directory: Path) -> None:
    records = [line(number).rstrip() for number in range(3)]
    assert [journal.append_all(records), journal.append(line(3))] == [3, 4]
    (path,) = directory.iterdir()
    assert [decoder.decode(text) for text in lines_in(path)] == [
        decoder.decode(line(number)) for number in range(4)
    ]
    assert journal.pending == 4


def test_an_event_is_refused_when_no_segment_can_be_made(directory: Path) -> None:
    journal = Journal(directory)
    directory.rmdir()
    with pytest.raises(NotJournalled):
        journal.append(line())
    assert journal.pending == 0
    directory.mkdir()
    assert journal.append(line()) == 1
    journal.close()


FULL_DISK = """
import resource, sys
from pathlib import Path
from mallard.ingest.journal import Journal, NotJournalled
from tests.ingest.test_journal import line, lines_in

journal = Journal(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
accepted = []
for number in range(20):
    try:
        journal.append(line(number))
    except NotJournalled:
        continue
    accepted.append(number)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
journal.append(line(99))
(segment,) = journal.seal()
content = segment.path.read_bytes()
segment.finish()
assert lines_in(segment.path) == [line(number) for number in (*accepted, 99)]
assert content != segment.path.read_bytes(), "no line was torn"
assert 0 < len(accepted) < 20
"""


FULL_DISK_FOR_MANY = """
import resource, sys
from pathlib import Path
from mallard.ingest.journal import Journal, NotJournalled
from tests.ingest.test_journal import decoder, line, lines_in

journal = Journal(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, resource.RLIM_INFINITY))
accepted = []
for first in range(0, 100, 5):
    try:
        journal.append_all([line(number).rstrip() for number in range(first, first + 5)])
    except NotJournalled:
        continue
    accepted += range(first, first + 5)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
if sys.argv[2:]:
    journal.close()
    ((_, path),) = Journal(Path(sys.argv[1])).left_behind()
else:
    (segment,) = journal.seal()
    segment.finish()
    path = segment.path
assert [decoder.decode(text) for text in lines_in(path)] == [
    decoder.decode(line(number)) for number in accepted
]
assert 0 < len(accepted) < 100
"""


@pytest.mark.parametrize("then", [[], ["start again"]], ids=str)
def test_of_events_written_together_a_full_disk_leaves_all_or_none(
    directory: Path, then: list[str]
) -> None:
    command = [sys.executable, "-c", FULL_DISK_FOR_MANY, str(directory), *then]
    subprocess.run(command, check=True)


def test_nothing_half_written_remains_of_a_full_disk(directory: Path) -> None:
    """The limit on a file's size cuts a write short, as a full disk does; later there is room."""
    subprocess.run([sys.executable, "-c", FULL_DISK, str(directory)], check=True)


def test_an_accepted_line_is_in_exactly_one_segment_while_others_seal(journal: Journal) -> None:
    """Eight threads append; a ninth seals as often as it can, and takes what it sealed."""
    each, threads = 400, 8
    sealed: list[bytes] = []
    done = threading.Event()

    def write(number: int) -> None:
        for n in range(each):
            journal.append(line(number * each + n))

    def take() -> None:
        for segment in journal.seal():
            segment.finish()
            read = lines_in(segment.path)
            assert len(read) == len(segment.accepted)
            sealed.extend(read)
            journal.stored(segment)

    def keep_taking() -> None:
        while not done.is_set():
            take()

    run_together(keep_taking, done, [partial(write, n) for n in range(threads)])
    take()
    assert sorted(sealed) == sorted(line(n) for n in range(each * threads))


def test_syncing_goes_on_while_segments_are_sealed_and_stored(journal: Journal) -> None:
    done = threading.Event()

    def keep_syncing() -> None:
        while not done.is_set():
            journal.sync()

    def write_and_take() -> None:
        for n in range(200):
            journal.append(line(n))
            for segment in journal.seal():
                segment.finish()
                journal.stored(segment)

    run_together(keep_syncing, done, [write_and_take])
    journal.sync()
    assert journal.pending == 0


def run_together(
    beside: Callable[[], None], done: threading.Event, work: list[Callable[[], None]]
) -> None:
    """Runs `work` in threads of its own, and `beside` until they end; failures come out."""
    failures: list[BaseException] = []

    def guarded(run: Callable[[], None]) -> None:
        try:
            run()
        except BaseException as failure:
            failures.append(failure)

    other = threading.Thread(target=guarded, args=(beside,))
    workers = [threading.Thread(target=guarded, args=(run,)) for run in work]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in (other, *workers):
            thread.start()
        for worker in workers:
            worker.join()
    finally:
        sys.setswitchinterval(interval)
        done.set()
    other.join()
    assert not failures
