"""How quick pages are, written out, and what Google's published thresholds say of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from mallard.reports.vitals import ALL, VitalsRow, vitals
from mallard.texts.catalogue import N_
from mallard.texts.forms import number
from mallard.web.dashboard.view import View
from mallard.web.dashboard.wording import grouped, value_text

ROWS = 10
GOOD, MIDDLING, POOR = N_("good"), N_("needs improvement"), N_("poor")


def _millis(figure: float) -> str:
    return number(f"{figure:,.0f}") + " ms"


def _score(figure: float) -> str:
    return number(f"{figure:.2f}")


class Threshold(NamedTuple):
    """What a measure is called, up to what it is good, above what poor, and how it is written.

    From https://web.dev/articles/vitals and the pages on the single measures there.
    """

    name: str
    title: str
    good: float
    poor: float
    text: Callable[[float], str]


THRESHOLDS = (
    Threshold("lcp", N_("Largest paint"), 2500, 4000, _millis),
    Threshold("inp", N_("Interaction"), 200, 500, _millis),
    Threshold("cls", N_("Layout shift"), 0.1, 0.25, _score),
    Threshold("fcp", N_("First paint"), 1800, 3000, _millis),
    Threshold("ttfb", N_("First byte"), 800, 1800, _millis),
)


@dataclass(frozen=True, slots=True)
class Judged:
    """One percentile, written out, and what the thresholds say of it; nothing if unknown."""

    text: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Quickness:
    """A page, or all of them, the loads that were measured, and the five measures in order."""

    value: str
    loads: str
    measures: list[Judged]


@dataclass(frozen=True, slots=True)
class Speed:
    """All pages together, those of the most loads, and the titles of the measures."""

    everything: Quickness
    pages: list[Quickness]
    titles: Sequence[str] = tuple(threshold.title for threshold in THRESHOLDS)


def speed(view: View) -> Speed | None:
    """How quick the pages are; None where none has told it."""
    query = replace(view.query, limit=ROWS)
    everything = view.desk.ask(vitals, query, ALL)
    if not everything:
        return None
    pages = view.desk.ask(vitals, query, "page")
    return Speed(_written(everything[0]), [_written(row) for row in pages])


def _written(row: VitalsRow) -> Quickness:
    measures = [_judged(threshold, getattr(row, threshold.name)) for threshold in THRESHOLDS]
    return Quickness(value_text("page", row.value), grouped(row.loads), measures)


def _judged(threshold: Threshold, figure: float | None) -> Judged:
    if figure is None:
        return Judged("–", "")  # noqa: RUF001  # a dash stands for nothing
    is_good, is_poor = figure <= threshold.good, figure > threshold.poor
    return Judged(threshold.text(figure), GOOD if is_good else POOR if is_poor else MIDDLING)
