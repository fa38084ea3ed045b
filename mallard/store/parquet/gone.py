"""What of a file's rows is not to be stored any more, and the SQL that passes over it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from mallard.store.parquet.columns import quoted


class Gone(msgspec.Struct, frozen=True):
    """Days of a site, or of all sites, and of these what bears a time before a moment."""

    site_id: str | None
    start: date
    end: date
    before_us: int | None = None


def passing_over(rows: str, gone: Sequence[Gone]) -> str:
    """A FROM item that has of another one all that is not gone."""
    if not gone:
        return rows
    return f"(select * from {rows} where not ({' or '.join(map(_condition, gone))}))"


def _condition(one: Gone) -> str:
    parts = [f"timestamp >= {_midnight(one.start)}", f"timestamp < {_midnight(one.end)}"]
    if one.site_id is not None:
        parts.insert(0, f"site_id = {quoted(one.site_id)}")
    if one.before_us is not None:
        parts.append(f"timestamp < make_timestamp({int(one.before_us)})")
    return f"({' and '.join(parts)})"


def _midnight(day: date) -> str:
    return f"timestamp '{day.isoformat()}'"
