"""Imported days in answers: added where they tell what is asked for, else it is said why not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from mallard.peers.plausible_stats.figures import Figures, Question
from mallard.reports.query import ReportQuery

DaysOf = Callable[[ReportQuery], Sequence[date]]
"""Days of a question whose figures were imported."""

NO_DAYS, TOO_SHORT, UNSUPPORTED = "no_imported_data", "unsupported_interval", "unsupported_query"
LEFT_OUT = {
    TOO_SHORT: "Imported figures are left out: they are of days, and nothing is known of hours.",
    UNSUPPORTED: "Imported figures are left out: as sums of days they cannot answer this query.",
}
"""What is said of each reason; that nothing was imported needs no word."""


def with_imports(
    question: Question, figures: Figures, days_of: DaysOf
) -> tuple[Question, str | None]:
    """The question with imported days where they can be added, and why they are not, if so."""
    if not days_of(question.query):
        return without_imports(question), NO_DAYS
    if figures.adds_imported(question):
        return replace(question, query=replace(question.query, with_imported=True)), None
    reason = TOO_SHORT if "time:hour" in question.dimensions else UNSUPPORTED
    return without_imports(question), reason


def without_imports(question: Question) -> Question:
    """The question, of events alone."""
    return replace(question, query=replace(question.query, with_imported=False))
