"""What visitors do one after the other: funnels, sequences, flows and retention."""

from __future__ import annotations

from mallard.reports.flow import ROWS as FLOW_ROWS
from mallard.web.api.openapi.figures import REFUSALS
from mallard.web.api.openapi.operation import Operation, answer, ref, rows
from mallard.web.api.openapi.parameters import COMPARED, PERIOD

TAG = "Behaviour"

OPERATIONS = (
    Operation(
        method="get",
        path="/api/stats/funnel",
        name="getFunnel",
        tag=TAG,
        summary="How many visitors reach each step",
        description="Give `steps`, or `step` several times. Each row counts the visitors who"
        " reached its step or a later one.",
        parameters=(*COMPARED, "steps", "step", "window"),
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
        tag=TAG,
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
        tag=TAG,
        summary="How many visitors take all steps in order",
        description="At least two steps, however long it takes.",
        parameters=(*COMPARED, "steps", "step"),
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
        tag=TAG,
        summary="Where visitors go from a page",
        description=f"The next other page after a visitor's first view, {FLOW_ROWS} rows at most.",
        parameters=(*COMPARED, "page"),
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
