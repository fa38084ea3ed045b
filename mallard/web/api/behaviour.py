"""What visitors do one after the other, as JSON: funnels, retention, sequences and flows."""

from __future__ import annotations

from flask import Blueprint, Response

from mallard.reports.comparison import COMPARED
from mallard.reports.flow import PAGE, ROWS, FlowRow, flow, flow_to
from mallard.reports.flow_tree import DEPTH, DIRECTION, FlowBranch, flow_tree, tree_asked_for
from mallard.reports.funnel import (
    FUNNEL,
    STOPPED,
    WINDOW,
    FunnelRow,
    funnel,
    lost_from_args,
    window_from_args,
)
from mallard.reports.journeys import PAGES, Journey, journeys
from mallard.reports.parameters import LIMIT, OF_ALL
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
    DIRECTION,
    DEPTH,
    STOPPED,
    STEPS,
    STEP,
    WINDOW,
    Answer(
        "The rows, or the tree.",
        [FlowRow("/signup", 234), FlowRow("/docs", 89)],
        otherwise=FlowBranch("/", 500, 177, 0, [FlowBranch("/signup", 323, None, 0, [])]),
    ),
    facts={"rows": ROWS},
)
def get_flow() -> Response:
    """Where visitors go from a page, or how they came to it.

    The next other page after a visitor's first view, {rows} rows at most. With `stopped` it is
    where those went instead who did not reach the next step of a funnel.

    With `direction` or `depth` it is a tree of the page, which is not compared: forward of what
    came after the first view, backward of what was before it, {rows} branches of each page at
    most. Views of a page one after the other are one.
    """
    page, lost, tree = PAGE.of(args()), lost_from_args(args()), tree_asked_for(args())
    if tree is not None:
        return as_json(parts().reports.ask(flow_tree, query(), page, *tree, lost))
    rows = parts().reports.ask(flow, query(), page, lost)
    pages = tuple(row.next_page for row in rows)
    return answer_beside_the_same(rows, flow_to, page, pages, lost)


@blueprint.get("/journeys")
@described(
    Subject.BEHAVIOUR,
    *OF_ALL,
    PAGES,
    LIMIT,
    Answer("The journeys of most sessions.", [Journey(["/", "/pricing", "/signup"], 89)]),
)
def get_journeys() -> Response:
    """The most common ways through the site.

    The pages of a session in their order; views of a page one after the other are one. Of a longer
    session its first pages count. Who sees a single page makes no journey.
    """
    return as_json(parts().reports.ask(journeys, query(), PAGES.of(args())))
