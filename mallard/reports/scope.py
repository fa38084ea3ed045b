"""What a report may select from: `events`, `sessions` and `session_events`, after the filters.

`deeds` are the events without what pages tell of themselves, which no filter of events finds.

A report's SQL names these relations; `fetch` puts their definitions in front of it. They rest on
`stored`, every event of the site in the period, which the reader supplies. Sessions are cut at the
period's edges, so nothing outside of it is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from mallard.reports import kept, people
from mallard.reports.candidates import candidates
from mallard.reports.conditions import EVERYTHING, Params, all_of, sql_of
from mallard.reports.decoding import decoded_sql
from mallard.reports.filters import Filter
from mallard.reports.first_and_last import first_of, last_of
from mallard.reports.query import ReportQuery
from mallard.reports.relations import is_named, needed_of
from mallard.reports.silent import DEPTH, HAPPENED, IS_TOLD, SPENT
from mallard.store.reader import Reader, Row, Statement
from mallard.store.rollups.declared import Rollup
from mallard.zones.sql import in_local_time

BY_VISITOR = """
by_visitor{of} as materialized (
    select
        * replace ({id_kept} as visitor_id),
        case when visitor_id is not null then row_number() over () end as visitor_no
    from (select visitor_id, {figures} from {source} group by visitor_id)
    where {may_keep}
)"""
"""Only visitors who may have a session that is kept."""

ID_OF_SEVERAL = "case when not is_one_session then visitor_id end"
"""Ids are long, and events are seldom asked for whose visitor has one session only."""

NUMBERED = """
numbered{of} as not materialized (
    select *, sum(begins) over (partition by visitor_no order by timestamp) as session_no
    from (
        select *, coalesce(
            timestamp - lag(timestamp) over (partition by visitor_no order by timestamp)
            > interval 30 minutes, true)::integer as begins
        from {source}
        join (select visitor_id, visitor_no from by_visitor{of} where not is_one_session)
            using (visitor_id)
    )
)"""

SESSIONS = """
sessions{of} as (
    select *, visitor_no as visitor_id
    from (
        select * exclude (visitor_id), 0 as session_no from by_visitor{of} where is_one_session
        union all by name
        select visitor_no, session_no, {figures}
        from numbered{of}
        group by visitor_no, session_no
    )
    where {keeps}
)"""
"""Most visitors' events span no more than half an hour and are one session, which gets number 0.

Only the others' events have to be put in order, and their sessions are numbered from 1. Visitors
are told apart by numbers here, which are quicker to count than ids.
"""

OF_SESSIONS = """
    select *
    from {source}
    semi join (select visitor_id from by_visitor{of} where is_one_session and {keeps})
        using (visitor_id)
    union all
    select * exclude (begins, session_no, visitor_no)
    from numbered{of}
    semi join (select visitor_no, session_no from sessions{of} where session_no > 0)
        using (visitor_no, session_no)
"""

WAVERING = """
wavering as materialized (
    select hash(visitor_id) as visitor_hash
    from stored
    group by visitor_hash
    having bool_or({fits}) and not bool_and(coalesce({fits}, false))
)"""
ARE_WAVERING = "semi join wavering on hash(visitor_id) = visitor_hash"

FITTING_EVENTS = """
    select *
    from stored
    anti join wavering on hash(visitor_id) = visitor_hash
    where {fits}
    union all
    {theirs}
"""
"""All events of sessions whose first one fits.

