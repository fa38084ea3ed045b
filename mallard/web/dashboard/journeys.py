"""The most common journeys, written out for their panel."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mallard.charts.bars import bar_widths
from mallard.reports.journeys import PAGES, Journey, journeys
from mallard.reports.parameters import MAX_LIMIT
from mallard.reports.sessions import sessions
from mallard.web.dashboard.page_url import PageUrl
from mallard.web.dashboard.view import View
from mallard.web.dashboard.wording import Change, change_text, page_text

ROWS = 12


@dataclass(frozen=True, slots=True)
class Stop:
    """A page of a journey, and the view of those who saw it, if that is another one."""

    text: str
    url: PageUrl | None


@dataclass(frozen=True, slots=True)
class JourneyRow:
    """A journey; `may_go_on` tells that longer ones are among its sessions."""

    stops: list[Stop]
    sessions: int
    share: float
    width: float
    may_go_on: bool
    change: Change | None
    """Beside the compared period; None without one, or where that has too many to know."""


def common_journeys(view: View) -> list[JourneyRow] | None:
    """The journeys of most sessions, with their share of all sessions; None where there is none."""
    query = replace(view.query, limit=ROWS)
    found = view.desk.ask(journeys, query, PAGES.default)
    everyone = view.desk.ask(sessions, view.query).total_sessions
    before = _sessions_before(view)
    rows = [
        JourneyRow(
            stops=[Stop(page_text(page), _only(view.url, page)) for page in journey.pages],
            sessions=journey.sessions,
            share=journey.sessions / everyone,
            width=width,
            may_go_on=len(journey.pages) == PAGES.default,
            change=_change(journey, before),
        )
        for journey, width in zip(found, bar_widths([one.sessions for one in found]), strict=True)
    ]
    return rows or None


def _sessions_before(view: View) -> dict[tuple[str, ...], int] | None:
    """The sessions of journeys in the compared period, if there is one: of the most common ones."""
    if view.before is None:
        return None
    found = view.desk.ask(journeys, replace(view.before, limit=MAX_LIMIT), PAGES.default)
    return {tuple(journey.pages): journey.sessions for journey in found}


def _change(journey: Journey, before: dict[tuple[str, ...], int] | None) -> Change | None:
    if before is None:
        return None
    sessions = before.get(tuple(journey.pages), 0)
    # What is not among so many may have been rare, and need not have been missing.
    is_known = sessions > 0 or len(before) < MAX_LIMIT
    return change_text(journey.sessions, sessions) if is_known else None


def _only(url: PageUrl, page: str) -> PageUrl | None:
    there = url.only("page", page)
    return None if there is url else there
