"""The headline figures, each with its change, and the chart of one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from mallard.charts.line import LineChart, Series, line_chart
from mallard.reports.arguments import BadQuery
from mallard.reports.comparison import compared_period
from mallard.reports.conversions import converted_totals
from mallard.reports.query import ReportQuery
from mallard.reports.timeseries import begun, bucket_of, buckets
from mallard.reports.totals import Totals
from mallard.texts.catalogue import _
from mallard.texts.said import said
from mallard.web.dashboard.annotations import Note, notes_of
from mallard.web.dashboard.behaviour import Figure, engagement_figures
from mallard.web.dashboard.dates import bucket_text, period_text, slot_text
from mallard.web.dashboard.headlines import plain_figures
from mallard.web.dashboard.imported import ImportedDays, imported_in_chart
from mallard.web.dashboard.metrics import (
    CHARTED,
    CONVERSIONS,
    COUNTS,
    METRICS,
    OF_GOAL,
    VISITORS,
    Metric,
    Timed,
    over_time,
)
from mallard.web.dashboard.moments import annotating_url
from mallard.web.dashboard.page_url import PageUrl
from mallard.web.dashboard.periods import Choice, bucket_days, intervals, is_within_a_bucket
from mallard.web.dashboard.view import View
from mallard.web.dashboard.wording import Change, change_text, points_text

MOST_BUCKETS = 800
"""A month of hours; each bucket is a link with the whole address in it."""


@dataclass(frozen=True, slots=True)
class Headline:
    """One figure of the strip, written out; `url` is the view that charts it."""

    metric: Metric
    text: str
    before: str | None
    change: Change | None
    url: PageUrl
    is_charted: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """What the chart says about one bucket; None for what has not begun or is not compared.

    `url` is the view of the bucket's days alone, or while a moment is chosen the form for it.
    """

    name: str
    text: str | None
    name_before: str | None
    text_before: str | None
    change: Change | None
    url: PageUrl | str | None
    notes: Sequence[Note] = ()
    """What happened in it."""
    is_imported: bool = False
    """Whether its figures were imported, some of them at least."""

    @property
    def sentence(self) -> str:
        """The same in one line."""
        mark = _("imported")
        imported = f" ({mark})" if self.is_imported else ""
        now = f"{self.name}{imported}: {self.text}" if self.text is not None else None
        before = f"{self.name_before}: {self.text_before}" if self.name_before is not None else None
        found = ", ".join(part for part in (now, before) if part)
        return "; ".join((found, *(note.text for note in self.notes))) if found else ""


@dataclass(frozen=True, slots=True)
class Overview:
    """The strip of figures and the chart below it; `is_empty` when there is nobody in them."""

    is_empty: bool
    headlines: list[Headline]
    metric: Metric
    chart: LineChart
    moments: list[Moment]
    of_goal: list[Headline]
    looked_at: list[Figure]
    """How pages were looked at; nothing where none has told it."""
    intervals: list[Choice]
    imported: ImportedDays


def overview(view: View) -> Overview:
    """The figures of the period and one of them by time. Raises BadQuery."""
    metric = CHARTED.get(view.url.metric or VISITORS.name)
    if metric is None:
        raise BadQuery(
            said("%(name)s must be one of %(choices)s", name="metric", choices=", ".join(CHARTED))
        )
    slots = buckets(view.query.period, view.query.interval)
    if len(slots) > MOST_BUCKETS:
        raise BadQuery(
            said(
                "interval: %(count)s are too many for the chart, choose a longer one",
                count=len(slots),
            )
        )
    so_far, before = _begun(view, metric), _before(view, metric, len(slots))
    beside: list[int] = []
    notes = notes_of(view) if view.annotations else {}
    imported = imported_in_chart(view) if metric not in OF_GOAL else ImportedDays()
    lighter = frozenset(n for n, slot in enumerate(slots) if slot in imported.buckets)
    now = _series(view.query, metric, so_far, is_running=_is_running(view, so_far))
    series = [replace(now, lighter=lighter)]
    if whole := _whole_before(view):
        series.append(_series(whole, metric, before))
    elif beside := _conversions(view, metric):
        series.append(Series(_(CONVERSIONS.title), beside, unfinished=_is_running(view, so_far)))
    is_one_day = len(view.query.period.days) == 1
    pairs = zip_longest(slots, so_far, _beside(view, metric, so_far, before))
    return Overview(
        is_empty=not plain_figures(view, view.query).unique_visitors,
        headlines=headlines(view, metric),
        metric=metric,
        chart=line_chart([slot_text(slot, is_one_day) for slot in slots], series, metric.scale),
        moments=_with_conversions(
            [
                replace(
                    _moment(view, metric, slot, found, then),
                    notes=notes.get(slot or "", ()),
                    is_imported=slot in imported.buckets,
                )
                for slot, found, then in pairs
            ],
            beside,
        ),
        of_goal=goal_headlines(view, metric),
        looked_at=engagement_figures(view, view.baseline),
        intervals=intervals(view.url, view.query.period, view.query.interval),
        imported=imported,
    )


def headlines(view: View, charted: Metric) -> list[Headline]:
    """The figures, each with its change since the compared period, else the previous one.

    Where nobody came before, nothing is said of a change.
    """
    found = plain_figures(view, view.query)
    before = plain_figures(view, view.baseline) if view.baseline else None
    before = before if before and before.sessions else None
    return [_headline(view.url, metric, found, before, metric is charted) for metric in METRICS]


def goal_headlines(view: View, charted: Metric) -> list[Headline]:
    """The figures of the chosen goal; nothing where none is."""
    if view.goal is None:
        return []
    found = view.desk.ask(converted_totals, view.query, view.goal)
    before = view.desk.ask(converted_totals, view.baseline, view.goal) if view.baseline else None
    before = before if before and before.sessions else None
    return [_headline(view.url, metric, found, before, metric is charted) for metric in OF_GOAL]


def _conversions(view: View, metric: Metric) -> list[int]:
    """How often the chosen goal was reached beside a count; nothing beside what is none."""
    if view.goal is None or metric in OF_GOAL or metric.scale is not COUNTS:
        return []
    return [getattr(bucket, CONVERSIONS.name) for bucket in _begun(view, CONVERSIONS)]


def _with_conversions(moments: list[Moment], beside: Sequence[int]) -> list[Moment]:
    """What the chart says, with the conversions where they are its second line."""
    return [
        moment
        if times is None
        else replace(moment, name_before=_(CONVERSIONS.title), text_before=CONVERSIONS.text(times))
        for moment, times in zip_longest(moments, beside)
    ]


def _headline(
    url: PageUrl, metric: Metric, found: Totals, before: Totals | None, is_charted: bool
) -> Headline:
    value = getattr(found, metric.total)
    was = None if before is None else getattr(before, metric.total)
    return Headline(
        metric=metric,
        text=metric.text(value),
        before=None if was is None else metric.text(was),
        change=_change(metric, value, was),
        url=url.charting(None if metric is VISITORS else metric.name),
        is_charted=is_charted,
    )


def _begun(view: View, metric: Metric) -> list[Timed]:
    """The buckets up to the current one."""
    found = over_time(view, metric, view.query)
    return list(found)[: begun(view.query, view.now)]


def _before(view: View, metric: Metric, most: int) -> list[Timed]:
    """The buckets of the compared period, as many as there is room for."""
    whole = _whole_before(view)
    return list(over_time(view, metric, whole))[:most] if whole else []


def _whole_before(view: View) -> ReportQuery | None:
    """All of the compared period: where one goes on, the line shows what came after this time."""
    if view.before is None:
        return None
    period = compared_period(view.url.args, view.query.period) or view.before.period
    return replace(view.before, period=period, until=None)


def _beside(
    view: View, metric: Metric, so_far: Sequence[Timed], before: Sequence[Timed]
) -> list[Timed]:
    """What each bucket is compared with: one that goes on with the same part of the other."""
    beside, place = list(before), len(so_far) - 1
    if view.before and _is_running(view, so_far) and place < len(beside):
        beside[place : place + 1] = over_time(view, metric, view.before)[place : place + 1]
    return beside


def _is_running(view: View, so_far: Sequence[Timed]) -> bool:
    zone = view.query.period.zone
    return bool(so_far) and so_far[-1].date == bucket_of(view.now, view.query.interval, zone)


def _series(
    query: ReportQuery, metric: Metric, found: Sequence[Timed], is_running: bool = False
) -> Series:
    values = [getattr(bucket, metric.name) for bucket in found]
    period, interval = query.period, query.interval
    is_whole = len(found) == len(buckets(period, interval))
    return Series(
        period_text(period),
        values,
        unfinished=is_running or (is_whole and is_within_a_bucket(period.end, interval)),
        begun_late=is_within_a_bucket(period.start, interval),
    )


def _moment(view: View, metric: Metric, slot: str, now: Timed | None, then: Timed | None) -> Moment:
    value = None if now is None else getattr(now, metric.name)
    was = None if then is None else getattr(then, metric.name)
    return Moment(
        name=bucket_text(slot, view.query.interval),
        text=None if value is None else metric.text(value),
        name_before=None if then is None else bucket_text(then.date, view.query.interval),
        text_before=None if was is None else metric.text(was),
        change=_change(metric, value, was),
        url=None if value is None else _there(view, slot),
    )


def _there(view: View, slot: str) -> PageUrl | str | None:
    """Where a click on a bucket leads: the view of its days; None where that would be no smaller.

    Who chooses a moment to annotate is led to the form for it.
    """
    if view.is_annotating:
        return annotating_url(view.url, slot, view.query.interval, view.query.period)
    if view.query.interval == "hour" and len(view.query.period.days) == 1:
        return None
    first, last = bucket_days(slot, view.query.interval, view.query.period)
    return view.url.on_days(first.isoformat(), min(last, view.today).isoformat())


def _change(metric: Metric, value: float | None, was: float | None) -> Change | None:
    if value is None or was is None:
        return None
    text = points_text if metric.is_rate else change_text
    return text(value, was, metric.less_is_better)
