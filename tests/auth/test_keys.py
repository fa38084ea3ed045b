"""API keys: shown once, kept as hashes, revoked for ever."""

from __future__ import annotations

import hashlib
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import msgspec
import pytest

from mallard.auth.keys import ApiKey, ApiKeys, BadKey, Scope, owner_of, sites_of
from mallard.durable import replace_file
from mallard.model import MallardError
from mallard.register import files
from mallard.register.files import Files
from tests.conftest import Clock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "api_keys.json"


@pytest.fixture
def keys(path: Path, clock: Clock) -> ApiKeys:
    return ApiKeys(Files(path.parent), clock)


def test_a_key_has_256_random_bits_and_only_its_hash_is_kept(keys: ApiKeys, path: Path):
    made = keys.create("ci", "ReadOnly")
    assert made.key.startswith("mm_")
    assert len(bytes.fromhex(made.key[3:])) == 32
    assert made.key_hash == hashlib.sha256(made.key.encode()).hexdigest()
    assert made.key[3:] not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keys.create("ci", "ReadOnly").key != made.key


def test_keys_survive_a_restart(keys: ApiKeys, path: Path, clock: Clock):
    reader, admin = keys.create("reader", "ReadOnly"), keys.create("boss", "Admin")
    again = ApiKeys(Files(path.parent), clock)
    assert [key.name for key in again.all()] == ["reader", "boss"]
    for made, scope in ((reader, Scope.READ_ONLY), (admin, Scope.ADMIN)):
        found = again.find(made.key)
        assert found is not None and found.scope is scope


@pytest.mark.parametrize("secret", ["", "mm_", "mm_" + "0" * 64, "\ud800"])
def test_what_is_no_key_finds_none(keys: ApiKeys, secret: str):
    keys.create("ci", "Admin")
    assert keys.find(secret) is None


def test_the_hash_of_a_key_is_no_key(keys: ApiKeys):
    made = keys.create("ci", "Admin")
    assert keys.find(made.key_hash) is None
    assert keys.find("mm_" + made.key_hash) is None


def test_a_revoked_key_is_listed_and_useless_after_a_restart_too(
    keys: ApiKeys, path: Path, clock: Clock
):
    made = keys.create("ci", "Admin")
    assert keys.revoke(made.key_hash)
    assert keys.revoke(made.key_hash), "a second time is no mistake"
    for known in (keys, ApiKeys(Files(path.parent), clock)):
        assert known.find(made.key) is None
        assert [key.revoked for key in known.all()] == [True]


def test_keys_made_and_revoked_at_once_are_all_kept(keys: ApiKeys, path: Path, clock: Clock):
    def make_and_revoke(number: int) -> None:
        made = keys.create(f"key {number}", "ReadOnly")
        assert keys.find(made.key)
        if number % 2:
            assert keys.revoke(made.key_hash)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(make_and_revoke, range(40)))
    stored = ApiKeys(Files(path.parent), clock).all()
    assert {key.name for key in stored} == {f"key {number}" for number in range(40)}
    assert sum(key.revoked for key in stored) == 20
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not list((path.parent / "tmp").iterdir())


def test_a_key_that_is_not_there_cannot_be_revoked(keys: ApiKeys):
    assert not keys.revoke("0" * 64)


@pytest.mark.parametrize("name", ["", "  ", "x" * 129, "two\nlines", "\x1b[31m"])
def test_a_name_has_1_to_128_printable_characters(keys: ApiKeys, path: Path, name: str):
    with pytest.raises(BadKey, match="name"):
        keys.create(name, "Admin")
    assert not path.exists()


@pytest.mark.parametrize("scope", ["", "admin", "ingest", "Everything"])
def test_a_scope_is_one_of_the_known(keys: ApiKeys, scope: str):
    with pytest.raises(BadKey, match="ReadOnly, Ingest, Admin"):
        keys.create("ci", scope)


def test_the_longest_name_and_any_script_will_do(keys: ApiKeys):
    assert keys.create(" " + "ü" * 128, "Admin").name == "ü" * 128


def test_the_day_of_the_last_use_is_written_once_a_day(
    keys: ApiKeys, path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    made = keys.create("ci", "Admin")
    writes: list[Path] = []

    def counted(path: Path, content: bytes, draft: Path) -> None:
        writes.append(path)
        replace_file(path, content, draft)

    monkeypatch.setattr(files, "replace_file", counted)
    for _ in range(3):
        keys.find(made.key)
    clock.move(days=1)
    keys.find(made.key)
    assert len(writes) == 2
    assert ApiKeys(Files(path.parent), clock).all()[0].last_used == date(2026, 3, 19)


def test_a_full_disk_keeps_no_key_out(keys: ApiKeys, monkeypatch: pytest.MonkeyPatch):
    made = keys.create("ci", "Admin")

    def full(path: Path, content: bytes, draft: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "replace_file", full)
    assert keys.find(made.key)
    assert keys.all()[0].last_used == date(2026, 3, 18)
    with pytest.raises(OSError, match="No space"):
        keys.create("another", "Admin")
    assert len(keys.all()) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[",
        b"{}",
        b'[{"name": "x"}]',
        b'[{"key_hash": "x", "name": "x", "scope": "Root", "created_at": "2026-01-01T00:00:00Z"}]',
        b"\xff",
    ],
)
def test_a_file_that_is_no_list_of_keys_stops_the_start(path: Path, clock: Clock, content: bytes):
    path.write_bytes(content)
    with pytest.raises(MallardError, match=r"api_keys\.json: it is no list of API keys"):
        ApiKeys(Files(path.parent), clock)
    assert path.read_bytes() == content


