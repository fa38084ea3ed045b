"""Whoever has the whole data directory, and every backup, tries to trace visitors to addresses."""

from __future__ import annotations

import hashlib
import hmac
import io
import re
import tarfile
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from werkzeug.test import Client

from mallard.app import Mallard
from mallard.ingest.salts import SURE_AFTER_SECS, Salts
from mallard.wsgi import application
from tests.conftest import CHROME, NOON, post_event, stored_events
from tests.contents import contents

SITE = "example.com"
VICTIM = "203.0.113.77"
SUSPECTS = [f"203.0.113.{number}" for number in range(256)]
_HEX = re.compile(rb"[0-9a-f]{64}")


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    """The secret is in the data directory, as it is by default."""
    return settings | {"secret": None}


def visit(mallard: Mallard) -> str:
    """A visit of the victim; the id that is stored of it."""
    body = {"d": SITE, "n": "pageview", "u": f"https://{SITE}/"}
    post_event(Client(application(mallard)), body, X_Forwarded_For=VICTIM)
    return str(stored_events(mallard)[-1]["visitor_id"])


def let_the_salt_go(mallard: Mallard) -> None:
    """What the housekeeping of a quarter of an hour does."""
    seconds = iter((0.0, 0.0, 0.0, SURE_AFTER_SECS, SURE_AFTER_SECS))
    settings = mallard.settings
    salts = Salts(
        mallard.directory.path / "salts",
        settings.visitor_id_rotation,
        settings.visitor_salt_grace_days,
        mallard.clock,
        lambda: next(seconds, SURE_AFTER_SECS),
    )
    salts.look()
    salts.look()


def of_backup(archive: bytes) -> list[bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        files = [tar.extractfile(member) for member in tar]
        return [file.read() for file in files if file]


def documented_salt(secret: bytes, day: date) -> bytes:
    return hmac.digest(b"mallard-metrics-salt", b"%b:%b" % (secret, str(day).encode()), "sha256")


def keys(found: list[bytes], secret: bytes, day: date) -> Iterator[bytes]:
    """Everything that could be the key of a day's ids, made of what lies about."""
    derived = documented_salt(secret, day)
    yield derived
    for content in found:
        for text in set(_HEX.findall(content)):
            yield bytes.fromhex(text.decode())
            yield hmac.digest(bytes.fromhex(text.decode()), derived, "sha256")
            yield documented_salt(text, day)


def traced(visitor_id: str, found: list[bytes], secret: bytes, day: date) -> str | None:
    """The address of a visitor of whom everything else is known; None if it stays unknown."""
    for key in keys(found, secret, day):
        for address in SUSPECTS:
            told = f"{SITE}|{address}|{CHROME}".encode()
            if hmac.digest(key, told, hashlib.sha256).hex() == visitor_id:
                return address
    return None


@pytest.mark.parametrize("grace", [0, 2])
def test_a_day_whose_salt_is_gone_is_beyond_everybody_s_reach(start, clock, grace: int) -> None:
    mallard = start(visitor_salt_grace_days=grace)
    visitor_id = visit(mallard)
    backups = of_backup(b"".join(mallard.transfer.backup()))
    clock.move(days=grace + 1)
    visit(mallard)
    let_the_salt_go(mallard)
    found = [content for _, content in contents(mallard.directory.path)] + backups
    secret = (mallard.directory.path / ".secret").read_bytes().strip()
    assert any(visitor_id.encode() in content for content in found)
    assert traced(visitor_id, found, secret, NOON.date()) is None


def test_until_then_whoever_has_the_directory_can_trace_it(start, clock) -> None:
    """The documents say so; and it shows that the attack above is one."""
    mallard = start()
    visitor_id = visit(mallard)
    clock.move(days=2)
    let_the_salt_go(mallard)
    found = [content for _, content in contents(mallard.directory.path)]
    secret = (mallard.directory.path / ".secret").read_bytes().strip()
    assert traced(visitor_id, found, secret, NOON.date()) == VICTIM


def test_a_backup_alone_traces_nobody_unless_the_salt_was_asked_for(start) -> None:
    mallard = start()
    visitor_id = visit(mallard)
    secret = (mallard.directory.path / ".secret").read_bytes().strip()
    plain, with_salt = (
        of_backup(b"".join(mallard.transfer.backup(with_salt))) for with_salt in (False, True)
    )
    assert traced(visitor_id, plain, secret, NOON.date()) is None
    assert traced(visitor_id, with_salt, secret, NOON.date()) == VICTIM


def test_with_derived_salts_every_day_stays_within_reach_of_whoever_has_the_secret(
    start, clock
) -> None:
    mallard = start(visitor_salts="derived")
    visitor_id = visit(mallard)
    clock.move(days=300)
    secret = (mallard.directory.path / ".secret").read_bytes().strip()
    assert traced(visitor_id, [], secret, NOON.date()) == VICTIM


def test_of_past_salts_no_backup_has_any(start, clock) -> None:
    mallard = start()
    for _ in range(3):
        visit(mallard)
        clock.move(days=1)
    visit(mallard)
    with tarfile.open(fileobj=io.BytesIO(b"".join(mallard.transfer.backup(True)))) as tar:
        salts = [name for name in tar.getnames() if "salt" in name]
    assert salts == [f"salts/{NOON.date() + timedelta(days=3)}.daily"]
