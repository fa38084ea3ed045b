"""Sources, referrers, campaigns and channels of days, under the names that live visits get."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from mallard.reports import channels
from mallard.transfer.day_figures.rows import DayRow, Figures
from mallard.transfer.histories.told import CAMPAIGN, Campaign, from_where, page_at

Origin = tuple[tuple[str, str | None], ...]
"""The dimensions that tell where visits came from, each with its value."""

MARK = "\x1f"
"""Stands between the columns that a channel follows from, until it is worked out of them."""
_PARTS = ", ".join(
    f"nullif(split_part(value, chr({ord(MARK)}), {n + 1}), '') as {column}"
    for n, column in enumerate(channels.COLUMNS)
)
CHANNEL_OF = f"""
select value, {channels.CHANNEL} as channel
from (
    select value, {_PARTS}
    from (select distinct value from {{rows}} where contains(value, chr({ord(MARK)})))
)
"""
"""The SQL of the channels that such values come to; for all of them at once it is quick."""

OF_COLUMNS = {"sources": "referrer_source", "referrers": "referrer"} | {c: c for c in CAMPAIGN}


@lru_cache(maxsize=8192)
def origin_of(referrer: str | None, source: str | None, campaign: Campaign) -> Origin:
    """What a referrer, the name of a source and a campaign come to. Raises BadRow."""
    found = from_where(page_at(None, "/"), referrer, source, campaign)
    told = [(dimension, found[column]) for dimension, column in OF_COLUMNS.items()]
    columns = (found[column] or "" for column in channels.COLUMNS)
    return (("channels", MARK.join(columns)), *told)


def rows_of(site_id: str, day: date, origin: Origin, figures: Figures) -> Iterator[DayRow]:
    """The rows of all these dimensions; of campaigns those that there are."""
    for dimension, value in origin:
        if value is None and dimension in CAMPAIGN:
            continue
        yield DayRow(site_id, day, dimension, value, figures)
