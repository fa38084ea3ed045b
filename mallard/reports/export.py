"""The figures of each day of a period, for spreadsheets and other programs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields, replace
from itertools import zip_longest

from mallard.reports.breakdown import breakdown
from mallard.reports.filters import UNKNOWN
from mallard.reports.query import ReportQuery
from mallard.reports.timeseries import timeseries
from mallard.store.reader import Reader

DIRECT = "(direct)"
"""How the export calls visits without a source."""

FORMULA_SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212"
"""What a formula begins with: also in full width, small, and the minus of mathematics."""
PASSED_OVER = "".join(
    chr(code)
    for code in range(1, 0x10000)
    if unicodedata.category(chr(code)) in ("Cc", "Cf", "Zl", "Zp", "Zs")
)
"""Signs that nobody sees: a spreadsheet may pass over them, and finds a formula behind."""
FORMULA_STARTS = FORMULA_SIGNS + PASSED_OVER
"""What makes a spreadsheet take a cell for a formula, or may do so."""
_FORMULA = re.compile(f"[{re.escape(FORMULA_STARTS)}]")


@dataclass(frozen=True, slots=True)
class ExportRow:
    """The figures of one day, and the first page and source of the whole period."""

    date: str
    visitors: int
    pageviews: int
    top_page: str | None
    top_source: str | None


def export(reader: Reader, query: ReportQuery) -> list[ExportRow]:
    """A row for every day of the period, ascending; those without events are zeros."""
    page = _first(reader, query, "pages")
    source = _first(reader, query, "sources")
    days = timeseries(reader, replace(query, interval="day"))
    return [ExportRow(day.date, day.visitors, day.pageviews, page, source) for day in days]


def as_csv(rows: Sequence[ExportRow], before: Sequence[ExportRow] | None = None) -> str:
    """The rows as CSV under a header, those of a compared period beside them, place by place."""
    header = [field.name for field in fields(ExportRow)]
    if before is None:
        return csv_text(header, map(astuple, rows))
    header += [f"compared_{name}" for name in ("date", "visitors", "pageviews")]
    pairs = zip_longest(map(astuple, rows), before[: len(rows)])
    return csv_text(header, ((*row, *_compared(then)) for row, then in pairs))


def _compared(then: ExportRow | None) -> tuple[str | int | None, ...]:
    return (then.date, then.visitors, then.pageviews) if then else (None, None, None)


def csv_text(header: Iterable[str], rows: Iterable[Iterable[str | int | None]]) -> str:
    """A header and rows as CSV; no text in it is a formula."""
    lines = [",".join(_cell(value) for value in row) for row in (header, *rows)]
    return "\n".join(lines) + "\n"


def _first(reader: Reader, query: ReportQuery, dimension: str) -> str | None:
    rows = breakdown(reader, replace(query, limit=1), dimension)
    value = rows[0].value if rows else None
    return DIRECT if value == UNKNOWN and dimension == "sources" else value


def _cell(value: str | int | None) -> str:
    if not isinstance(value, str):
        return "" if value is None else str(value)
    text = f"'{value}" if _FORMULA.match(value) else value
    if any(c in text for c in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text
