"""A figure of a day, whatever file it comes from, and the parts of a row that all have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from mallard.reports.decoding import decoded
from mallard.texts.said import said, within
from mallard.transfer.histories.told import Told, page_at
from mallard.transfer.rows import BadRow, LeftOut

MOST = 1 << 53
"""More than any site has; sums of these do not overflow."""


class Figures(NamedTuple):
    """What is counted; None for what nobody told."""

    visitors: int
    pageviews: int | None = None
    visits: int | None = None
    bounces: int | None = None
    duration_secs: int | None = None
    events: int | None = None


@dataclass(frozen=True, slots=True)
class DayRow:
    """The figures of one value of a dimension on a day; `value` is None for what is unknown."""

    site_id: str
    day: date
    dimension: str
    value: str | None
    figures: Figures
    country_code: str | None = None


Found = Iterator[tuple[int, DayRow | BadRow | LeftOut]]
"""Rows with the number of the line that they are of, or why a line is none."""


@lru_cache(maxsize=4096)
def day_of(text: str | None) -> date:
    """The day that is spelled YYYY-MM-DD, YYYYMMDD or as a time. Raises BadRow."""
    try:
        return datetime.fromisoformat((text or "").strip()).date()
    except ValueError:
        raise BadRow(within(said("the date is none"), repr((text or "")[:40]))) from None


def count(row: Mapping[str, str], *names: str) -> int | None:
    """The number in the first of these columns that has one. Raises BadRow."""
    for name in names:
        text = (row.get(name) or "").strip()
        if text:
            return number(text, name)
    return None


def visitors_of(row: Mapping[str, str], *names: str) -> int:
    """As `count`, where there has to be one."""
    found = count(row, *names)
    if found is None:
        raise BadRow(said("%(name)s is missing", name=names[0]))
    return found


def number(text: str, name: str) -> int:
    """The whole number that a text is, or is nearest to. Raises BadRow."""
    try:
        found = int(text) if text.isdecimal() else round(float(text))
    except (ValueError, OverflowError):
        raise BadRow(
            said("%(name)s is not a number: %(text)s", name=name, text=repr(text[:40]))
        ) from None
    if not 0 <= found < MOST:
        raise BadRow(said("%(name)s is not a count: %(text)s", name=name, text=repr(text[:40])))
    return found


def page_named(told: Told, site_id: str, path: str | None) -> str:
    """A page as reports show it, by the path rules of its site. Raises BadRow."""
    page = page_at(None, path)
    entry = told.decisions.entry(site_id)
    rules = entry.path_rules if entry else None
    return decoded(rules.of_event(page.pathname, page.query) if rules else page.pathname)
