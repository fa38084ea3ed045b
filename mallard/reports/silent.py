"""What pages tell of themselves, and that it is nothing that a visitor did.

Such events lengthen the sessions that they are of, and are in no list of events or pages, no goal,
no step and no filter.
"""

from __future__ import annotations

from mallard.model import ENGAGEMENT, SILENT

_OTHERS = " and ".join(f"event_name is distinct from '{name}'" for name in SILENT)

HAPPENED = f"({_OTHERS})"
"""The SQL of whether an event is something that happened; a list takes DuckDB twice as long."""

IS_TOLD = f"event_name = '{ENGAGEMENT}'"
MOST_MS = 86_400_000


def _measure(key: str, most: int) -> str:
    text = f"json_extract_string(props, '$.{key}')"
    told = f"case when {IS_TOLD} and json_valid(props) then try_cast({text} as bigint) end"
    return f"case when {told} is not null then least(greatest({told}, 0), {most}) end"


SPENT = _measure("e", MOST_MS)
"""The SQL of for how many milliseconds a page was looked at; NULL where an event does not tell."""
DEPTH = _measure("sd", 100)
"""The same of the percentage of it that was seen."""
