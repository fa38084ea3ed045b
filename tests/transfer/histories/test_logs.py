"""Access logs come in as the views of pages by people that are among their requests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mallard.app import Mallard
from mallard.model import Event, microseconds
from mallard.transfer.histories.combined import request_of
from mallard.transfer.rows import BadRow, LeftOut
from tests.conftest import CHROME
from tests.transfer.histories import log_lines as lines
from tests.transfer.histories.conftest import Rows
from tests.transfer.histories.log_lines import FORMATS, a_log, told_by


@pytest.fixture
def one(mallard: Mallard, rows: Rows, tmp_path: Path) -> Callable[..., Any]:
    """What becomes of a single line."""

    def found(line: str, header: str = "", site_id: str | None = "example.com") -> Any:
        file = a_log(tmp_path / "access.log", line, header=header)
        ((_, row),) = rows(file, told=told_by(mallard, site_id))
        return row

    return found


One = Callable[..., Any]


@pytest.mark.parametrize("form", FORMATS)
def test_a_request_is_a_pageview(one: One, form: str):
    write, header = FORMATS[form]
    event = one(write("/pricing?utm_source=news&page=2"), header)
    assert isinstance(event, Event)
    assert event.timestamp == microseconds(lines.AT)
    assert (event.site_id, event.event_name, event.pathname) == (
        "example.com",
        "pageview",
        "/pricing",
    )
    assert (event.utm_source, event.referrer_source) == ("news", "news")
    assert (event.hostname, event.browser, event.device_type) == (
        "example.com",
        "Chrome",
        "desktop",
    )


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "target",
    ["/a.css", "/a/b.JS?v=1", "/favicon.ico", "/robots.txt", "/feed.xml", "/a.tar.gz", "/a.pdf"],
)
def test_what_pages_load_is_left_out(one: One, form: str, target: str):
    write, header = FORMATS[form]
    row = one(write(target), header)
    assert (type(row), str(row)) == (LeftOut, "files that are no pages")


@pytest.mark.parametrize("target", ["/", "/v1.2", "/a.html", "/a.php?x=a.css", "/john.doe/", "/a."])
def test_pages_may_have_dots(one: One, target: str):
    assert isinstance(one(lines.combined(target)), Event)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"method": "POST"}, "requests that are no GET"),
        ({"method": "HEAD"}, "requests that are no GET"),
        ({"status": 301}, "redirects and errors"),
        ({"status": 404}, "redirects and errors"),
        ({"status": 500}, "redirects and errors"),
        ({"target": "http://evil.example/"}, "requests that name no path"),
        ({"agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}, "crawler"),
        ({"agent": "curl/8.5.0"}, "http client"),
        ({"agent": "-"}, "http client"),
    ],
)
def test_what_is_no_view_by_somebody_is_left_out(one: One, changes: dict[str, Any], reason: str):
    row = one(lines.combined(**changes))
    assert (type(row), str(row)) == (LeftOut, reason)


def test_what_was_not_modified_was_looked_at(one: One):
    assert isinstance(one(lines.combined(status=304)), Event)


@pytest.mark.parametrize(
    ("front", "site_id", "hostname"),
    [
        ("example.com ", None, "example.com"),
        ("www.Example.com:443 ", None, "www.example.com"),
        ("other.example ", "example.com", "other.example"),
        ("", "example.com", "example.com"),
    ],
)
def test_the_host_may_stand_in_front(one: One, front: str, site_id: str | None, hostname: str):
    event = one(front + lines.combined(who="- frank"), site_id=site_id)
    assert (event.site_id, event.hostname) == ("example.com", hostname)


def test_a_user_may_have_spaces(one: One):
    assert isinstance(one(lines.combined(who="- frank the first")), Event)


@pytest.mark.parametrize("front", ["203.0.113.9 ", "203.0.113.9:80 ", "[2001:db8::1]:443 "])
def test_who_asks_an_address_asks_no_site(one: One, front: str):
    row = one(front + lines.combined(), site_id=None)
    assert str(row) == "requests to an address instead of a host"


def test_nothing_tells_the_site_of_a_log_without_hosts(one: One):
    assert str(one(lines.combined(), site_id=None)).startswith("nothing tells its site")


def test_the_common_format_knows_no_browsers(rows: Rows, mallard: Mallard, tmp_path: Path):
    common = lines.combined().rsplit(' "', 2)[0]
    ((_, row),) = rows(a_log(tmp_path / "a", common), told=told_by(mallard, "example.com"))
    assert str(row) == "http client"


@pytest.mark.parametrize(
    ("written", "path", "agent"),
    [
        (r"/a\"b", '/a"b', r"a \"b\" \\ c"),
        (r"/a\x22b", '/a"b', r"a \x22b\x22 \x5C c"),
        (r"/caf\xc3\xa9", "/café", "ü"),
    ],
)
def test_escapes_are_undone(written: str, path: str, agent: str):
    request = request_of(lines.combined(written, agent=agent))
    assert request.target == path
    assert request.user_agent == ("ü" if agent == "ü" else 'a "b" \\ c')


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("10/Oct/2000:13:55:36 -0700", datetime(2000, 10, 10, 20, 55, 36, tzinfo=UTC)),
        ("01/Jan/2026:00:30:00 +0530", datetime(2025, 12, 31, 19, 0, tzinfo=UTC)),
        ("31/Dec/2016:23:59:60 +0000", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
        # As the ones before, but for the zone, and for the second.
        ("31/Dec/2016:23:59:60 -0030", datetime(2017, 1, 1, 0, 29, 59, tzinfo=UTC)),
        ("31/Dec/2016:23:59:01 +0000", datetime(2016, 12, 31, 23, 59, 1, tzinfo=UTC)),
    ],
)
def test_times_have_a_zone(text: str, moment: datetime):
    line = lines.combined()
    began, ended = line.index("[") + 1, line.index("]")
    assert request_of(line[:began] + text + line[ended:]).at == moment


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("nonsense", "the line is not in the combined log format"),
        (lines.combined().replace("Mar", "Mär"), "the time is none: '10/Mär/2026:09:30:07 +0000'"),
        (lines.combined(at=datetime(1980, 1, 1, tzinfo=UTC)), "timestamp lies before 1990"),
    ],
)
def test_bad_lines_are_named(rows: Rows, mallard: Mallard, tmp_path: Path, line: str, reason: str):
    file = a_log(tmp_path / "a", lines.combined(), line)
    _, (number, row) = rows(file, told=told_by(mallard, "example.com"))
    assert (number, type(row), str(row)) == (2, BadRow, reason)


def test_garbage_for_a_request_is_left_out(one: One, rows: Rows, mallard: Mallard, tmp_path: Path):
    for asked in (r"\x16\x03\x01\x02", "", "-", "GET"):
        line = lines.combined().replace("GET /pricing HTTP/1.1", asked)
        assert isinstance(one(line), LeftOut), asked


@pytest.mark.parametrize(
    ("changes", "address"),
    [
        ({}, "203.0.113.7"),
        ({"client_ip": "198.51.100.1"}, "198.51.100.1"),
        ({"client_ip": ""}, "203.0.113.7"),
        ({"client_ip": "", "remote_ip": "", "remote_addr": "203.0.113.7:41342"}, "203.0.113.7"),
    ],
)
def test_caddy_tells_the_address_in_the_words_of_its_version(
    one: One, changes: dict[str, Any], address: str
):
    event = one(lines.caddy(**changes))
    assert event.visitor_id == one(lines.combined(address=address)).visitor_id


@pytest.mark.parametrize(
    "ts",
    [
        lines.AT.timestamp(),
        lines.AT.timestamp() * 1e3,
        int(lines.AT.timestamp()) * 10**9,
        "2026-03-10T09:30:07.000Z",
        "2026-03-10T10:30:07.000+0100",
    ],
)
def test_caddy_may_write_times_otherwise(one: One, ts: float | str):
    assert one(lines.caddy(line={"ts": ts})).timestamp == microseconds(lines.AT)


def test_caddy_writes_other_messages_too(rows: Rows, mallard: Mallard, tmp_path: Path):
    other = '{"level":"info","ts":1773135007.1,"msg":"serving initial configuration"}'
    kind = {"resp_headers": {"Content-Type": ["application/json"]}}
    files = a_log(tmp_path / "a", other, lines.caddy(), lines.caddy("/api", line=kind), "{]")
    found = [row for _, row in rows(files, told=told_by(mallard))]
    assert [str(row) for row in found if isinstance(row, LeftOut)] == [
        "other messages of the server",
        "files that are no pages",
    ]
    assert [type(row) for row in found] == [LeftOut, Event, LeftOut, BadRow]


def test_cloudfront_names_its_fields_anew_in_each_file(
    rows: Rows, mallard: Mallard, tmp_path: Path
):
    short = "#Fields: date time c-ip cs-method cs-uri-stem sc-status cs(User-Agent)"
    row = f"2026-03-10\t09:30:07\t203.0.113.7\tGET\t/b\t200\t{CHROME.replace(' ', '%2520')}"
    file = a_log(
        tmp_path / "a", lines.cloudfront(), short, row, "torn\trow", header=lines.CLOUDFRONT_HEADER
    )
    found = [row for _, row in rows(file, told=told_by(mallard, "example.com"))]
    events = [row for row in found if isinstance(row, Event)]
    assert [event.pathname for event in events] == ["/pricing", "/b"]
    assert len({event.visitor_id for event in events}) == 1
    assert str(found[2]) == "2 fields instead of 7"