Who has none but fitting events has none but such sessions. Those of the few others, and of those
who share their hash, are looked into one by one.
"""

STORED = re.compile(r"\bstored\b")
BEGUN = "begun as not materialized (select * from stored where {within})"
"""What stands for `stored` where a period is looked at from or up to some time of a day."""

RELATION = "{name} as not materialized ({sql})"

FIGURES = {
    "started_at": "min(timestamp)",
    "ended_at": "max(timestamp)",
    "is_one_session": "max(timestamp) - min(timestamp) <= interval 30 minutes",
    "pageviews": "count(*) filter (where event_name = 'pageview')",
}
MATCHING_PAGEVIEWS = "count(*) filter (where event_name = 'pageview' and ({matches}))"
PAGE_READ = decoded_sql("pathname")
EDGES = {
    "entry_page": f"{first_of(PAGE_READ)} filter (where event_name = 'pageview')",
    "exit_page": f"{last_of(PAGE_READ)} filter (where event_name = 'pageview')",
}
"""What a session has beside its first event's values, as it is read; NULL without a pageview."""
TOLD = {
    "engagements": f"count(*) filter (where {IS_TOLD})",
    "ms_told": f"sum({SPENT})",
    "pages_told": f"""list({{
        'pathname': coalesce('/' || {PAGE_READ}, ''), 'depth': coalesce({DEPTH}, -1)
    }}) filter (where {IS_TOLD})""",
    "sign": "any_value(sign)",
}
"""What its pages have told of themselves, and the sign of its events, where it is asked for.

`pages_told` has a page each time, and how much of it was seen, -1 where that was not told.
"""


def fetch(
    reader: Reader,
    query: ReportQuery,
    sql: str,
    edges: Sequence[str] = (),
    rollup: Rollup | None = None,
    is_lean: bool = False,
    of_legs: str = "",
    since: datetime | None = None,
    **params: Any,
) -> list[Row]:
    """The rows of a report's SQL over the query's filtered relations.

    Where legs tell what filters ask for, that is the SQL `of_legs`, if there is one (`kept`): of
    what is filtered, and of what no rollup tells.

    `edges` names columns of EDGES that the SQL asks of `sessions`. SQL that adds `rolled` to what
    it makes of events names the `rollup`; under filters there is nothing in it.

    What came before `since`, in UTC on the first day, is left out; no rollup tells that.
    """
    statement, bound = _of_events(query, sql, edges, rollup, since, params)
    if of_legs and kept.legs_tell(query.filters) and (query.filters or rollup is None):
        return kept.fetch(reader, query, of_legs, instead=(statement, bound), **params)
    if query.filters:
        rollup = None
    if query.until is not None:
        rollup = rollup and replace(rollup, but_not=query.last_day)
    is_lean = is_lean and not any(f.asks_props for f in query.filters)
    period = people.looked_at(query).period
    acquainted_since = query.period.start if people.is_new_asked(query.filters) else None
    return reader.fetch(
        query.site_id, period, statement, bound, rollup, is_lean, None, acquainted_since
    )


def _of_events(
    query: ReportQuery,
    sql: str,
    edges: Sequence[str],
    rollup: Rollup | None,
    since: datetime | None,
    params: Params,
) -> Statement:
    """What asks the events themselves."""
    relations, scope_params = _scope(query.filters, edges, sql)
    if rollup is not None and query.filters:
        relations.append(f"rolled as ({rollup.nothing})")
    bound = scope_params | params
    # Who is new is told by what was before, too, and `people` leaves that out.
    from_when = None if people.is_new_asked(query.filters) else since
    within = {"timestamp >= $since": from_when, "timestamp < $until": query.until}
    tests = {test: moment for test, moment in within.items() if moment is not None}
    first, source = [], "stored"
    if tests:
        first, source = [BEGUN.format(within=all_of(tests))], "begun"
        bound |= {test.rpartition("$")[2]: moment for test, moment in tests.items()}
    if whose := people.relations(query, source, bound, since):
        first, source = [*first, *whose], "theirs"
    relations = [*first, *(STORED.sub(source, relation) for relation in relations)]
    statement = "\n".join([",\n".join(relations), STORED.sub(source, sql)])
    return in_local_time(statement, people.looked_at(query).period), bound


def day_sql(sql: str, edges: Sequence[str] = ()) -> str:
    """A report's SQL with all it rests on but `stored`, for the rollup of a day."""
    relations, _ = _scope((), edges, sql)
    return "\n".join([",\n".join(relations), sql])


