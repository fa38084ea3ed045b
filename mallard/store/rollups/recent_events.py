"""Recent events: those of a day that goes on, kept beside its figures so that these can follow.

A visitor who comes back changes figures that were worked out before: one more pageview, but not one
more visitor, and another exit page. So what such visitors had added is taken away, and added again
as it is now. For that their events have to be found quickly among all of the day, in a table where
they stand by hashes of the visitors' ids. (Two ids with one hash only make us look at both.)

Each event is of a part: those up to the last settled one are in the figures, the others came since.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from mallard.store.parquet.columns import COLUMNS, TYPES
from mallard.store.parquet.partitions import ColdFile
from mallard.store.rollups.local_days import is_within, spans_of
from mallard.zones.days import UTC

_NOT_KEPT = {"site_id": "$site_id"}
"""It is the same for all; what stands in its place."""

KEPT = tuple(column for column in COLUMNS if column not in _NOT_KEPT)
KEPT_LIST = ", ".join(KEPT)

TABLE = "site bigint, day date, part integer, visitor ubigint, " + ", ".join(
    f"{column} {TYPES.get(column, 'varchar')}" for column in KEPT
)

AS_STORED = ", ".join(
    column if column in KEPT else f"{_NOT_KEPT[column]} as {column}" for column in COLUMNS
)
"""All columns of an event."""

ARRIVED = """
insert into {alias}.recent
select $site, $day, $part, hash(visitor_id::varchar), {kept} from ({rows})
"""

NEAR = 60
"""Of so many parts, the last hour's as a rule, all events are looked through at once.

Most visitors of the moment have no others. Of the events before, only the visitors are looked
through, and the few whole rows then fetched by where they are.
"""

LARGE_BYTES = 16 << 20
"""A day with less in Parquet, some 600,000 events, is sooner looked through as a whole."""

NEAR_EVENTS = """
select part <= {settled} as is_settled, false as is_earlier, visitor, {kept}
from {alias}.recent
where site = {site} and day = {day} and part between {near} and {last} and visitor in ({visitors})
"""

FAR_EVENTS = """
select true as is_settled, false as is_earlier, visitor, {kept}
from {alias}.recent
where rowid in (
    select rowid from {alias}.recent
    where site = {site} and day = {day} and part < {near} and visitor in ({visitors})
)
"""

EVERY_EVENT = """
select {as_stored} from {alias}.recent
where site = {site} and day = {day} and part <= {last}
"""

LATER_VISITORS = """
select visitor from {alias}.recent
where site = {site} and day = {day} and part > {settled} and part <= {last}
"""

FIRST_PARTS = """
select visitor, min(part) as part from {alias}.recent
where site = {site} and day = {day} and part > {settled} and part <= {last}
    and visitor not in (
        select visitor from {alias}.visitors where site = {site} and day = {day}
    )
group by visitor
"""

RETURNED = """
select visitor from {alias}.recent
where site = {site} and day = {day} and part <= {last} and visitor in (
    select visitor from {alias}.visitors where site = {site} and day in ({days})
)
"""

EARLIER_EVENTS = """
select true as is_settled, true as is_earlier, hash(visitor_id::varchar) as visitor, {kept}
from ({rows})
where hash(visitor_id::varchar) in ({visitors}) and site_id = $site_id
    and timestamp >= $start and timestamp < $end and {are_of_days}
"""


@dataclass(frozen=True, slots=True)
class OpenDay:
    """A site's day whose figures hold the parts up to `settled`, while there are more, to `last`.

    `site` is the number of the site in the rollups; `every_event` binds the `site_id`. Unless it
    `looks_far`, nobody who is asked for has events before the last parts of a day that `is_large`.
    """

    alias: str
    site: int
    day: date
    settled: int
    last: int
    is_large: bool = False
    looks_far: bool = True
    zone: str = UTC

    @property
    def is_of_day(self) -> str:
        """The condition that a row is of this day."""
        if self.zone == UTC:
            return f"(timestamp::date = date '{self.day}')"
        return is_within(spans_of([self.day], self.zone) or ())

    def of_visitors_since(self, part: int | None) -> OpenDay:
        """The same for visitors of whom none was there before a part; None if none ever was."""
        return replace(self, looks_far=part is not None and part < self._near)

    @property
    def _near(self) -> int:
        return min(self.settled + 1, max(1, self.last - NEAR)) if self.is_large else 0

    @property
    def later_visitors(self) -> str:
        """The SELECT of the hashed ids of the visitors in the parts after `settled`."""
        return self._format(LATER_VISITORS)

    def events_of(self, visitors: str) -> str:
        """The SELECT of all events of visitors, whose hashed ids a SELECT gives.

        `is_settled` tells which of them the figures hold; none `is_earlier`.
        """
        looks_far = self.is_large and self.looks_far
        parts = [NEAR_EVENTS, FAR_EVENTS] if looks_far else [NEAR_EVENTS]
        near = str(self._near)
        return " union all ".join(
            self._format(part, visitors=visitors, kept=KEPT_LIST, near=near) for part in parts
        )

    @property
    def first_parts(self) -> str:
        """The SELECT of the `visitor` and the first `part` of those whom no settled part has."""
        return self._format(FIRST_PARTS)

    @property
    def every_event(self) -> str:
        """The SELECT of all of its events, as they are stored."""
        return self._format(EVERY_EVENT, as_stored=AS_STORED)

    def every_event_of(self, visitors: str) -> str:
        """The same of visitors, whose hashed ids a SELECT gives."""
        return f"{self.every_event} and visitor in ({visitors})"

    def returned_from(self, days: Iterable[date]) -> str:
        """The SELECT of the hashed ids of its visitors who were seen on other days, too."""
        listed = ", ".join(f"date '{day}'" for day in days)
        return self._format(RETURNED, days=listed)

    def _format(self, sql: str, **more: str) -> str:
        day = f"date '{self.day}'"
        alias, settled, last = self.alias, self.settled, self.last
        known = {"alias": alias, "site": self.site, "day": day, "settled": settled, "last": last}
        return sql.format(**known, **more).strip()


def is_large(files: Iterable[ColdFile]) -> bool:
    """Whether a day with these files has so many events that most are better not looked at."""
    return sum(file.size for file in files) > LARGE_BYTES


def earlier_events_of(visitors: str, rows: str, are_of_days: str) -> str:
    """The SELECT of what visitors did on earlier days, of the rows of these days' files.

    The rows have to meet the condition that they `are_of_days`, as files may hold others, too.

    It has the columns of `OpenDay.events_of`, and binds the scope.
    """
    parts = {"kept": KEPT_LIST, "visitors": visitors, "rows": rows, "are_of_days": are_of_days}
    return EARLIER_EVENTS.format(**parts).strip()
