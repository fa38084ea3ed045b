"""What docs/troubleshooting.md says that `/diagnostics` shows, it shows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from documentation import ROOT
from mallard.ingest.journal import NotJournalled
from mallard.model import DropReason, RejectReason
from tests.conftest import CHROME, Shared, kept_open, post_event

GUIDE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
VIEW = {"d": "example.com", "n": "pageview", "u": "https://example.com/"}
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"

Open = Callable[..., AbstractContextManager[Shared]]


@pytest.fixture
def opened(data_dir: Path, fresh_data: Path) -> Open:
    """A Mallard with these settings."""
    return partial(kept_open, data_dir, fresh_data)


def shown(one: Shared) -> str:
    return one.client.get("/diagnostics", headers={"User-Agent": CHROME}).text


@pytest.mark.parametrize("reason", [*DropReason, *RejectReason])
def test_every_reason_is_explained(reason: str) -> None:
    assert f"*{reason.replace('_', ' ')}*" in GUIDE


SYMPTOMS: list[tuple[dict[str, Any], dict[str, Any], dict[str, str], int, str]] = [
    ({"site_ids": ("example.com",)}, {}, {"Origin": "https://a.example"}, 403, "forbidden 1"),
    ({}, {"w": "wide"}, {}, 422, "wrong type 1"),
    ({}, {"u": ""}, {}, 400, "invalid 1"),
    ({}, {}, {"User-Agent": BOT}, 202, "crawler 1"),
    ({}, {}, {"User-Agent": "curl/8.5.0"}, 202, "http client 1"),
    ({"respect_gpc": True}, {}, {"Sec-GPC": "1"}, 202, "opted out 1"),
]


@pytest.mark.parametrize(("settings", "fields", "headers", "status", "words"), SYMPTOMS)
def test_no_visits_appear(
    opened: Open,
    settings: dict[str, Any],
    fields: dict[str, Any],
    headers: dict[str, str],
    status: int,
    words: str,
) -> None:
    with opened(**settings) as one:
        assert post_event(one.client, VIEW | fields, **headers).status_code == status
        assert words in shown(one)


def test_more_than_the_limit_is_429_and_shown_as_rate_limited(opened: Open) -> None:
    with opened(rate_limit_per_site=1) as one:
        answers = {post_event(one.client, VIEW).status_code for _ in range(3)}
        assert answers == {202, 429}
        assert "rate limited" in shown(one)


def test_more_new_sites_than_the_limit_are_429_and_shown_as_too_many_sites(opened: Open) -> None:
    with opened(max_new_sites_per_hour=1) as one:
        sites = ("one.example", "two.example")
        answers = [post_event(one.client, VIEW | {"d": site}).status_code for site in sites]
        assert answers == [202, 429]
        assert "too many sites 1" in shown(one)


def test_a_full_disk_is_503_and_shown_as_not_stored(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise NotJournalled("No space left on device")

    with opened() as one:
        with monkeypatch.context() as patch:
            patch.setattr(one.mallard.journal, "append", full)
            assert post_event(one.client, VIEW).status_code == 503
        assert "not stored 1" in shown(one)


def test_a_proxy_that_is_not_trusted_is_the_address_of_everybody(opened: Open) -> None:
    with opened() as one:
        proxy = {"REMOTE_ADDR": "198.51.100.7"}
        headers = {"X-Forwarded-For": "203.0.113.9"}
        page = one.client.get("/diagnostics", headers=headers, environ_overrides=proxy).text
        assert "<strong>198.51.100.7</strong>" in page
        (row,) = (part for part in page.split("<tr>") if "The connection" in part)
        assert "<td>no</td>" in row