class _Tests(NamedTuple):
    """What filters ask of events, of a session's first event, and of its first and last page.

    Of each of `matching` a session has to have an event: of where it was, and of what happened.
    """

    matching: tuple[str, ...] = ()
    fits: str = EVERYTHING
    at_edges: str = EVERYTHING

    @property
    def matches(self) -> str:
        """Whether an event is one of those that filters ask for."""
        return " or ".join(f"({test})" for test in self.matching) or EVERYTHING

    @property
    def has_matches(self) -> str:
        """Whether a session has an event for each."""
        return all_of(f"bool_or({test})" for test in self.matching)


def _scope(filters: Sequence[Filter], edges: Sequence[str], sql: str) -> tuple[list[str], Params]:
    """The definitions under `filters` of the relations that `sql` names, and what they bind."""
    params: Params = {}
    parsed = [(f, sql_of(f, params)) for f in filters if not f.keeps_visitors]
    on_events = [(f, test) for f, test in parsed if not f.keeps_sessions]
    groups = [[test for f, test in on_events if f.is_of_place is place] for place in (True, False)]
    tests = _Tests(
        matching=tuple(all_of([HAPPENED, *group]) for group in groups if group),
        fits=all_of(test for f, test in parsed if f.keeps_sessions and f.dimension not in EDGES),
        at_edges=all_of(test for f, test in parsed if f.dimension in EDGES),
    )
    needed = [test for f, test in parsed if f.dimension not in EDGES and not f.is_negative]
    columns = [c for c in EDGES if c in {*edges, *(f.dimension for f, _ in parsed)}]
    columns += [name for name in TOLD if is_named(name, sql)]
    relations, whole = _sessions(tests, columns, only=candidates(needed))
    kept_ones = "select * from stored"
    if tests.at_edges != EVERYTHING or len(tests.matching) > 1:
        kept_ones = whole
    elif tests.fits != EVERYTHING:
        more, theirs = _sessions(_Tests(fits=tests.fits), (), ARE_WAVERING, of="_of_wavering")
        relations += [WAVERING.format(fits=tests.fits), *more]
        kept_ones = FITTING_EVENTS.format(fits=tests.fits, theirs=theirs)
    relations += [
        RELATION.format(
            name="session_events", sql=kept_ones if tests.matches == EVERYTHING else whole
        ),
        RELATION.format(name="events", sql=f"select * from ({kept_ones}) where ({tests.matches})"),
        RELATION.format(name="deeds", sql=f"select * from events where {HAPPENED}"),
    ]
    return needed_of(relations, sql), params


def _sessions(
    tests: _Tests, edges: Iterable[str], only: str, of: str = ""
) -> tuple[list[str], str]:
    """The relations that lead to `sessions`, and the SELECT of all events of those kept.

    `only` restricts the visitors, and `of` is added to the relations' names.
    """
    figures = FIGURES | {edge: (EDGES | TOLD)[edge] for edge in edges}
    figures["matching_pageviews"] = MATCHING_PAGEVIEWS.format(matches=tests.matches)
    keeps, may_keep = [tests.at_edges], []
    if tests.matches != EVERYTHING:
        figures["has_match"] = tests.has_matches
        keeps.append("has_match")
        may_keep.append("has_match")
    if tests.fits != EVERYTHING:
        figures["fits_from"] = f"min(timestamp) filter (where {tests.fits})"
        keeps.append("fits_from = started_at")
        may_keep.append("fits_from is not null")
    asks_for_events = of or tests != _Tests(fits=tests.fits)
    parts = {
        "of": of,
        "source": f"of_candidates{of}" if only else "stored",
        "id_kept": "visitor_id" if asks_for_events else ID_OF_SEVERAL,
        "figures": ", ".join(f"{sql} as {name}" for name, sql in figures.items()),
        "keeps": all_of(keeps),
        "may_keep": all_of(may_keep),
    }
    relations = [part.format(**parts) for part in (BY_VISITOR, NUMBERED, SESSIONS)]
    if only:
        relations.insert(0, f"of_candidates{of} as materialized (select * from stored {only})")
    return relations, OF_SESSIONS.format(**parts)
