"""Where visitors go from a page, or how they came to it, up to three pages on, as a tree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mallard.reports.arguments import Args, Choice, WholeNumber, first
from mallard.reports.decoding import decoded
from mallard.reports.first_and_last import first_of, last_of
from mallard.reports.flow import events_of
from mallard.reports.funnel import Lost
from mallard.reports.happened import WAYS, Happened
from mallard.reports.query import ReportQuery
from mallard.reports.scope import fetch
from mallard.store.reader import Reader, Row

FORWARD, BACKWARD = "forward", "backward"
BRANCHES = 10
DIRECTION = Choice(
    "direction",
    "Where visitors go from the page, or `backward`, how they came to it. With it or with `depth`"
    " the answer is a tree.",
    choices=(FORWARD, BACKWARD),
)
DEPTH = WholeNumber(
    "depth",
    "How many pages on the tree goes. With it or with `direction` the answer is a tree.",
    least=1,
    most=3,
    default=1,
)

FIRST_VIEWS = """
, views as materialized (
    select visitor_id, {path} as path, timestamp
    from {events}
    where event_name = 'pageview'
),
step_0 as materialized (
    select visitor_id, path as page_0, min(timestamp) as at_0
    from views
    where path = $page
    group by visitor_id, path
)"""

STEP = """,
step_{n} as materialized (
    select visitor_id, {nearest} as page_{n}, {edge}(timestamp) as at_{n}
    from views
    join step_{before} using (visitor_id)
    where timestamp {beyond} at_{before} and path <> page_{before}
    group by visitor_id
)"""
"""The nearest view of another page, after the one before it or before that."""

PATHS = """,
paths as materialized (
    select {pages}, count(*) as visitors
    from step_0 {joined}
    group by all
)"""

BRANCH = """,
branch_{n} as materialized (
    select {pages}, sum(visitors)::bigint as visitors, {ended} as ended
    from paths {of_parent}
    where page_{n} is not null
    group by {pages}
    qualify row_number() over (partition by {parent} order by sum(visitors) desc, page_{n})
        <= $branches
)"""


@dataclass(frozen=True, slots=True)
class FlowBranch:
    """A page, the visitors who came that way, and where those went next.

    `outside` are those who went to no further page: they left the site; backward, they came to the
    site with this one. It is null where the tree ends. `others` went to pages that are not named.
    """

    page: str
    visitors: int
    outside: int | None
    others: int
    branches: list[FlowBranch]


def tree_asked_for(args: Args) -> tuple[Literal["forward", "backward"], int] | None:
    """The direction and the depth of the tree that is asked for, if one is. Raises BadQuery."""
    if first(args, DIRECTION.name) is None and first(args, DEPTH.name) is None:
        return None
    is_backward = DIRECTION.of(args, FORWARD) == BACKWARD
    return "backward" if is_backward else "forward", DEPTH.of(args)


def flow_tree(
    reader: Reader,
    query: ReportQuery,
    page: str,
    direction: Literal["forward", "backward"],
    depth: int,
    lost: Lost | None = None,
) -> FlowBranch:
    """The ways of visitors on from their first view of `page`, or back from it.

    Views of a page one after the other are one. Each page names its ten most common next ones.
    """
    page = decoded(page)
    sql, of_legs = (_sql(direction, depth, events, lost) for events in WAYS)
    bound: dict[str, Any] = {"page": page, "branches": BRANCHES}
    if lost is not None:
        bound |= lost.bound
    rows = fetch(reader, query, sql, of_legs=of_legs, **bound)
    by_parent: dict[tuple[str, ...], list[tuple[tuple[str, ...], int, int | None]]] = {}
    for row in rows:
        way, visitors, ended = _way_of(row)
        by_parent.setdefault(way[:-1], []).append((way, visitors, ended))
    ((_, everyone, ended),) = by_parent.pop(())
    return _branch((page,), everyone, ended, by_parent)


def _branch(
    way: tuple[str, ...],
    visitors: int,
    ended: int | None,
    by_parent: Mapping[tuple[str, ...], Iterable[tuple[tuple[str, ...], int, int | None]]],
) -> FlowBranch:
    branches = [_branch(*one, by_parent) for one in by_parent.get(way, ())]
    named = sum(branch.visitors for branch in branches)
    others = 0 if ended is None else visitors - ended - named
    return FlowBranch(way[-1], visitors, ended, others, branches)


def _way_of(row: Row) -> tuple[tuple[str, ...], int, int | None]:
    """The pages of a row, how many went that way, and how many of these no further."""
    *pages, visitors, ended = row
    return tuple(page for page in pages if page is not None), visitors, ended


def _sql(direction: str, depth: int, events: Happened, lost: Lost | None) -> str:
    """All branches, the root among them; a row has its pages from the root on."""
    before, theirs = events_of(events, lost)
    is_forward = direction == FORWARD
    words = {
        "nearest": (first_of if is_forward else last_of)("path"),
        "edge": "min" if is_forward else "max",
        "beyond": ">" if is_forward else "<",
    }
    levels = range(1, depth + 1)
    steps = [STEP.format(n=n, before=n - 1, **words) for n in levels]
    joined = " ".join(f"left join step_{n} using (visitor_id)" for n in levels)
    branches = [_branch_sql(n, depth) for n in levels]
    selects = [f"""select {_columns(n, depth)}, visitors, ended from branch_{n}""" for n in levels]
    root = f"""
    select $page as page_0, {", ".join(f"null::varchar as page_{n}" for n in levels)},
        coalesce(sum(visitors), 0)::bigint as visitors,
        coalesce(sum(visitors) filter (where page_1 is null), 0)::bigint as ended
    from paths
    """
    return "".join(
        (
            before,
            FIRST_VIEWS.format(path=events.path, events=theirs),
            *steps,
            PATHS.format(pages=_pages(depth), joined=joined),
            *branches,
            " select * from (",
            " union all ".join((root, *selects)),
            f") order by visitors desc, {_pages(depth)}",
        )
    )


def _branch_sql(n: int, depth: int) -> str:
    ended = f"coalesce(sum(visitors) filter (where page_{n + 1} is null), 0)::bigint"
    return BRANCH.format(
        n=n,
        pages=_pages(n),
        ended=ended if n < depth else "null::bigint",
        parent=_pages(n - 1),
        of_parent="" if n == 1 else f"semi join branch_{n - 1} using ({_pages(n - 1)})",
    )


def _pages(last: int) -> str:
    return ", ".join(f"page_{n}" for n in range(last + 1))


def _columns(n: int, depth: int) -> str:
    nulls = (f"null::varchar as page_{later}" for later in range(n + 1, depth + 1))
    return ", ".join((_pages(n), *nulls))
