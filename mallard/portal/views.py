"""The documented tables, as views for people with a DuckDB shell."""

from __future__ import annotations

from collections.abc import Iterator

from mallard.ingest.numbering import NUMBER
from mallard.portal.recording import SERIES

AGENT = ("user_agent", "props ->> '$.user_agent'")
WHEN_AND_WHO = (("timestamp", "timestamp"), ("ip_hash", "visitor_id"))

COLUMNS: dict[str, tuple[tuple[str, str], ...]] = {
    "downloads": (
        ("project", "props ->> '$.project'"),
        ("version", "props ->> '$.version'"),
        ("asset", "props ->> '$.asset'"),
        *WHEN_AND_WHO,
        AGENT,
    ),
    "clones": (("project", "props ->> '$.project'"), *WHEN_AND_WHO, AGENT),
    "tool_usage": (
        ("tool", "props ->> '$.tool'"),
        ("event", "substr(event_name, length('tool_') + 1)"),
        *WHEN_AND_WHO,
        AGENT,
    ),
    "catalog_interactions": (
        ("event", "event_name"),
        ("detail", "props ->> '$.detail'"),
        ("result_count", "try_cast(props ->> '$.result_count' as integer)"),
        *WHEN_AND_WHO,
    ),
}
"""The columns of each table after its `id`, and where their values come from."""

VIEW = """
create or replace view {view} as
with told as (
    select
        *,
        try_cast(props ->> '$.{number}' as integer) as number
    from events_all
    where site_id = '{site_id}' and event_name in ({names})
)
select
    -- What was imported from elsewhere has no number; it comes behind. There is one window only:
    -- with a second one over other rows, DuckDB 1.5.5 fails now and then.
    coalesce(
        number,
        (select coalesce(max(number), 0) from told)
        + row_number() over (order by number is not null, timestamp, visitor_id)
    )::integer as id,
    {columns}
from told
"""


def definitions(site_id: str) -> Iterator[str]:
    """The statements that make the views, of the events that the view `events_all` has."""
    for view, columns in COLUMNS.items():
        names = ", ".join(f"'{name}'" for name, series in SERIES.items() if series == view)
        selected = ",\n    ".join(f"{source} as {column}" for column, source in columns)
        # A site's id has neither quotes nor braces.
        yield VIEW.format(view=view, number=NUMBER, site_id=site_id, names=names, columns=selected)
