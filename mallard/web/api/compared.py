"""Rows with those of the compared period beside them, and by how much each figure changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from decimal import Decimal
from itertools import zip_longest
from typing import Any, get_type_hints

from mallard.reports.breakdown_rows import BreakdownRow, PlaceRow, PropertyRow
from mallard.reports.comparison import change
from mallard.reports.conversions import (
    ConvertedEngagedTotals,
    ConvertedPlaceRow,
    ConvertedPropertyRow,
    ConvertedRow,
    ConvertedTotals,
)
from mallard.reports.export import ExportRow
from mallard.reports.flow import FlowRow
from mallard.reports.funnel import FunnelRow
from mallard.reports.goal_series import ConvertedBucket
from mallard.reports.goals import GoalRow
from mallard.reports.listed import Listed
from mallard.reports.properties import PropertyKey
from mallard.reports.revenue import RevenueRow
from mallard.reports.sequences import SequenceFigures
from mallard.reports.session_series import SessionBucket
from mallard.reports.sessions import Sessions
from mallard.reports.timeseries import Bucket
from mallard.reports.totals import EngagedTotals, Totals

Json = dict[str, Any]

KEYS: dict[type[Any], tuple[str, ...]] = {
    Totals: (),
    EngagedTotals: (),
    Sessions: (),
    SequenceFigures: (),
    Bucket: ("date",),
    SessionBucket: ("date",),
    ConvertedBucket: ("date",),
    BreakdownRow: ("value",),
    PlaceRow: ("value", "country_code"),
    PropertyRow: ("value",),
    PropertyKey: ("key",),
    ConvertedRow: ("value",),
    ConvertedPlaceRow: ("value", "country_code"),
    ConvertedPropertyRow: ("value",),
    ConvertedTotals: (),
    ConvertedEngagedTotals: (),
    GoalRow: ("goal",),
    RevenueRow: ("event", "currency"),
    FunnelRow: ("step",),
    FlowRow: ("next_page",),
    ExportRow: ("date",),
}
"""What can be compared, and the fields that tell rows apart; all its other numbers are figures."""


RATES = ("bounce_rate", "conversion_rate", "engagement_rate", "exit_rate")
"""Figures that are fractions of a whole."""


def _figures(kind: type[Any]) -> list[str]:
    hints = get_type_hints(kind)
    names = (field.name for field in fields(kind) if field.name not in KEYS[kind])
    return [name for name in names if hints[name] in (int, float, Decimal)]


FIGURES = {kind: _figures(kind) for kind in KEYS}
"""The names of the figures of each."""


def written(row: Any) -> Any:
    """A row as it is answered: one with further columns is one object with all of them."""
    return asdict(row.row) | row.more if isinstance(row, Listed) else row


def beside(row: Any, before: Any) -> Json:
    """One row, and that of the compared period; None where it has none."""
    was = None if before is None else _figures_of(before)
    changes = {
        name: None if was is None or name not in was else _change(name, figure, was[name])
        for name, figure in _figures_of(row).items()
    }
    comparison = None if before is None else _as_dict(before)
    return _as_dict(row) | {"comparison": comparison, "change": changes}


def _as_dict(row: Any) -> Json:
    found: Json = written(row) if isinstance(row, Listed) else asdict(row)
    return found


def _figures_of(row: Any) -> Json:
    if isinstance(row, Listed):
        return _figures_of(row.row) | row.more
    return {name: getattr(row, name) for name in FIGURES[type(row)]}


def _change(name: str, now: Any, before: Any) -> float | None:
    """How a figure has changed; a rate by the difference, which are percentage points."""
    return float(now - before) if name in RATES else change(now, before)


def by_position(rows: Sequence[Any], before: Sequence[Any]) -> list[Json]:
    """Each row beside the one at its place, as far as there is one."""
    return [beside(row, other) for row, other in zip_longest(rows, before[: len(rows)])]


def by_key(rows: Sequence[Any], before: Sequence[Any]) -> list[Json]:
    """Each row beside the one of the same key, or beside zeros."""
    others = {_key(other): other for other in before}
    return [beside(row, others.get(_key(row)) or _zeros(row)) for row in rows]


def _key(row: Any) -> object:
    if isinstance(row, Listed):
        return _key(row.row)
    return tuple(getattr(row, name) for name in KEYS[type(row)])


def _zeros(row: Any) -> Any:
    """The same row with figures of nothing, each of its own type: of money 0.00, of lists empty."""
    if isinstance(row, Listed):
        more = {name: figure - figure for name, figure in row.more.items()}
        return Listed(_zeros(row.row), more)
    zeros = {name: figure - figure for name, figure in _figures_of(row).items()}
    lists: Json = {f.name: [] for f in fields(row) if isinstance(getattr(row, f.name), list)}
    return replace(row, **zeros, **lists)
