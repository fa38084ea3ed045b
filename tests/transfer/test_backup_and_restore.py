"""Backup and restore: all of it, once, or nothing."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.model import Period
from mallard.register.instance import Instance
from mallard.register.site import Site
from mallard.store.deletion.days import finish
from mallard.store.engine.migrations import MIGRATIONS
from mallard.transfer.backup import CONTENTS, Contents
from mallard.transfer.restoring import BadArchive
from mallard.wsgi import application
from tests.builders import NOON, an_event, store_events
from tests.conftest import stored_events
from tests.transfer.archives import content_of, members, packed, put_back, unpacked
from tests.transfer.figures import all_reports
from tests.transfer.laid_down import SITE, lay_down


@pytest.fixture
def archive(mallard: Mallard) -> bytes:
    """A backup of an instance with two sites and a key file."""
    (mallard.directory.path / "api_keys.json").write_text("[]")
    (mallard.directory.path / "api_keys.new").write_text("a draft")
    store_events(mallard.store, "b1", [an_event(), an_event(NOON - timedelta(days=1), "/old")])
    mallard.flusher.roll()
    store_events(mallard.store, "b2", [an_event(path="/hot", site_id="x" * 250)])
    return b"".join(mallard.transfer.backup())


def test_an_archive_holds_the_data_and_nothing_of_the_process(archive: bytes):
    assert {name.rpartition("/")[2] for name in members(archive)} == {
        "mallard.duckdb",
        "api_keys.json",
        "0001.parquet",
        CONTENTS,
    }
    assert sum(name.startswith("events/") for name in members(archive)) == 3


def test_the_secret_comes_along(start: Callable[..., Mallard]):
    mallard = start(secret=None)
    archive = b"".join(mallard.transfer.backup())
    secret = (mallard.directory.path / ".secret").read_bytes()
    assert unpacked(archive)[".secret"] == secret


def test_the_documents_of_sites_come_along(start: Callable[..., Mallard], tmp_path: Path):
    mallard = start()
    mallard.sites.replace("example.com", Site(name="Shop"), None)
    pieces = mallard.transfer.backup()
    begun = next(pieces)
    entry = mallard.sites.entry("example.com")
    assert entry
    mallard.sites.delete("example.com", entry.version)
    put_back(begun + b"".join(pieces), tmp_path / "restored")
    assert start(data_dir=tmp_path / "restored").sites.entry("example.com") == entry


def test_the_document_of_the_instance_comes_along(start: Callable[..., Mallard], tmp_path: Path):
    mallard = start()
    known = mallard.instance.replace(Instance(name="Figures"), None)
    pieces = mallard.transfer.backup()
    begun = next(pieces)
    mallard.instance.replace(Instance(name="Later" * 20), known.version)
    put_back(begun + b"".join(pieces), tmp_path / "restored")
    assert start(data_dir=tmp_path / "restored").instance.known == known


def test_only_the_owner_may_read_what_is_in_it(archive: bytes):
    assert {member.mode for member in members(archive).values()} == {0o600}


@pytest.mark.thorough
def test_a_restored_instance_answers_every_report_alike(
    start: Callable[..., Mallard], tmp_path: Path, data_dir: Path
):
    lay_down(data_dir, 20_000, NOON.date() - timedelta(days=40), 40)
    mallard = start()
    store_events(mallard.store, "hot", [an_event(site_id=SITE, path="/page/1")])
    put_back(b"".join(mallard.transfer.backup()), tmp_path / "restored")
    restored = start(data_dir=tmp_path / "restored")
    expected = all_reports(Client(application(mallard)), SITE)
    assert all_reports(Client(application(restored)), SITE) == expected
    assert expected["main"]["unique_visitors"] > 1000


def test_a_backup_is_of_one_moment_though_days_are_deleted_while_it_is_written(
    mallard: Mallard, start: Callable[..., Mallard], tmp_path: Path
):
    store_events(mallard.store, "b1", [an_event(path=f"/{n}") for n in range(50)])
    pieces = mallard.transfer.backup()
    begun = next(pieces)
    day = NOON.date()
    mallard.flusher.delete_days("example.com", Period(day, day + timedelta(days=1)))
    store_events(mallard.store, "b2", [an_event(path="/later")])
    mallard.flusher.roll()
    put_back(begun + b"".join(pieces), tmp_path / "restored")
    restored = start(data_dir=tmp_path / "restored")
    assert {event["pathname"] for event in stored_events(restored)} == {f"/{n}" for n in range(50)}


def test_a_backup_given_up_leaves_nothing_behind(mallard: Mallard):
    store_events(mallard.store, "b1", [an_event()])
    pieces = mallard.transfer.backup()
    next(pieces)
    pieces.close()
    assert list((mallard.directory.path / "tmp").iterdir()) == []
    mallard.flusher.delete_days("example.com", Period(NOON.date(), NOON.date() + timedelta(days=1)))
    finish(mallard.store)
    assert list(mallard.directory.path.rglob("events/*/*/*.parquet")) == []


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["tar", "tar.gz"])
def test_an_archive_cut_short_changes_nothing(
    archive: bytes, tmp_path: Path, share: float, pack: Callable[[bytes], bytes]
):
    whole = pack(archive)
    with pytest.raises(BadArchive):
        put_back(whole[: int(len(whole) * share)], tmp_path / "restored")
    assert not (tmp_path / "restored").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_every_cut_between_two_files_is_noticed(archive: bytes, tmp_path: Path):
    ends = [member.offset for member in members(archive).values()][1:]
    assert len(ends) == 5
    for end in ends:
        with pytest.raises(BadArchive, match="its list is missing"):
            put_back(archive[:end], tmp_path / "restored")
        with pytest.raises(BadArchive, match="its list is missing"):
            put_back(archive[:end] + bytes(1024), tmp_path / "restored")


def test_a_changed_byte_is_noticed(archive: bytes, tmp_path: Path):
    at = members(archive)["api_keys.json"].offset_data
    broken = archive[:at] + b"{" + archive[at + 1 :]
    with pytest.raises(BadArchive, match=r"api_keys\.json is not what was backed up"):
        put_back(broken, tmp_path / "restored")


def a_member(kind: bytes, name: str = "member", target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    "member",
    [
        a_member(tarfile.REGTYPE, "../outside"),
        a_member(tarfile.REGTYPE, "events/../../outside"),
        a_member(tarfile.REGTYPE, "/tmp/outside"),
        a_member(tarfile.SYMTYPE, target="/etc/passwd"),
        a_member(tarfile.SYMTYPE, target="events"),
        a_member(tarfile.LNKTYPE, target="mallard.duckdb"),
        a_member(tarfile.CHRTYPE),
        a_member(tarfile.FIFOTYPE),
        a_member(tarfile.DIRTYPE, "events"),
        a_member(tarfile.REGTYPE, ".lock"),
        a_member(tarfile.REGTYPE, "control.sock"),
        a_member(tarfile.REGTYPE, ".restore/intent.json"),
        a_member(tarfile.REGTYPE, f"events/../{CONTENTS}"),
        a_member(tarfile.REGTYPE, f"{CONTENTS}/more"),
        a_member(tarfile.CONTTYPE),
    ],
    ids=lambda member: f"{member.type!r} {member.name}",
)
def test_members_that_no_backup_has_are_refused(tmp_path: Path, member: tarfile.TarInfo):
    archive = packed({"mallard.duckdb": b"x", member.name: member})
    with pytest.raises(BadArchive, match="which no backup of ours does"):
        put_back(archive, tmp_path / "restored")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("names", [["a", "a"], ["a", "a/b"], ["a/b", "a"]])
def test_a_member_may_not_be_there_twice(tmp_path: Path, names: list[str]):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name in names:
            tar.addfile(tarfile.TarInfo(name))
    with pytest.raises(BadArchive, match="twice"):
        put_back(out.getvalue(), tmp_path / "restored")


def test_a_backup_of_a_newer_mallard_is_refused(tmp_path: Path):
    newer = Contents("99.0", len(MIGRATIONS) + 1, {})
    body = msgspec.json.encode(newer)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        info = tarfile.TarInfo(CONTENTS)
        info.size = len(body)
        tar.addfile(info, io.BytesIO(body))
    with pytest.raises(BadArchive, match=r"made by Mallard 99\.0"):
        put_back(out.getvalue(), tmp_path / "restored")


def test_other_files_are_no_backups(tmp_path: Path):
    for content in (b"", b"hello", b"\x1f\x8b", bytes(10_240)):
        with pytest.raises(BadArchive):
            put_back(content, tmp_path / "restored")


def test_a_full_directory_is_replaced_only_by_force(archive: bytes, tmp_path: Path):
    there = tmp_path / "there"
    there.mkdir()
    (there / "precious").write_text("mine")
    result = content_of(there)
    for broken, force in ((archive, False), (archive[:5000], True)):
        with pytest.raises(Exception, match=r"not empty|cut short"):
            put_back(broken, there, force)
        assert content_of(there) == result
    put_back(archive, there, force=True)
    expected = unpacked(archive)
    expected.pop(CONTENTS)
    assert content_of(there) == expected
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "there"]
