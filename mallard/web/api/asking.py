"""What a request's arguments ask of the reports, and their rows as JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Concatenate, ParamSpec

import msgspec
from flask import Response, g, request

from mallard.register.site import Site
from mallard.reports.arguments import Args
from mallard.reports.comparison import compared_query
from mallard.reports.goal import Goal
from mallard.reports.imported import may_count
from mallard.reports.parameters import SITE
from mallard.reports.query import ReportQuery, zone_of
from mallard.store.reader import Reader
from mallard.texts.said import Said
from mallard.web.api.compared import by_key, written
from mallard.web.decided import chosen_goal, with_goals, with_segment
from mallard.web.state import parts

P = ParamSpec("P")

NOTE = {"X-Mallard-Note": (str, "Sent where the settings leave little to see.")}
"""The header in which an answer says so, described."""


IMPORTED_HEADER = "X-Imported-Days"
"""The header that says of how many days the figures were imported from another product."""
TIMEZONE_HEADER = "X-Timezone"
"""The header that says which time zone the days of an answer are those of."""


def args() -> Args:
    """The request's arguments: name -> values."""
    return dict(request.args.lists())


def query() -> ReportQuery:
    """What the request's arguments ask for. Raises BadQuery."""
    asked = with_segment(site(), args())
    zone = g.timezone = zone_of(asked, parts().register.zone_of(SITE.of(args())))
    first_day = partial(parts().reports.first_day, zone=zone)
    found = ReportQuery.from_args(asked, parts().today(zone), first_day, zone)
    return with_goals(site(), found)


def tell_timezone(response: Response) -> Response:
    """Says in which time zone an answer is, if it is in any, and what of it was imported."""
    if "timezone" in g:
        response.headers[TIMEZONE_HEADER] = g.timezone
    if g.get("imported_days"):
        response.headers[IMPORTED_HEADER] = str(g.imported_days)
    return response


def count_imported(report: Callable[..., Any], asked: ReportQuery) -> None:
    """Notes of how many days a report's figures were imported."""
    if may_count(report.__name__, asked):
        g.imported_days = len(parts().reports.imported_days(asked))


def query_before() -> ReportQuery | None:
    """The same of the period to compare with; None when none is asked for. Raises BadQuery."""
    return compared_query(args(), query(), parts().now())


def site() -> Site:
    """What is decided about the site that is asked about."""
    return parts().register.of(SITE.of(args()))


def goal() -> Goal | None:
    """The goal that is chosen, if one is. Raises BadQuery."""
    return chosen_goal(site(), args())


def as_json(rows: object) -> Response:
    """Rows, or one, as a JSON answer."""
    return Response(msgspec.json.encode(rows, enc_hook=_plain), mimetype="application/json")


def _plain(value: object) -> str:
    """What msgspec does not know by itself: a text that could be told to people as well."""
    if isinstance(value, Said):
        return str(value)
    raise NotImplementedError


def answer_beside_the_same(
    rows: Sequence[Any],
    report: Callable[Concatenate[Reader, ReportQuery, P], Any],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Response:
    """Rows, and what a report of just these says of the period to compare with, if any."""
    before = query_before()
    if not any(isinstance(arg, Goal) for arg in args):
        count_imported(report, query())
    if before is None:
        return as_json([written(row) for row in rows])
    return as_json(by_key(rows, parts().reports.ask(report, before, *args, **kwargs)))


def answer(
    merge: Callable[[Any, Any], object],
    report: Callable[Concatenate[Reader, ReportQuery, P], Any],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Response:
    """What a report says, merged with what it says of the period to compare with, if any."""
    asked, before, desk = query(), query_before(), parts().reports
    rows = desk.ask(report, asked, *args, **kwargs)
    count_imported(report, asked)
    if before is None:
        return as_json(rows)
    return as_json(merge(rows, desk.ask(report, before, *args, **kwargs)))
