"""The control socket: commands find the server that holds the data, and nothing else does."""

from __future__ import annotations

import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from mallard.app import Mallard
from mallard.commands.reach import reached
from mallard.commands.remote import RemoteInstance
from mallard.config import Settings
from mallard.control import SOCKET, ControlServer
from mallard.model import MallardError, Period
from mallard.reports.desk import TooBusy
from mallard.reports.query import ALL_TIME
from mallard.store.imports import Batch, Progress
from mallard.transfer.exporting import Wanted
from mallard.transfer.formats import Format
from mallard.transfer.instance import LocalInstance
from mallard.transfer.pieces import Pieces
from tests.builders import an_event, store_both_days, store_events, write_segment

ALL_OF_IT = Wanted("example.com", ALL_TIME, Format.JSONL)


@pytest.fixture
def control(mallard: Mallard) -> Iterator[ControlServer]:
    server = ControlServer(mallard.directory.path, mallard.transfer, mallard.access.keys)
    yield server
    server.stop()


@pytest.fixture
def remote(control: ControlServer, data_dir: Path) -> RemoteInstance:
    return RemoteInstance(data_dir)


def test_an_export_is_the_same_through_the_socket(mallard: Mallard, remote: RemoteInstance):
    store_events(mallard.store, "b", [an_event(path="/a"), an_event(path="/b")])
    there = b"".join(remote.export(ALL_OF_IT))
    assert there == b"".join(mallard.transfer.export(ALL_OF_IT))
    assert there.count(b"\n") == 2


def test_site_period_and_format_are_passed_on(
    mallard: Mallard, remote: RemoteInstance, monkeypatch: pytest.MonkeyPatch
):
    seen: list[Wanted] = []

    def export(wanted: Wanted) -> Pieces:
        seen.append(wanted)
        yield b"here"

    monkeypatch.setattr(mallard.transfer, "export", export)
    wanted = Wanted("a.b:80", Period(date(2026, 1, 2), date(2026, 3, 4)), Format.CSV)
    assert list(remote.export(wanted)) == [b"here"]
    assert seen == [wanted]


def test_figures_are_worked_out_through_the_socket(mallard: Mallard, remote: RemoteInstance):
    store_both_days(mallard.store)
    assert list(remote.work_out_figures()) == [2, 1, 0]
    assert mallard.store.without_rollups() == []


def test_a_batch_goes_through_the_socket(mallard: Mallard, remote: RemoteInstance, tmp_path: Path):
    lines = write_segment(tmp_path / "lines", [an_event(path="/imported")])
    assert remote.import_progress("abc") == Progress()
    with lines.open("rb") as file:
        remote.import_batch(Batch("abc", 0, 2, 1), file)
    assert remote.import_progress("abc") == Progress(2, 1)
    assert mallard.store.hot_rows() == 1
    remote.import_complete("abc")
    assert remote.import_progress("abc") == Progress(2, 1, is_complete=True)
    assert mallard.store.hot_rows() == 0
    remote.import_again("abc")
    assert remote.import_progress("abc") == Progress()


def test_a_refusal_comes_through_in_its_own_words(remote: RemoteInstance, tmp_path: Path):
    (tmp_path / "lines").write_bytes(b"")
    with (tmp_path / "lines").open("rb") as file, pytest.raises(MallardError, match="by another"):
        remote.import_batch(Batch("abc", 5, 1, 0), file)


def test_lines_that_cannot_be_stored_are_refused_whole(
    mallard: Mallard, remote: RemoteInstance, tmp_path: Path
):
    lines = write_segment(tmp_path / "lines", [an_event(), an_event(timestamp="soon")])
    with lines.open("rb") as file, pytest.raises(MallardError, match="cannot be stored"):
        remote.import_batch(Batch("abc", 0, 2, 0), file)
    assert (mallard.store.hot_rows(), remote.import_progress("abc")) == (0, Progress())


def test_too_many_at_once_is_said_too(mallard: Mallard, remote: RemoteInstance):
    running = [mallard.transfer.export(ALL_OF_IT) for _ in range(2)]
    for export in running:
        next(export)
    with pytest.raises(MallardError, match="ask again"):
        list(remote.export(ALL_OF_IT))
    with pytest.raises(TooBusy):
        next(mallard.transfer.export(ALL_OF_IT))


def test_an_unforeseen_failure_points_to_the_log(remote: RemoteInstance):
    with pytest.raises(MallardError, match="its log says why"):
        next(remote._stream("/export?site_id=x&start=2026-01-01&end=soon&format=csv"))


def test_only_the_owner_may_open_the_socket(control: ControlServer, data_dir: Path):
    mode = (data_dir / SOCKET).stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


def test_the_socket_goes_with_the_server(mallard: Mallard, data_dir: Path):
    server = ControlServer(data_dir, mallard.transfer, mallard.access.keys)
    assert RemoteInstance(data_dir).is_there()
    server.stop()
    assert not (data_dir / SOCKET).exists()
    assert not RemoteInstance(data_dir).is_there()


def test_a_socket_that_a_killed_server_left_confuses_nobody(mallard: Mallard, data_dir: Path):
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(data_dir / SOCKET))
    dead.close()
    assert not RemoteInstance(data_dir).is_there()
    server = ControlServer(data_dir, mallard.transfer, mallard.access.keys)
    assert RemoteInstance(data_dir).is_there()
    server.stop()


def test_a_command_opens_the_directory_itself_past_a_dead_socket(data_dir: Path):
    data_dir.mkdir()
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(data_dir / SOCKET))
    dead.close()
    with reached(Settings(data_dir=data_dir), may_be_absent=True) as instance:
        assert isinstance(instance, LocalInstance)


def test_a_command_asks_the_server_that_holds_the_directory(control: ControlServer, data_dir: Path):
    with reached(Settings(data_dir=data_dir)) as instance:
        assert isinstance(instance, RemoteInstance)


def test_a_very_deep_directory_has_a_socket_too(start: Callable[..., Mallard], tmp_path: Path):
    deep = tmp_path.joinpath(*["directory"] * 20)
    assert len(os.fsencode(deep)) > 200
    mallard = start(data_dir=deep)
    server = ControlServer(deep, mallard.transfer, mallard.access.keys)
    assert list(RemoteInstance(deep).export(ALL_OF_IT)) == []
    server.stop()
    assert not (deep / SOCKET).exists()


def test_a_stop_cuts_off_what_is_under_way(
    mallard: Mallard, data_dir: Path, monkeypatch: pytest.MonkeyPatch
):
    """As many bytes as no buffer holds, of which the client takes only the first."""
    was_closed = threading.Event()

    def endless(_with_salt: bool) -> Pieces:
        try:
            while True:
                yield bytes(1 << 16)
        finally:
            was_closed.set()

    monkeypatch.setattr(mallard.transfer, "backup", endless)
    server = ControlServer(data_dir, mallard.transfer, mallard.access.keys)
    pieces = RemoteInstance(data_dir).backup()
    next(pieces)
    server.stop()
    assert was_closed.is_set()
    with pytest.raises(MallardError, match="broke off"):
        for _ in pieces:
            pass
