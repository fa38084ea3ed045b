"""The figures as JSON: each route asks one report with the query that the arguments spell."""

from __future__ import annotations

from decimal import Decimal

from flask import Blueprint, Response

from mallard.reports.comparison import COMPARED
from mallard.reports.conversions import converted_totals
from mallard.reports.goal_series import converted_timeseries
from mallard.reports.goals import GOAL, GoalRow, goals
from mallard.reports.heatmap import Heat, heatmap
from mallard.reports.money import Amount
from mallard.reports.parameters import FILTER, INTERVAL, LIMIT, OF_ALL, SEGMENT, SITE, TIMEZONE
from mallard.reports.realtime import (
    CURRENT,
    HOURLY_TIMES_NOTE,
    MINUTES,
    ROWS,
    CurrentVisitors,
    Minute,
    Realtime,
    realtime,
)
from mallard.reports.revenue import RevenueRow, revenue, revenue_of
from mallard.reports.session_series import SessionBucket, session_series
from mallard.reports.sessions import Sessions, sessions
from mallard.reports.timeseries import Bucket, timeseries
from mallard.reports.totals import Totals, totals
from mallard.reports.vitals import BY, VitalsRow, vitals
from mallard.web.api.asking import (
    NOTE,
    answer,
    answer_beside_the_same,
    args,
    as_json,
    goal,
    query,
    site,
    tell_timezone,
)
from mallard.web.api.compared import beside, by_key, by_position
from mallard.web.api.described import Answer, Subject, described
from mallard.web.decided import goals_of
from mallard.web.state import parts

blueprint = Blueprint("stats", __name__, url_prefix="/api/stats")
blueprint.after_request(tell_timezone)


@blueprint.get("/main")
@described(
    Subject.FIGURES,
    *COMPARED,
    GOAL,
    Answer("The figures.", Totals(1204, 4816, 0.38, 141.2, 4.0, 1505, 3.2)),
)
def get_totals() -> Response:
    """Headline figures.

    With `goal` there are `conversions`, and the `conversion_rate` of all visitors, too; where pages
    tell how they are looked at, `avg_engaged_secs`, `avg_scroll_depth` and `engagement_rate`.
    """
    if (chosen := goal()) is not None:
        return answer(beside, converted_totals, chosen)
    return answer(beside, totals)


@blueprint.get("/timeseries")
@described(
    Subject.FIGURES,
    *COMPARED,
    GOAL,
    INTERVAL,
    Answer("The buckets.", [Bucket("2026-01-01", 120, 455), Bucket("2026-01-02", 134, 512)]),
)
def get_timeseries() -> Response:
    """Visitors and pageviews over time.

    Every bucket that the period touches in order, those without events as zeros. A week goes by its
    Monday, a month is `YYYY-MM`; of either, only the days of the period count.

    With `goal` each bucket has the `conversions` in it, and the share of its visitors who reached
    the goal in it, the `conversion_rate`.
    """
    if (chosen := goal()) is not None:
        return answer(by_position, converted_timeseries, chosen)
    return answer(by_position, timeseries)


@blueprint.get("/timeseries/sessions")
@described(
    Subject.FIGURES,
    *COMPARED,
    INTERVAL,
    Answer("The buckets.", [SessionBucket("2026-01-01", 131, 3.5, 0.38, 141.2)]),
)
def get_session_timeseries() -> Response:
    """Session figures over time.

    The same buckets. A session belongs to the one in which it began; `views_per_session` is by all
    pageviews of the bucket.
    """
    return answer(by_position, session_series)


@blueprint.get("/heatmap")
@described(
    Subject.FIGURES,
    *OF_ALL,
    Answer("The hours of a week.", [Heat(1, 0, 12, 31, 4), Heat(1, 1, 8, 15, 4)]),
)
def get_heatmap() -> Response:
    """Visitors and pageviews by weekday and hour.

    Hours are those of the time zone, all 168 in order. Divide by `hours` for an average: a period
    may have five Mondays and four Tuesdays, and today is not over.
    """
    return as_json(heatmap(parts().reports, query(), parts().now()))


@blueprint.get("/goals")
@described(
    Subject.FIGURES,
    *COMPARED,
    Answer(
        "A row for each goal, in the order of the site's document.",
        [GoalRow("Sign-up", 120, 134, 0.0997, [Amount("EUR", Decimal("2045.90"))])],
    ),
)
def get_goals() -> Response:
    """Who reached the site's goals.

    Wherever in the sessions that the filters keep. A page counts when it is viewed. Amounts are
    those of the events that reached the goal, exact, and so written as text.
    """
    return answer(by_key, goals, goals_of(site()))


@blueprint.get("/revenue")
@described(
    Subject.FIGURES,
    *COMPARED,
    LIMIT,
    Answer("The rows.", [RevenueRow("purchase", "EUR", 41, Decimal("2045.90"))]),
)
def get_revenue() -> Response:
    """Payments and amounts by event and currency.

    The greatest amounts first; those of different currencies are never added. Amounts are exact,
    and so written as text. A refund, an event with an amount below zero, is a payment, too. Events
    without a currency count as `(unknown)`.
    """
    rows = parts().reports.ask(revenue, query())
    return answer_beside_the_same(
        rows, revenue_of, tuple((row.event, row.currency) for row in rows)
    )


@blueprint.get("/vitals")
@described(
    Subject.FIGURES,
    *OF_ALL,
    BY,
    LIMIT,
    Answer("The rows.", [VitalsRow("/pricing", 412, 1840, 96, 0.02, 1210, 310)]),
)
def get_vitals() -> Response:
    """How quick pages are.

    The 75th percentiles of what pages have measured whose tag asks for `vitals`, exact ones: the
    smallest value that at least three quarters of the loads did not exceed. `lcp`, `inp`, `fcp` and
    `ttfb` are milliseconds, `cls` is a score; null where nothing was measured. Those of the most
    loads come first.
    """
    return as_json(parts().reports.ask(vitals, query(), BY.of(args())))


@blueprint.get("/sessions")
@described(Subject.FIGURES, *COMPARED, Answer("The figures.", Sessions(1505, 141.2, 3.2)))
def get_sessions() -> Response:
    """How many sessions, how long, how many pages."""
    return answer(beside, sessions)


@blueprint.get("/realtime")
@described(
    Subject.FIGURES,
    SITE,
    TIMEZONE,
    FILTER,
    SEGMENT,
    Answer(
        "The figures.",
        Realtime(
            current_visitors=3,
            minutes=[Minute("2026-01-01T12:00", 3, 4)],
            pages=[CurrentVisitors("/pricing", 2)],
            sources=[CurrentVisitors("(unknown)", 3)],
        ),
        headers=NOTE,
    ),
    facts={"here": CURRENT.seconds // 60, "rows": ROWS, "minutes": MINUTES},
)
def get_realtime() -> Response:
    """Who is here right now.

    Visitors with an event in the last {here} minutes, their {rows} first pages and sources, and the
    last {minutes} minutes one by one. Never from the cache. Where `round_timestamps` cuts times to
    the hour, minutes cannot be known, and a header says so.
    """
    response = as_json(parts().reports.look(realtime, query(), parts().now()))
    if parts().settings.round_timestamps:
        response.headers["X-Mallard-Note"] = HOURLY_TIMES_NOTE
    return response