def test_a_file_that_cannot_be_read_stops_the_start(path: Path, clock: Clock):
    path.mkdir()
    with pytest.raises(MallardError, match="Is a directory"):
        ApiKeys(Files(path.parent), clock)


def test_a_write_that_fails_leaves_the_file_whole(
    keys: ApiKeys, path: Path, monkeypatch: pytest.MonkeyPatch
):
    keys.create("first", "Admin")
    before = path.read_bytes()

    def fail(_descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="Input/output"):
        keys.create("second", "Admin")
    assert path.read_bytes() == before
    assert len(msgspec.json.decode(before)) == 1
    assert not list((path.parent / "tmp").iterdir())


@pytest.mark.thorough
def test_no_flipped_bit_brings_a_revoked_key_back_or_gives_one_more_rights(
    keys: ApiKeys, path: Path, clock: Clock
):
    revoked = keys.create("gone", "Admin")
    reader = keys.create("reads", "ReadOnly")
    keys.revoke(revoked.key_hash)
    keys.find(reader.key)  # notes today's use, so that nothing is written below
    whole = path.read_bytes()
    refused = 0
    for bit in range(8 * len(whole)):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        try:
            read = ApiKeys(Files(path.parent), clock)
        except MallardError:
            refused += 1
            continue
        assert read.find(revoked.key) is None
        found = read.find(reader.key)
        assert found is None or found.scope == "ReadOnly"
    assert refused > len(whole)


@pytest.mark.parametrize("field", ApiKey.__struct_fields__)
def test_a_file_in_which_something_is_missing_is_refused(
    keys: ApiKeys, path: Path, clock: Clock, field: str
):
    keys.create("ci", "Admin")
    (known,) = json.loads(path.read_bytes())
    path.write_text(json.dumps([{key: known[key] for key in known if key != field}]))
    with pytest.raises(MallardError, match="it is no list of API keys"):
        ApiKeys(Files(path.parent), clock)
    path.write_text(json.dumps([known | {"of another version": 1}]))
    with pytest.raises(MallardError, match="it is no list of API keys"):
        ApiKeys(Files(path.parent), clock)


def test_a_key_of_a_person_for_some_sites_is_read_as_it_was_made(
    keys: ApiKeys, path: Path, clock: Clock
):
    plain = keys.create("plain", "Admin")
    limited = keys.create("limited", "Admin", "4f2a", ["a.example", "b.example", "a.example"])
    whole = json.loads(path.read_bytes())
    assert "owner" not in whole[0] and whole[1]["sites"] == ["a.example", "b.example"]
    again = ApiKeys(Files(path.parent), clock)
    found = [again.find(made.key) for made in (plain, limited)]
    assert [one and owner_of(one) for one in found] == ["", "4f2a"]
    assert [one and sites_of(one) for one in found] == [None, ("a.example", "b.example")]
    again.revoke_of("4f2a")
    assert [key.revoked for key in ApiKeys(Files(path.parent), clock).all()] == [False, True]


@pytest.mark.parametrize("sites", [[], [""], ["x" * 257], ["x"] * 501])
def test_sites_of_a_key_are_some_and_not_too_many(keys: ApiKeys, sites: list[str]):
    with pytest.raises(BadKey, match="sites"):
        keys.create("ci", "Admin", "", sites)


@pytest.mark.parametrize("field", ["owner", "sites"])
def test_a_limited_key_of_which_a_field_is_missing_is_refused(
    keys: ApiKeys, path: Path, clock: Clock, field: str
):
    keys.create("ci", "Admin", "4f2a", ["a.example"])
    (known,) = json.loads(path.read_bytes())
    path.write_text(json.dumps([{key: known[key] for key in known if key != field}]))
    with pytest.raises(MallardError, match="it is no list of API keys"):
        ApiKeys(Files(path.parent), clock)


def test_no_flipped_bit_makes_more_of_a_key_that_is_limited(
    keys: ApiKeys, path: Path, clock: Clock
):
    made = keys.create("ci", "Admin", "4f2a", ["a.example"])
    keys.find(made.key)
    whole = path.read_bytes()
    for bit in range(8 * len(whole)):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        try:
            found = ApiKeys(Files(path.parent), clock).find(made.key)
        except MallardError:
            continue
        assert found is None or (owner_of(found) and len(sites_of(found) or ()) == 1)
