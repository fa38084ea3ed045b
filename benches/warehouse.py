"""A month of a site's events, laid down as Parquet files without the way through a server."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import duckdb

from mallard.model import ENGAGEMENT, Period
from mallard.store.parquet.columns import COLUMNS, TYPES

SITE = "big.example"
DAYS = 30
FIRST_DAY = date(2026, 3, 1)
MONTH = Period(FIRST_DAY, FIRST_DAY + timedelta(days=DAYS))
EVENTS_PER_VISITOR = 5

VALUES = {
    "site_id": "$site",
    "visitor_id": "sha256($site || $day || visitor)",
    "timestamp": """$day::timestamp + to_microseconds(least(86399999999,
        hash(visitor) % 79200 * 1000000
        + nth * (20000000 + hash(visitor * 31 + nth) % 160000000)
        + case when hash(visitor * 7) % 9 = 0 and nth >= 3 then 5400000000 else 0 end)::bigint)""",
    "event_name": """case
        when hash(visitor * 13 + nth) % 20 = 0 then 'signup'
        when hash(visitor * 17 + nth) % 50 = 0 then 'purchase' else 'pageview' end""",
    "pathname": """case hash(visitor * 3 + nth * 5) % 12
        when 0 then '/pricing' when 1 then '/signup' when 2 then '/' when 3 then '/'
        when 4 then '/features' when 5 then '/docs'
        else '/blog/' || floor(pow(hash(visitor * 11 + nth) % 100000 / 1e5, 3) * 5000)::int end""",
    "hostname": "$site",
    "referrer_source": "case hash(visitor * 5) % 3 when 0 then 'Google' when 1 then 'Bing' end",
    "browser": "['Chrome', 'Safari', 'Firefox', 'Edge', 'Opera'][(1 + hash(visitor) % 5)::int]",
    "browser_version": "120 + hash(visitor * 23) % 20",
    "os": "['Windows', 'macOS', 'iOS', 'Android', 'Linux'][(1 + hash(visitor * 29) % 5)::int]",
    "device_type": "['desktop', 'mobile', 'tablet'][(1 + hash(visitor * 41) % 3)::int]",
    "screen_size": "[1920, 1440, 390, 412, 768][(1 + hash(visitor * 43) % 5)::int]",
    "country_code": "['US', 'DE', 'GB', 'FR', 'IN', 'BR'][(1 + hash(visitor * 47) % 6)::int]",
    "city": "'City ' || hash(visitor * 47) % 800",
}
"""One visitor in nine pauses for an hour and a half, and so has two sessions."""


def _told_of_views() -> dict[str, str]:
    """The columns where every second event is what a page tells of how it was looked at.

    It comes within a minute and a half of the event before, on the same page.
    """
    at, page = (VALUES[name].replace("nth", "(nth // 2 * 2)") for name in ("timestamp", "pathname"))
    later = "to_microseconds(nth % 2 * (1000000 + hash(visitor * 53 + nth) % 90000000)::bigint)"
    return {
        "timestamp": f"least($day::timestamp + to_microseconds(86399999999), {at} + {later})",
        "pathname": page,
        "event_name": f"case when nth % 2 = 1 then '{ENGAGEMENT}' else {VALUES['event_name']} end",
        "props": """case when nth % 2 = 1 then '{"e":' || hash(visitor * 53 + nth) % 90000
            || ',"sd":' || (5 + hash(visitor * 59 + nth) % 96) || '}' end""",
    }


TOLD = _told_of_views()
"""What is other than usual where pages tell how they were looked at: two events in five."""

KEY = ("visitor_id", "timestamp")
"""What a file is sorted by, as a compacted one is; all else is worked out after the sort."""


def lay_down(
    data_dir: Path,
    events: int,
    site: str = SITE,
    days: int = DAYS,
    more: Mapping[str, str] | None = None,
) -> None:
    """Writes about so many events of a site, a file for each of the month's last days.

    They have `more` columns than usual: SQL of the `visitor` and of his `nth` event.
    """
    spill = str(data_dir / "tmp")
    with duckdb.connect(
        config={"threads": 2, "memory_limit": "1GB", "temp_directory": spill}
    ) as connection:
        for day in list(MONTH.days)[-days:]:
            directory = data_dir / "events" / f"site_id={site}" / f"date={day}"
            directory.mkdir(parents=True)
            rows = _rows(max(1, events // days), VALUES | dict(more or {}))
            rows = rows.replace("$day", f"'{day}'").replace("$site", f"'{site}'")
            target = directory / "0001.parquet"
            connection.execute(f"copy ({rows}) to '{target}' (format parquet, compression zstd)")


def _rows(events: int, values: Mapping[str, str]) -> str:
    """The SELECT of so many events of a day."""
    columns = ", ".join(
        f"({column if column in KEY else values.get(column, 'null')})"
        f"::{TYPES.get(column, 'VARCHAR')} as {column}"
        for column in COLUMNS
    )
    key = ", ".join(f"{values[column]} as {column}" for column in KEY)
    return f"""
        select {columns}
        from (
            select visitor, nth, {key}
            from (
                select nr // {EVENTS_PER_VISITOR} as visitor, nr % {EVENTS_PER_VISITOR} as nth
                from range({events}) as numbers (nr)
            )
            order by {", ".join(KEY)}
        )
    """
