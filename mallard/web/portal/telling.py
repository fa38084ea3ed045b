"""Where host applications tell that tools and the catalog were used."""

from __future__ import annotations

from flask import Blueprint, Response, request

from mallard.ingest.batches import MAX_EVENTS, ItemError, Sender, Taken, summed_up
from mallard.ingest.intake import Outcome
from mallard.ingest.refusals import Rejected
from mallard.model import Dropped
from mallard.portal.telling import Interaction, ToolUsage, is_many
from mallard.web.api.asking import as_json
from mallard.web.api.described import Answer, Body, Subject, described
from mallard.web.api.openapi.collecting import DROPPED
from mallard.web.client import client_address
from mallard.web.portal.parts import portal

blueprint = Blueprint("telling", __name__, url_prefix="/api/portal")

_WHO = {"client_ip": "203.0.113.7", "user_agent": "Mozilla/5.0 Firefox/140.0"}
_ANSWERS = (
    Answer("A single event is accepted, or left out on purpose.", status=202, headers=DROPPED),
    Answer(
        "What became of each event of an array.",
        Taken(1, 0, [ItemError(1, "event must be one of: upload, download")]),
    ),
)


@blueprint.post("/tool-usage")
@described(
    Subject.PORTAL,
    Body(ToolUsage | list[ToolUsage], {"tool": "pets", "event": "upload", **_WHO}),
    *_ANSWERS,
    facts={"most": MAX_EVENTS},
)
def post_tool_usage() -> Response:
    """Tell that a tool was used.

    `event` is `upload` or `download`, and `tool` one of those in the settings. The address and user
    agent are those of the request that the application served; without them, they are its own. An
    array of up to {most:,} events is taken as a whole.
    """
    body = request.get_data(cache=False)
    return _answer(portal().tellings.take_tool_usage(body, _sender()), body)


@blueprint.post("/catalog")
@described(
    Subject.PORTAL,
    Body(
        Interaction | list[Interaction],
        {"event": "search", "detail": "beetle", "result_count": 3, **_WHO},
    ),
    *_ANSWERS,
    facts={"most": MAX_EVENTS},
)
def post_catalog() -> Response:
    """Tell that the catalog was used.

    `event` is `category_view`, `search` or `diff_view`, and `detail` the category, what was
    searched for, or what was compared. Only a search has a `result_count`. Address, user agent and
    arrays of up to {most:,} events are as for tools.
    """
    body = request.get_data(cache=False)
    return _answer(portal().tellings.take_catalog(body, _sender()), body)


def _sender() -> Sender:
    return Sender(client_address(), request.environ.get("HTTP_USER_AGENT", ""))


def _answer(outcomes: list[Outcome], body: bytes) -> Response:
    """202 for a single event, as where browsers post theirs; for an array what became of each."""
    if is_many(body):
        return as_json(summed_up(outcomes))
    (outcome,) = outcomes
    if isinstance(outcome, Rejected):
        raise outcome
    response = Response(status=202)
    if isinstance(outcome, Dropped):
        response.headers["X-Mallard-Dropped"] = outcome.reason
    return response
