"""What visitors do one after the other, as JSON: funnels, retention, sequences and flows."""

from __future__ import annotations

from flask import Blueprint, Response

from mallard.reports.comparison import COMPARED
from mallard.reports.flow import PAGE, ROWS, FlowRow, flow, flow_to
from mallard.reports.funnel import (
    FUNNEL,
    STOPPED,
    WINDOW,
    FunnelRow,
    funnel,
    lost_from_args,
    window_from_args,
)
from mallard.reports.parameters import OF_ALL
from mallard.reports.retention import DAILY_IDS_NOTE, WEEKS, Cohort, retention
from mallard.reports.sequences import SequenceFigures, sequences
from mallard.reports.steps import STEP, STEPS, steps_from_args
from mallard.web.api.asking import (
    NOTE,
    answer,
    answer_beside_the_same,
    args,
    as_json,
    query,
    site,
    tell_timezone,
)
from mallard.web.api.compared import beside, by_key
from mallard.web.api.described import Answer, Subject, described
from mallard.web.decided import with_funnel
from mallard.web.state import parts

blueprint = Blueprint("behaviour", __name__, url_prefix="/api/stats")
blueprint.after_request(tell_timezone)


@blueprint.get("/funnel")
@described(
    Subject.BEHAVIOUR,
    *COMPARED,
    STEPS,
    STEP,
    WINDOW,
    FUNNEL,
    Answer(
        "A row for each step.",
        [
            FunnelRow(1, 500, "page:/pricing", 1.0, dropped=0),
            FunnelRow(2, 120, "event:signup", 0.24, dropped=380),
        ],
    ),
)
def get_funnel() -> Response:
    """How many visitors reach each step.

    Give `steps`, or `step` several times, or the name of a `funnel`. Each row counts the visitors
    who reached its step or a later one.
    """
    asked = with_funnel(site(), args())
    return answer(by_key, funnel, steps_from_args(asked, least=1), window_from_args(asked))


@blueprint.get("/retention")
@described(
    Subject.BEHAVIOUR,
    *OF_ALL,
    WEEKS,
    Answer(
        "The cohorts that have a visitor.",
        [Cohort("2026-01-05", [True, True, False, True], [240, 61, 0, 12])],
        headers=NOTE,
    ),
)
def get_retention() -> Response:
    """Who comes back in later weeks.

    Weeks begin on Monday; a visitor belongs to the week of the first event ever. With ids that
    change daily nobody is ever seen again, and a header says so.
    """
    response = as_json(parts().reports.ask(retention, query(), WEEKS.of(args())))
    if parts().settings.visitor_id_rotation == "daily":
        response.headers["X-Mallard-Note"] = DAILY_IDS_NOTE
    return response


@blueprint.get("/sequences")
@described(
    Subject.BEHAVIOUR,
    *COMPARED,
    STEPS,
    STEP,
    Answer("The figures.", SequenceFigures(89, 500, 0.178)),
)
def get_sequences() -> Response:
    """How many visitors take all steps in order.

    At least two steps, however long it takes.
    """
    return answer(beside, sequences, steps_from_args(args(), least=2))


@blueprint.get("/flow")
@described(
    Subject.BEHAVIOUR,
    *COMPARED,
    PAGE,
    STOPPED,
    STEPS,
    STEP,
    WINDOW,
    Answer("The rows.", [FlowRow("/signup", 234), FlowRow("/docs", 89)]),
    facts={"rows": ROWS},
)
def get_flow() -> Response:
    """Where visitors go from a page.

    The next other page after a visitor's first view, {rows} rows at most. With `stopped` it is
    where those went instead who did not reach the next step of a funnel.
    """
    page, lost = PAGE.of(args()), lost_from_args(args())
    rows = parts().reports.ask(flow, query(), page, lost)
    pages = tuple(row.next_page for row in rows)
    return answer_beside_the_same(rows, flow_to, page, pages, lost)
