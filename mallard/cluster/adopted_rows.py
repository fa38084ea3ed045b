"""The SQL that reads files of a data directory's tree, as they become a shared file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from mallard.cluster.orders import Part
from mallard.store.parquet.columns import CAST_LIST, SELECT_LIST, quoted, quoted_path

ROWS = """
select batch, {casts} from (
    select part_batch as batch, {columns}
    from read_parquet([{paths}], hive_partitioning = false, filename = true)
    join (values {parts}) as parts (part_path, part_site, part_day, part_batch)
        on filename = part_path and site_id = part_site and timestamp::date = part_day
)
order by site_id, visitor_id, timestamp
"""


def rows_of_parts(parts: Sequence[Part]) -> str:
    """A SELECT of what files have of their own site and day, with the batch of each file."""
    values = (
        f"({quoted(one.path)}, {quoted(one.site_id)}, date {quoted(str(one.day))},"
        f" {quoted(one.batch)})"
        for one in parts
    )
    return ROWS.format(
        casts=CAST_LIST,
        columns=SELECT_LIST,
        paths=", ".join(quoted_path(one.path) for one in parts),
        parts=", ".join(values),
    )


def wanted_counts(parts: Sequence[Part]) -> dict[tuple[str, date], int]:
    """How many events each site and day is to have."""
    counts: Counter[tuple[str, date]] = Counter()
    for one in parts:
        counts[one.site_id, one.day] += one.events
    return dict(counts)
