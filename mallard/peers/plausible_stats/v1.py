"""The first version of the Stats API: what its arguments ask for, and its answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from mallard.model import Period
from mallard.peers.plausible_stats.figures import (
    NOT_MEASURED,
    Figures,
    Question,
    Value,
    metrics_named,
    time_told,
)
from mallard.peers.plausible_stats.filters_v1 import conditions
from mallard.peers.plausible_stats.imports import (
    LEFT_OUT,
    DaysOf,
    with_imports,
    without_imports,
)
from mallard.peers.plausible_stats.words import PROPS, ours
from mallard.reports.arguments import Args, BadQuery, Choice, RequiredText, Text, WholeNumber
from mallard.reports.query import ReportQuery, months_on, parsed_date
from mallard.reports.timeseries import buckets

CUSTOM, COMPARE = "custom", "previous_period"
DAYS = {"day": 1, "7d": 7, "28d": 28, "30d": 31, "91d": 91}
"""`30d` has 31 days: the thirty before, and the day itself."""
MONTHS = {"month": 1, "6mo": 6, "12mo": 12}
LONGEST_DAYS = 5000
ONE_DAY = timedelta(days=1)

PERIOD = Choice("period", "", choices=(*MONTHS, *DAYS, CUSTOM), default="30d")
DATE = Text("date", "")
METRICS = Text("metrics", "")
FILTERS = Text("filters", "")
PROPERTY = RequiredText("property", "")
INTERVAL = Choice("interval", "", choices=("hour", "day", "date", "week", "month"))
COMPARED = Choice("compare", "", choices=(COMPARE, ""))
LIMIT = WholeNumber("limit", "", least=1, most=1000, default=100)
PAGE = WholeNumber("page", "", least=1, most=1_000_000, default=1)
IMPORTED = Text("with_imported", "")

NOTHING_LASTS = ("bounce_rate", "visit_duration", *NOT_MEASURED)
"""Null where there is no visit."""
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asking:
    """Reads the arguments of a request about a site, on a day of its time zone."""

    args: Args
    site_id: str
    today: date
    zone: str
    figures: Figures
    imported_days: DaysOf

    def aggregate(self) -> Row:
        """Each figure, with its change if it is to be compared. Raises BadQuery."""
        question, warning = self._imports(self._question())
        now = self._only_row(question)
        if not COMPARED.of(self.args):
            return {"results": {name: {"value": value} for name, value in now.items()}} | warning
        period = question.query.period
        length = period.end - period.start
        earlier = replace(period, start=period.start - length, end=period.start)
        before = self._only_row(replace(question, query=replace(question.query, period=earlier)))
        changes = {
            name: {"value": value, "change": change(name, value, before[name])}
            for name, value in now.items()
        }
        return {"results": changes} | warning

    def timeseries(self) -> Row:
        """A row for each bucket of the period. Raises BadQuery."""
        interval = self._interval()
        name = f"time:{interval}"
        question, warning = self._imports(
            replace(self._question(), dimensions=(name,), order=((name, False),))
        )
        metrics = question.metrics
        found = {key[0]: figures for key, figures in self.figures.of(question).rows}
        nothing = tuple(None if metric in NOTHING_LASTS else 0 for metric in metrics)
        rows = []
        for bucket in buckets(question.query.period, interval):
            told = time_told(name, bucket)
            figures = found.get(told, nothing)
            rows.append({"date": told, **dict(zip(metrics, figures, strict=True))})
        return {"results": rows} | warning

    def breakdown(self) -> Row:
        """A row for each value of a property. Raises BadQuery."""
        name = PROPERTY.of(self.args)
        if name.startswith("time"):
            raise BadQuery("property: a breakdown is by no time; there is timeseries")
        ours(name)
        limit, plain = LIMIT.of(self.args), self._question()
        question, warning = self._imports(
            replace(
                plain,
                dimensions=(name,),
                order=((plain.metrics[0], True),),
                limit=limit,
                offset=limit * (PAGE.of(self.args) - 1),
            )
        )
        key = name.removeprefix(PROPS) if name.startswith(PROPS) else name.partition(":")[2]
        rows = [
            {key: value, **dict(zip(question.metrics, figures, strict=True))}
            for (value, *_), figures in self.figures.of(question).rows
        ]
        return {"results": rows} | warning

    def _question(self) -> Question:
        given = METRICS.of(self.args) or "visitors"
        metrics = metrics_named([name.strip() for name in given.split(",")])
        filters = conditions(FILTERS.of(self.args) or "", self.figures.goals, self.figures.words)
        query = ReportQuery(self.site_id, replace(self._period(), zone=self.zone))
        return Question(query, (), metrics, filters, order=())

    def _imports(self, question: Question) -> tuple[Question, Row]:
        """The question with imported days if they are asked for, and what is said instead."""
        if IMPORTED.of(self.args) != "true":
            return without_imports(question), {}
        question, reason = with_imports(question, self.figures, self.imported_days)
        return question, {"warning": LEFT_OUT[reason]} if reason in LEFT_OUT else {}

    def _only_row(self, question: Question) -> dict[str, Value]:
        ((_, figures),) = self.figures.of(question).rows
        return dict(zip(question.metrics, figures, strict=True))

    def _period(self) -> Period:
        name, text = PERIOD.of(self.args), DATE.of(self.args)
        try:
            if name == CUSTOM:
                return _custom(text or "")
            day = parsed_date(text, DATE.name) if text else self.today
            if name in DAYS:
                return Period(day - (DAYS[name] - 1) * ONE_DAY, day + ONE_DAY)
            return Period(months_on(day, 1 - MONTHS[name]), months_on(day, 1))
        except (OverflowError, ValueError) as error:
            reason = str(error) if isinstance(error, BadQuery) else "date: there is no such day"
            raise BadQuery(reason) from None

    def _interval(self) -> str:
        period = PERIOD.of(self.args)
        usual = {"day": "hour", "6mo": "month", "12mo": "month"}.get(period, "day")
        chosen = INTERVAL.of(self.args, usual)
        return "day" if chosen == "date" else chosen


def _custom(text: str) -> Period:
    """The days of `FROM,TO`, both inclusive. Raises BadQuery."""
    first, comma, last = text.partition(",")
    if not comma:
        raise BadQuery("date: with period=custom give FROM,TO, two dates as YYYY-MM-DD")
    period = Period(parsed_date(first, DATE.name), parsed_date(last, DATE.name) + ONE_DAY)
    if period.end <= period.start:
        raise BadQuery("date: the second day must not be before the first")
    if (period.end - period.start).days > LONGEST_DAYS:
        raise BadQuery(f"date: give at most {LONGEST_DAYS} days")
    return period


def change(metric: str, now: Value, before: Value) -> Value:
    """By how many percent a figure has grown; of a share in percent, the difference."""
    if not isinstance(now, int | float) or not isinstance(before, int | float):
        return None
    if metric == "bounce_rate":
        return now - before if before else None
    if metric == "conversion_rate":
        return round(now - before, 2)
    if not before:
        return 100 if now else 0
    return round((now - before) / before * 100)
