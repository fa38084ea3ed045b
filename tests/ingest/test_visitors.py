from __future__ import annotations

import hashlib
import hmac
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mallard.ingest.salts import Rotation
from mallard.ingest.visitors import VisitorIds, load_or_create_secret
from mallard.model import MallardError

MONDAY = date(2026, 6, 1)
TUESDAY = date(2026, 6, 2)
SUNDAY = date(2026, 6, 7)
NEXT_MONDAY = date(2026, 6, 8)


def one_visitor(day: date, rotation: Rotation = "daily", secret: str = "s3cret") -> str:
    return VisitorIds(secret, rotation).visitor_id("docs", "198.51.100.1", "Firefox", day)


def test_the_id_is_made_as_documented() -> None:
    salt = hmac.new(b"mallard-metrics-salt", b"s3cret:2026-06-02", hashlib.sha256).digest()
    expected = hmac.new(salt, b"docs|198.51.100.1|Firefox", hashlib.sha256).hexdigest()
    assert one_visitor(TUESDAY) == expected


def test_site_address_agent_and_secret_all_make_another_visitor() -> None:
    ids = VisitorIds("s3cret", "daily")
    people = {
        ids.visitor_id("docs", "198.51.100.1", "Firefox", MONDAY),
        ids.visitor_id("shop", "198.51.100.1", "Firefox", MONDAY),
        ids.visitor_id("docs", "198.51.100.2", "Firefox", MONDAY),
        ids.visitor_id("docs", "198.51.100.1", "Chrome", MONDAY),
        one_visitor(MONDAY, secret="another"),
    }
    assert len(people) == 5


def test_a_day_has_its_own_ids_whatever_was_asked_before() -> None:
    ids = VisitorIds("s3cret", "daily")
    days = (MONDAY, TUESDAY, MONDAY, NEXT_MONDAY)
    found = [ids.visitor_id("docs", "198.51.100.1", "Firefox", day) for day in days]
    assert found == [one_visitor(day) for day in days]
    assert len(set(found)) == 3


def test_a_weekly_id_lasts_from_monday_to_sunday() -> None:
    assert one_visitor(MONDAY, "weekly") == one_visitor(SUNDAY, "weekly")
    assert one_visitor(SUNDAY, "weekly") != one_visitor(NEXT_MONDAY, "weekly")
    assert one_visitor(SUNDAY, "weekly") == one_visitor(MONDAY, "daily")


def test_a_monthly_id_lasts_for_the_calendar_month() -> None:
    assert one_visitor(date(2026, 6, 30), "monthly") == one_visitor(date(2026, 6, 1), "daily")
    assert one_visitor(date(2026, 6, 30), "monthly") != one_visitor(date(2026, 7, 1), "monthly")


@given(st.text(st.characters(exclude_categories=[])), st.dates())
def test_any_user_agent_has_an_id(user_agent: str, day: date) -> None:
    found = VisitorIds("s\udcffcret", "weekly").visitor_id("docs", "::1", user_agent, day)
    assert len(found) == 64
    assert int(found, 16) >= 0


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / ".secret"
    secret = load_or_create_secret(path)
    assert len(secret) == 64
    assert load_or_create_secret(path) == secret
    assert [entry.name for entry in tmp_path.iterdir()] == [".secret"]


def test_two_directories_have_two_secrets(tmp_path: Path) -> None:
    assert load_or_create_secret(tmp_path / "a") != load_or_create_secret(tmp_path / "b")


def test_only_the_owner_reads_the_secret(tmp_path: Path) -> None:
    path = tmp_path / ".secret"
    load_or_create_secret(path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    load_or_create_secret(path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_operators_secret_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / ".secret"
    path.write_bytes(b"my very own \xff secret\n")
    assert load_or_create_secret(path) == "my very own \udcff secret"
    assert path.read_bytes() == b"my very own \xff secret\n"


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"x", b"\0", b"\0" * 64, b"short\n", b"a" * 64, b"a" * 20 + b"\0bcdefg"]
)
def test_a_file_without_a_secret_that_protects_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / ".secret"
    path.write_bytes(content)
    with pytest.raises(MallardError, match="holds no secret that protects visitors") as caught:
        load_or_create_secret(path)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == content, "what is there may be evidence"


def test_whoever_comes_second_takes_the_first_ones_secret(tmp_path: Path) -> None:
    path = tmp_path / ".secret"
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(lambda _: load_or_create_secret(path), range(32)))
    assert len(secrets) == 1


def test_a_file_system_without_links_keeps_a_secret_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    secret = load_or_create_secret(tmp_path / ".secret")
    assert load_or_create_secret(tmp_path / ".secret") == secret
    assert [entry.name for entry in tmp_path.iterdir()] == [".secret"]
