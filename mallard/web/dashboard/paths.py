"""Funnels and flows, written out for their panels; None while nothing is asked."""

from __future__ import annotations

from dataclasses import dataclass

from mallard.charts.bars import bar_widths
from mallard.reports.arguments import Args, BadQuery
from mallard.reports.decoding import decoded
from mallard.reports.flow import FlowRow, flow, flow_to
from mallard.reports.funnel import MAX_WINDOW, Lost, funnel, lost_from_args, window_from_args
from mallard.reports.steps import Step, of_page, steps_from_args
from mallard.texts.said import said
from mallard.web.dashboard.page_url import PageUrl
from mallard.web.dashboard.questions import Questions
from mallard.web.dashboard.view import View
from mallard.web.dashboard.wording import Change, change_text, value_text


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """Those who reached a step, `share` of the first one's; `lost_share` is of the one before.

    `instead` is the view of where those who were lost went; None when they were on no page.
    """

    kind: str
    text: str
    visitors: int
    share: float
    width: float
    lost: int
    lost_share: float
    change: Change | None
    instead: PageUrl | None


@dataclass(frozen=True, slots=True)
class NextPage:
    """A page that visitors went on to, their share, and the view of where they went from it."""

    text: str
    visitors: int
    share: float
    width: float
    change: Change | None
    url: PageUrl


@dataclass(frozen=True, slots=True)
class Flow:
    """Where the visitors of a page went next; `missed` is the step that these did not reach."""

    page: str
    visitors: int
    rows: list[NextPage]
    missed: Step | None = None


def funnel_steps(view: View) -> list[FunnelStep] | None:
    """The steps of the funnel, each with what it lost. Raises BadQuery."""
    asked = view.url.questions
    if not asked.funnel:
        return None
    steps, window = steps_from_args(_args(asked), least=1), window_from_args(_args(asked))
    counts = [row.visitors for row in view.desk.ask(funnel, view.query, steps, window)]
    compared = view.desk.ask(funnel, view.before, steps, window) if view.before else None
    before = zip([None, *steps], [counts[0], *counts], strict=True)
    return [
        FunnelStep(
            kind=step.kind,
            text=value_text(step.kind, step.value),
            visitors=visitors,
            share=_part(visitors, counts[0]),
            width=width,
            lost=previous - visitors,
            lost_share=_part(previous - visitors, previous),
            change=change_text(visitors, compared[number].visitors) if compared else None,
            instead=_instead(view.url, number, left),
        )
        for number, ((left, previous), step, visitors, width) in enumerate(
            zip(before, steps, counts, bar_widths(counts), strict=False)
        )
    ]


def next_pages(view: View) -> Flow | None:
    """The pages that the visitors of one went on to. Raises BadQuery."""
    page = page_asked(view)
    if page is None:
        return None
    lost = lost_asked(view.url.questions)
    found = view.desk.ask(flow, view.query, page, lost)
    everyone = _those_asked_about(view, page, lost)
    before = _followers_before(view, page, found, lost)
    rows = [
        NextPage(
            text=value_text("page", row.next_page),
            visitors=row.visitors,
            share=_part(row.visitors, everyone),
            width=width,
            change=None if before is None else _change(row, before),
            url=view.url.asking(flow=row.next_page, stopped=None),
        )
        for row, width in zip(found, bar_widths([r.visitors for r in found]), strict=True)
    ]
    return Flow(page, everyone, rows, lost.steps[lost.number] if lost else None)


def page_asked(view: View) -> str | None:
    """The page whose flow the address asks for, if any. Raises BadQuery."""
    page = view.url.questions.flow
    if page is not None and not page.startswith("/"):
        raise BadQuery(said("a page is a path, such as /pricing"))
    return page


def lost_asked(asked: Questions) -> Lost | None:
    """Whom the address asks about: those who stopped at a step. Raises BadQuery."""
    return lost_from_args(_args(asked)) if asked.stopped else None


def _args(asked: Questions) -> Args:
    """The arguments by which the API is asked the same."""
    single = {"window": [asked.window or ""], "stopped": [asked.stopped or ""]}
    return {"step": asked.funnel, **single}


def _those_asked_about(view: View, page: str, lost: Lost | None) -> int:
    """How many visitors a flow is of."""
    if lost is None:
        (everyone,) = view.desk.ask(funnel, view.query, (of_page(page),), MAX_WINDOW)
        return everyone.visitors
    rows = view.desk.ask(funnel, view.query, lost.steps, lost.window)
    return rows[lost.number].dropped


def _change(row: FlowRow, before: dict[str, int]) -> Change:
    return change_text(row.visitors, before.get(row.next_page, 0))


def _followers_before(
    view: View, page: str, found: list[FlowRow], lost: Lost | None
) -> dict[str, int] | None:
    if view.before is None:
        return None
    pages = tuple(row.next_page for row in found)
    rows = view.desk.ask(flow_to, view.before, page, pages, lost)
    return {row.next_page: row.visitors for row in rows}


def _instead(url: PageUrl, number: int, left: Step | None) -> PageUrl | None:
    """The view of where those went who stopped at a step, its number from 1, that is one page."""
    if left is None or left.kind != "page" or left.is_pattern or not url.shows("flow"):
        return None
    there = url.showing("flow", instead_of=("funnel",))
    return there.asking(flow=decoded(left.value), stopped=str(number))


def _part(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
