"""The reports: figures, breakdowns, and what visitors do one after the other."""

from __future__ import annotations

from mallard.reports.flow import ROWS as FLOW_ROWS
from mallard.web.api.openapi.operation import Operation, answer, ref, rows
from mallard.web.api.openapi.parameters import PERIOD

FIGURES, BEHAVIOUR = "Figures", "Behaviour"
REFUSALS = (400, 429, 500, 503)

OPERATIONS = (
    Operation(
        method="get",
        path="/api/stats/main",
        name="getTotals",
        tag=FIGURES,
        summary="Headline figures",
        parameters=PERIOD,
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
        tag=FIGURES,
        summary="Visitors and pageviews over time",
        description="Every bucket of the period in order, those without events as zeros.",
        parameters=(*PERIOD, "interval"),
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
        path="/api/stats/breakdown/{dimension}",
        name="getBreakdown",
        tag=FIGURES,
        summary="Visitors and pageviews by page, source, browser, country …",
        description="The busiest values first. Events without a value count as `(unknown)`.",
        parameters=("dimension", *PERIOD, "limit"),
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
        path="/api/stats/sessions",
        name="getSessions",
        tag=FIGURES,
        summary="How many sessions, how long, how many pages",
        parameters=PERIOD,
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
        path="/api/stats/funnel",
        name="getFunnel",
        tag=BEHAVIOUR,
        summary="How many visitors reach each step",
        description="Give `steps`, or `step` several times. Each row counts the visitors who"
        " reached its step or a later one.",
        parameters=(*PERIOD, "steps", "step", "window"),
        answers={
            200: answer(
                "A row for each step.",
                rows("FunnelRow"),
                [
                    {
                        "step": 1,
                        "visitors": 500,
                        "label": "page:/pricing",
                        "conversion_rate": 1.0,
                        "dropped": 0,
                    },
                    {
                        "step": 2,
                        "visitors": 120,
                        "label": "event:signup",
                        "conversion_rate": 0.24,
                        "dropped": 380,
                    },
                ],
            )
        },
        refusals=REFUSALS,
    ),
    Operation(
        method="get",
        path="/api/stats/retention",
        name="getRetention",
        tag=BEHAVIOUR,
        summary="Who comes back in later weeks",
        description="Weeks begin on Monday; a visitor belongs to the week of the first event ever."
        " With ids that change daily nobody is ever seen again, and a header says so.",
        parameters=(*PERIOD, "weeks"),
        answers={
            200: answer(
                "The cohorts that have a visitor.",
                rows("Cohort"),
                [
                    {
                        "cohort_date": "2026-01-05",
                        "retained": [True, True, False, True],
                        "visitors": [240, 61, 0, 12],
                    }
                ],
                X_Mallard_Note="Sent where the settings leave little to see.",
            )
        },
        refusals=REFUSALS,
    ),
    Operation(
        method="get",
        path="/api/stats/sequences",
        name="getSequences",
        tag=BEHAVIOUR,
        summary="How many visitors take all steps in order",
        description="At least two steps, however long it takes.",
        parameters=(*PERIOD, "steps", "step"),
        answers={
            200: answer(
                "The figures.",
                ref("SequenceFigures"),
                {"converting_visitors": 89, "total_visitors": 500, "conversion_rate": 0.178},
            )
        },
        refusals=REFUSALS,
    ),
    Operation(
        method="get",
        path="/api/stats/flow",
        name="getFlow",
        tag=BEHAVIOUR,
        summary="Where visitors go from a page",
        description=f"The next other page after a visitor's first view, {FLOW_ROWS} rows at most.",
        parameters=(*PERIOD, "page"),
        answers={
            200: answer(
                "The rows.",
                rows("FlowRow"),
                [{"next_page": "/signup", "visitors": 234}, {"next_page": "/docs", "visitors": 89}],
            )
        },
        refusals=REFUSALS,
    ),
)
