"""The reports: figures of a period, over time, by dimension, and of right now."""

from __future__ import annotations

from mallard.reports import realtime
from mallard.web.api.openapi.operation import Operation, answer, ref, rows
from mallard.web.api.openapi.parameters import COMPARED

TAG = "Figures"
REFUSALS = (400, 429, 500, 503)

OPERATIONS = (
    Operation(
        method="get",
        path="/api/stats/main",
        name="getTotals",
        tag=TAG,
        summary="Headline figures",
        parameters=COMPARED,
        answers={
            200: answer(
                "The figures.",
                ref("Totals"),
                {
                    "unique_visitors": 1204,
                    "total_pageviews": 4816,
                    "bounce_rate": 0.38,
                    "avg_visit_duration_secs": 141.2,
                    "pages_per_visit": 4.0,
                    "sessions": 1505,
                    "views_per_session": 3.2,
                },
            )
        },
        refusals=REFUSALS,
    ),
    Operation(
        method="get",
        path="/api/stats/timeseries",
        name="getTimeseries",
        tag=TAG,
        summary="Visitors and pageviews over time",
        description="Every bucket that the period touches in order, those without events as zeros."
        " A week goes by its Monday, a month is `YYYY-MM`; of either, only the days of the period"
        " count.",
        parameters=(*COMPARED, "interval"),
        answers={
            200: answer(
                "The buckets.",
                rows("Bucket"),
                [
                    {"date": "2026-01-01", "visitors": 120, "pageviews": 455},
                    {"date": "2026-01-02", "visitors": 134, "pageviews": 512},
                ],
            )
        },
        refusals=REFUSALS,
    ),
    Operation(
        method="get",
        path="/api/stats/timeseries/sessions",
        name="getSessionTimeseries",
        tag=TAG,
        summary="Session figures over time",
        description="The same buckets. A session belongs to the one in which it began;"
        " `views_per_session` is by all pageviews of the bucket.",
        parameters=(*COMPARED, "interval"),
        answers={
            200: answer(
                "The buckets.",
                rows("SessionBucket"),
                [
                    {
                        "date": "2026-01-01",
                        "sessions": 131,
                        "views_per_session": 3.5,
                        "bounce_rate": 0.38,
                        "avg_visit_duration_secs": 141.2,
                    }
                ],
            )
        },
        refusals=REFUSALS,
    ),
    Operation(
        method="get",
        path="/api/stats/breakdown/{dimension}",
        name="getBreakdown",
        tag=TAG,
        summary="Visitors and pageviews by page, source, browser, country …",
        description="The busiest values first, unless `order` says otherwise. Events without a"
        " value count as `(unknown)`. Entry and exit pages count the visitors and pageviews of the"
        " sessions that begin or end there.",
        parameters=("dimension", *COMPARED, "search", "order", "offset", "limit"),
        answers={
            200: answer(
                "The rows.",
                rows("BreakdownRow"),
                [{"value": "/pricing", "visitors": 287, "pageviews": 402}],
            )
        },
        refusals=(*REFUSALS, 404),
    ),
    Operation(
        method="get",
        path="/api/stats/revenue",
        name="getRevenue",
        tag=TAG,
        summary="Payments and amounts by event and currency",
        description="The greatest amounts first; those of different currencies are never added."
        " Amounts are exact, and so written as text. A refund, an event with an amount below zero,"
        " is a payment, too. Events without a currency count as `(unknown)`.",
        parameters=(*COMPARED, "limit"),
        answers={
            200: answer(
                "The rows.",
                rows("RevenueRow"),
                [{"event": "purchase", "currency": "EUR", "payments": 41, "amount": "2045.90"}],
            )
        },
        refusals=REFUSALS,
    ),
    Operation(
        method="get",
        path="/api/stats/sessions",
        name="getSessions",
        tag=TAG,
        summary="How many sessions, how long, how many pages",
        parameters=COMPARED,
        answers={
            200: answer(
                "The figures.",
                ref("Sessions"),
                {
                    "total_sessions": 1505,
                    "avg_session_duration_secs": 141.2,
                    "avg_pages_per_session": 3.2,
                },
            )
        },
        refusals=REFUSALS,
    ),
    Operation(
        method="get",
        path="/api/stats/realtime",
        name="getRealtime",
        tag=TAG,
        summary="Who is here right now",
        description=f"Visitors with an event in the last {realtime.CURRENT.seconds // 60} minutes,"
        f" their {realtime.ROWS} first pages and sources, and the last {realtime.MINUTES} minutes"
        " one by one. Never from the cache. Where `round_timestamps` cuts times to the hour,"
        " minutes cannot be known, and a header says so.",
        parameters=("site_id", "filter"),
        answers={
            200: answer(
                "The figures.",
                ref("Realtime"),
                {
                    "current_visitors": 3,
                    "minutes": [{"minute": "2026-01-01T12:00", "visitors": 3, "pageviews": 4}],
                    "pages": [{"value": "/pricing", "visitors": 2}],
                    "sources": [{"value": "(unknown)", "visitors": 3}],
                },
                X_Mallard_Note="Sent where the settings leave little to see.",
            )
        },
        refusals=REFUSALS,
    ),
)
