"""Sessions, retention and sequences, written out for their panels; None while nothing is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from mallard.charts.cohorts import CohortGrid, cohort_grid
from mallard.reports.query import ReportQuery
from mallard.reports.retention import WEEKS, retention
from mallard.reports.sequences import sequences
from mallard.reports.sessions import sessions
from mallard.reports.steps import steps_from_args
from mallard.texts.catalogue import N_, _
from mallard.web.dashboard.headlines import engaged_figures
from mallard.web.dashboard.questions import Questions
from mallard.web.dashboard.view import View
from mallard.web.dashboard.wording import (
    Change,
    change_text,
    decimal,
    duration,
    grouped,
    percent,
    points_text,
    rate,
)

Named = Sequence[tuple[str, str, Callable[[float], str]]]
"""Figures: title, name in the report, how it is written."""

SESSIONS: Named = (
    (N_("Sessions"), "total_sessions", grouped),
    (N_("Average duration"), "avg_session_duration_secs", duration),
    (N_("Pages per session"), "avg_pages_per_session", decimal),
)
ENGAGEMENT: Named = (
    (N_("Time on pages"), "avg_engaged_secs", duration),
    (N_("Scroll depth"), "avg_scroll_depth", percent),
    (N_("Engaged sessions"), "engagement_rate", rate),
)
SEQUENCE: Named = (
    (N_("Converting visitors"), "converting_visitors", grouped),
    (N_("All visitors"), "total_visitors", grouped),
    (N_("Conversion rate"), "conversion_rate", rate),
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure, written out; `change` is None unless another period is compared."""

    title: str
    text: str
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class Conversion:
    """The figures of a sequence, and its rate as the width of a bar."""

    figures: list[Figure]
    width: float


def session_figures(view: View) -> list[Figure]:
    """How many sessions, how long, how many pages; and how these were looked at, if they tell."""
    found = view.desk.ask(sessions, view.query)
    before = view.desk.ask(sessions, view.before) if view.before else None
    return _figures(SESSIONS, found, before) + engagement_figures(view, view.before)


def engagement_figures(view: View, baseline: ReportQuery | None) -> list[Figure]:
    """How pages were looked at, with changes since then; nothing where none has told it."""
    found = engaged_figures(view, view.query)
    if found is None:
        return []
    return _figures(ENGAGEMENT, found, engaged_figures(view, baseline) if baseline else None)


def cohorts(view: View) -> CohortGrid:
    """Who came back in the weeks up to the period's last day. Raises BadQuery."""
    weeks = WEEKS.of({WEEKS.name: [view.url.questions.weeks or Questions.DEFAULT_WEEKS]})
    found = view.desk.ask(retention, view.query, weeks)
    if not found:
        return CohortGrid(weeks, (), 0.0)
    last_day = view.query.period.end - timedelta(days=1)
    return cohort_grid(
        [(date.fromisoformat(cohort.cohort_date), cohort.visitors) for cohort in found],
        weeks,
        last_week=_monday(last_day),
        this_week=_monday(view.today),
    )


def sequence_figures(view: View) -> Conversion | None:
    """Who took all steps of the sequence. Raises BadQuery."""
    asked = view.url.questions.sequence
    if not asked:
        return None
    steps = steps_from_args({"step": asked}, least=2)
    found = view.desk.ask(sequences, view.query, steps)
    before = view.desk.ask(sequences, view.before, steps) if view.before else None
    return Conversion(_figures(SEQUENCE, found, before), round(100 * found.conversion_rate, 2))


def _figures(named: Named, found: object, before: object | None) -> list[Figure]:
    """The named figures of a report, each with its change since the report before."""
    return [
        Figure(
            _(title),
            text(getattr(found, name)),
            None if before is None else _changed(text, getattr(found, name), getattr(before, name)),
        )
        for title, name, text in named
    ]


def _changed(text: Callable[[float], str], now: float, before: float) -> Change:
    return (points_text if text is rate else change_text)(now, before)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
