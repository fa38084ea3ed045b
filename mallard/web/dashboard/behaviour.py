"""Sessions, retention and sequences, written out for their panels; None while nothing is asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from mallard.charts.cohorts import CohortGrid, cohort_grid
from mallard.reports.retention import retention, weeks_from_args
from mallard.reports.sequences import sequences
from mallard.reports.sessions import sessions
from mallard.reports.steps import steps_from_args
from mallard.web.dashboard.questions import Questions
from mallard.web.dashboard.view import Figure, View
from mallard.web.dashboard.wording import duration, grouped, rate


@dataclass(frozen=True, slots=True)
class Conversion:
    """The figures of a sequence, and its rate as the width of a bar."""

    figures: list[Figure]
    width: float


def session_figures(view: View) -> list[Figure]:
    """How many sessions, how long, how many pages."""
    found = view.desk.ask(sessions, view.query)
    return [
        Figure("Sessions", grouped(found.total_sessions)),
        Figure("Average duration", duration(found.avg_session_duration_secs)),
        Figure("Pages per session", f"{found.avg_pages_per_session:.1f}"),
    ]


def cohorts(view: View) -> CohortGrid:
    """Who came back in the weeks up to the period's last day. Raises BadQuery."""
    weeks = weeks_from_args({"weeks": [view.url.questions.weeks or Questions.DEFAULT_WEEKS]})
    found = view.desk.ask(retention, view.query, weeks)
    if not found:
        return CohortGrid(weeks, (), 0.0)
    last_day = view.query.period.end - timedelta(days=1)
    return cohort_grid(
        [(date.fromisoformat(cohort.cohort_date), cohort.visitors) for cohort in found],
        weeks,
        last_week=_monday(last_day),
        this_week=_monday(view.now.date()),
    )


def sequence_figures(view: View) -> Conversion | None:
    """Who took all steps of the sequence. Raises BadQuery."""
    asked = view.url.questions.sequence
    if not asked:
        return None
    found = view.desk.ask(sequences, view.query, steps_from_args({"step": asked}, least=2))
    figures = [
        Figure("Converting visitors", grouped(found.converting_visitors)),
        Figure("All visitors", grouped(found.total_visitors)),
        Figure("Conversion rate", rate(found.conversion_rate)),
    ]
    return Conversion(figures, round(100 * found.conversion_rate, 2))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
