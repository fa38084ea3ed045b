"""GoatCounter's export of single pageviews comes in as the visits that it tells of."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mallard.model import Event, microseconds
from mallard.transfer.histories.told import Told
from mallard.transfer.rows import BadRow, LeftOut
from mallard.transfer.sources import Unreadable
from tests.transfer.histories.conftest import Read, Rows
from tests.transfer.histories.goatcounter_rows import ROW, a_file

AT = microseconds(datetime(2026, 3, 10, 9, 30, tzinfo=UTC))


def test_a_row_is_a_pageview(read: Read, tmp_path: Path):
    assert read(a_file(tmp_path / "a.csv", {})) == [
        Event(
            site_id="example.com",
            visitor_id="287fb97cbed4e4f-8e4f5c975b8fee06",
            event_name="pageview",
            pathname="/pricing",
            timestamp=AT,
            referrer="https://news.ycombinator.com/item?id=1",
            referrer_source="Hacker News",
            browser="Chrome",
            browser_version="86",
            os="Windows",
            os_version="7",
            device_type="desktop",
            screen_size="1280",
            country_code="US",
            region="Texas",
        )
    ]


def test_it_is_recognised_packed_and_under_any_name(read: Read, tmp_path: Path):
    plain = a_file(tmp_path / "a.csv", {})
    packed = tmp_path / "goatcounter-export-code-20260311T000000Z-9.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert read(packed) == read(plain.rename(tmp_path / "a")) != []


@pytest.mark.parametrize("spelling", ["true", "1"])
def test_an_event_is_called_as_its_path(read: Read, tmp_path: Path, spelling: str):
    (event,) = read(a_file(tmp_path / "a.csv", {"2Path": "sign-up", "Event": spelling}))
    assert (event.event_name, event.pathname) == ("sign-up", "/")


@pytest.mark.parametrize(
    ("scheme", "text", "referrer", "source"),
    [
        ("h", "www.google.com", "https://www.google.com", "Google"),
        ("h", "example.com/other", None, None),
        ("h", "", None, None),
        ("g", "Google", None, "Google"),
        ("g", "Email", None, "Email"),
        ("c", "spring-sale", None, "spring-sale"),
        ("o", "android-app://com.google.android.gm/", "android-app://com.google.android.gm/",
         "Gmail"),
        ("", "", None, None),
    ],
)  # fmt: skip
def test_a_referrer_is_an_address_a_name_or_a_campaign(
    read: Read, tmp_path: Path, scheme: str, text: str, referrer: str | None, source: str | None
):
    (event,) = read(a_file(tmp_path / "a.csv", {"Referrer": text, "Referrer scheme": scheme}))
    assert (event.referrer, event.referrer_source) == (referrer, source)
    assert event.utm_source == ("spring-sale" if scheme == "c" else None)


def test_a_path_may_hold_a_query(read: Read, tmp_path: Path):
    campaign = {"2Path": "/a?b=1&utm_campaign=may", "Referrer": ""}
    first, second = read(a_file(tmp_path / "a.csv", campaign, {"2Path": "about", "Session": "s"}))
    assert (first.pathname, first.utm_campaign) == ("/a", "may")
    assert second.pathname == "/about"


def test_views_without_sessions_are_a_visitor_each(read: Read, tmp_path: Path):
    events = read(a_file(tmp_path / "a.csv", *[{"Session": text} for text in ("", "0-0", "s")]))
    assert len({event.visitor_id for event in events}) == 3


def test_a_view_again_counts_as_one(read: Read, tmp_path: Path):
    events = read(a_file(tmp_path / "a.csv", {"FirstVisit": "1"}, {"FirstVisit": "false"}))
    assert [event.timestamp for event in events] == [AT, AT + 1]


def test_robots_are_left_out_and_bad_rows_are_named(rows: Rows, tmp_path: Path):
    bad = [{"Bot": "3"}, {"Date": "soon"}, {"Referrer scheme": "z"}]
    found = rows(a_file(tmp_path / "a.csv", *bad))
    assert [(number, type(row), str(row)) for number, row in found] == [
        (2, LeftOut, "robots"),
        (3, BadRow, "Date is not a time: 'soon'"),
        (4, BadRow, "Referrer scheme is none of h, g, c and o: 'z'"),
    ]


def test_a_torn_row_is_bad_and_the_rest_is_read(rows: Rows, tmp_path: Path):
    path = a_file(tmp_path / "a.csv", {}, {})
    first, second, third = path.read_text().splitlines()
    path.write_text(f'{first}\n{second[:30]}\n{second},"open\n{third}\n')
    found = rows(path)
    assert [type(row) for _, row in found] == [BadRow, BadRow, Event]
    assert str(found[0][1]).endswith("instead of 14")
    assert str(found[1][1]) == "a quote is never closed"


def test_nothing_tells_its_site(rows: Rows, tmp_path: Path):
    (found,) = rows(a_file(tmp_path / "a.csv", {}), told=Told())
    assert str(found[1]) == "nothing tells its site; name it by --site"


def test_an_export_of_version_1_is_refused(rows: Rows, tmp_path: Path):
    old = "Path,Title,Event,Bot,Session,FirstVisit,Referrer,Referrer scheme,Browser,Screen size"
    (tmp_path / "a.csv").write_text(f"{old},Location,Date\n")
    with pytest.raises(Unreadable, match="before version 2"):
        rows(tmp_path / "a.csv")


def test_quotes_and_lines_in_a_title_do_no_harm(read: Read, tmp_path: Path):
    titles = [{"Title": 'say "hi",\nnow'}, {"Title": ROW["Title"]}]
    assert len(read(a_file(tmp_path / "a.csv", *titles))) == 2
