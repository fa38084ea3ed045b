"""Each privacy setting, alone and in the preset, by what an event sent over HTTP leaves behind."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet  # type: ignore[import-untyped]
from werkzeug.test import TestResponse

from mallard import app
from mallard.config import load
from tests.conftest import CHROME, NOON, Clock, client_of, post_event, stored_events
from tests.waiting import PATIENCE_SECS

ADDRESS = "198.51.100.20"
EVENT = {
    "d": "example.com",
    "n": "pageview",
    "u": "https://example.com/page?secret=1#part",
    "r": "https://www.google.com/search?q=what+I+seek#top",
    "w": 1200,
}
AT = NOON + timedelta(minutes=34, seconds=56, microseconds=789)

WHOLE = {
    "pathname": "/page",
    "referrer": "https://www.google.com/search?q=what+I+seek#top",
    "referrer_source": "Google",
    "timestamp": AT.replace(tzinfo=None),
    "browser": "Chrome",
    "browser_version": "142.0",
    "os": "Windows",
    "os_version": "10",
    "screen_size": "1200",
    "device_type": "desktop",
    "country_code": "DE",
    "region": "Bavaria",
    "city": "Munich",
}
"""What is stored of EVENT when nothing is held back."""

STRIPPED = {"referrer": "https://www.google.com/search"}
ROUNDED = {"timestamp": NOON.replace(tzinfo=None)}
NO_BROWSER_VERSION = {"browser_version": None}
NO_OS_VERSION = {"os_version": None}
NO_SCREEN = {"screen_size": None, "device_type": None}
NO_CITY = {"city": None}
COUNTRY = NO_CITY | {"region": None}
NOWHERE = COUNTRY | {"country_code": None}
PRESET = STRIPPED | ROUNDED | NO_BROWSER_VERSION | NO_OS_VERSION | NO_SCREEN | COUNTRY


@dataclass
class Outcome:
    """What came of an event, and what was said when the settings were read."""

    event: dict[str, Any] | None
    warnings: list[str]
    answers: list[TestResponse]


Send = Callable[..., Outcome]


@pytest.fixture
def locations(tmp_path: Path) -> Path:
    path = tmp_path / "cities.mmdb"
    writer = MMDBWriter(6, "GeoLite2-City", ipv4_compatible=True, languages=["en"])
    record = {
        "country": {"iso_code": "DE"},
        "subdivisions": [{"names": {"en": "Bavaria"}}],
        "city": {"names": {"en": "Munich"}},
    }
    writer.insert_network(IPSet(["198.51.100.0/24"]), record)
    writer.to_db_file(str(path))
    return path


@pytest.fixture
def send(tmp_path: Path, locations: Path, clock: Clock) -> Send:
    """Starts a Mallard by a settings file, sends EVENT through its front door."""
    numbers = itertools.count()

    def send_one(toml: str, headers: dict[str, str] | None = None, times: int = 1) -> Outcome:
        directory = tmp_path / str(next(numbers))
        directory.mkdir()
        file = directory / "mallard.toml"
        file.write_text(
            f'data_dir = "{directory / "data"}"\ngeoip_db_path = "{locations}"\n'
            f"secret = 'a secret of some length'\nduckdb_threads = 1\n{toml}"
        )
        loaded = load(file, {})
        clock.now = AT
        mallard = app.build(loaded.settings, clock)
        client = client_of(mallard)
        sent = {"X_Forwarded_For": ADDRESS} | (headers or {})
        answers = [post_event(client, EVENT, **sent) for _ in range(times)]
        events = stored_events(mallard)
        assert mallard.stop(PATIENCE_SECS)
        return Outcome(events[0] if events else None, loaded.warnings, answers)

    return send_one


def stored(outcome: Outcome) -> dict[str, Any]:
    assert outcome.event is not None
    return {name: outcome.event[name] for name in WHOLE}


@pytest.mark.parametrize(
    ("toml", "held_back"),
    [
        ("", {}),
        ("gdpr_mode = false", {}),
        ("strip_referrer_query = true", STRIPPED),
        ("round_timestamps = true", ROUNDED),
        ("suppress_browser_version = true", NO_BROWSER_VERSION),
        ("suppress_os_version = true", NO_OS_VERSION),
        ("suppress_screen_size = true", NO_SCREEN),
        ("suppress_visitor_id = true", {}),
        ("respect_gpc = true", {}),
        ('geoip_precision = "city"', {}),
        ('geoip_precision = "region"', NO_CITY),
        ('geoip_precision = "country"', COUNTRY),
        ('geoip_precision = "none"', NOWHERE),
        ("gdpr_mode = true", PRESET),
        ("gdpr_mode = true\nsuppress_visitor_id = true", PRESET),
        ('gdpr_mode = true\ngeoip_precision = "none"', PRESET | NOWHERE),
        ("strip_referrer_query = true\nsuppress_os_version = true", STRIPPED | NO_OS_VERSION),
    ],
)
def test_a_setting_holds_back_what_it_says_and_nothing_else(
    send: Send, toml: str, held_back: dict[str, Any]
) -> None:
    outcome = send(toml)
    assert stored(outcome) == WHOLE | held_back
    assert outcome.warnings == []


@pytest.mark.parametrize(
    "contrary",
    [
        "strip_referrer_query = false",
        "round_timestamps = false",
        "suppress_browser_version = false",
        "suppress_os_version = false",
        "suppress_screen_size = false",
        'geoip_precision = "city"',
        'geoip_precision = "region"',
    ],
)
def test_the_preset_wins_over_a_contrary_setting_and_says_so(send: Send, contrary: str) -> None:
    outcome = send(f"gdpr_mode = true\n{contrary}")
    assert stored(outcome) == WHOLE | PRESET
    (warning,) = outcome.warnings
    assert contrary.partition(" ")[0] in warning


HMAC_LENGTH, UUID_LENGTH = 64, 32


@pytest.mark.parametrize(
    ("toml", "length"),
    [
        ("", HMAC_LENGTH),
        ("gdpr_mode = true", HMAC_LENGTH),
        ("suppress_visitor_id = true", UUID_LENGTH),
        ("gdpr_mode = true\nsuppress_visitor_id = true", UUID_LENGTH),
    ],
)
def test_visitors_stay_countable_unless_that_is_suppressed(
    send: Send, toml: str, length: int
) -> None:
    outcome = send(toml)
    assert outcome.event is not None
    assert len(outcome.event["visitor_id"]) == length


def test_a_suppressed_visitor_is_another_one_each_time(start, clock: Clock) -> None:
    mallard = start(suppress_visitor_id=True)
    client = client_of(mallard)
    for _ in range(5):
        post_event(client, EVENT)
    assert len({event["visitor_id"] for event in stored_events(mallard)}) == 5


@pytest.mark.parametrize("header", [{"DNT": "1"}, {"Sec_GPC": "1"}, {"DNT": "1", "Sec_GPC": "1"}])
@pytest.mark.parametrize(
    ("toml", "is_respected"),
    [
        ("", False),
        ("respect_gpc = false", False),
        ("respect_gpc = true", True),
        ("gdpr_mode = true", True),
        ("gdpr_mode = true\nrespect_gpc = false", False),
    ],
)
def test_the_wish_not_to_be_tracked_counts_where_it_is_set(
    send: Send, toml: str, is_respected: bool, header: dict[str, str]
) -> None:
    outcome = send(toml, header)
    (answer,) = outcome.answers
    assert answer.status_code == 202
    assert answer.headers.get("X-Mallard-Dropped") == ("opted_out" if is_respected else None)
    assert (outcome.event is None) == is_respected


@pytest.mark.parametrize("header", [{"DNT": "0"}, {"Sec_GPC": "0"}, {"DNT": "null"}, {}])
def test_no_such_wish_is_no_reason_to_leave_anything_out(
    send: Send, header: dict[str, str]
) -> None:
    assert send("gdpr_mode = true", header).event is not None


def test_rounded_times_keep_the_order_of_events(start, clock: Clock) -> None:
    mallard = start(round_timestamps=True)
    client = client_of(mallard)
    clock.now = AT
    for path in ("/first", "/second", "/third"):
        post_event(client, EVENT | {"u": f"https://example.com{path}"})
        clock.move(minutes=3)
    events = stored_events(mallard)
    assert [event["pathname"] for event in events] == ["/first", "/second", "/third"]
    assert {event["timestamp"].replace(microsecond=0) for event in events} == {
        NOON.replace(tzinfo=None)
    }


def test_every_setting_of_the_preset_is_in_the_document() -> None:
    document = (Path(__file__).parent.parent / "PRIVACY.md").read_text(encoding="utf-8")
    for setting in (
        "gdpr_mode",
        "strip_referrer_query",
        "round_timestamps",
        "suppress_visitor_id",
        "suppress_browser_version",
        "suppress_os_version",
        "suppress_screen_size",
        "geoip_precision",
        "respect_gpc",
        "retention_days",
        "visitor_id_rotation",
    ):
        assert f"`{setting}`" in document


def test_the_raw_user_agent_is_never_stored(start, data_dir: Path) -> None:
    mallard = start()
    post_event(client_of(mallard), EVENT, User_Agent=f"{CHROME} Mark/1")
    assert all("Mark/1" not in str(value) for value in stored_events(mallard)[0].values())
    journal = b"".join(path.read_bytes() for path in (data_dir / "journal").iterdir())
    assert b"Mark/1" not in journal
