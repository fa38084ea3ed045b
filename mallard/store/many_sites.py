"""The visitors and pageviews of all sites at once, by which a list of them is put in order.

Days that are worked out are added up, and all that has come besides is read by the same statement.
A large day that goes on is none of it: its site is sooner asked by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, Protocol

from mallard.model import Period
from mallard.remembered import Remembered
from mallard.store.engine.database import Connection, Database
from mallard.store.parquet.cold import ColdTier
from mallard.store.parquet.partitions import ColdFile
from mallard.store.parquet.statements import ALL_HOT, rows_of, scope
from mallard.store.rollups.kept import Rollups
from mallard.store.rollups.local_days import local_days, marks, one_day
from mallard.zones.days import UTC
from mallard.zones.sql import in_local_time

MOST_FILES = 1_000
"""To open more takes too long for a page. So many have no figures only for some minutes: after an
import, or where the figures are worked out anew."""

MOST_OF_A_PART = 1_000_000
"""The bytes of files of a day of which only a part is wanted, of one site. That of a larger one is
sooner found when its site is asked by itself."""

REMEMBERED = 8
DAYS = "days"
"""The rollup that has the headline figures of each day."""

SQL = """
with named as not materialized (
    select unnest($names::varchar[]) as site_id, unnest($numbers::bigint[]) as site
),
added_up as materialized (
    select unnest($sites::bigint[]) as site, unnest($days::date[]) as day
),
rest as materialized (
    select site_id, site, visitor, pageviews
    from (
        select
            site_id,
            case when visitor_id is not null then hash(visitor_id) end as visitor,
            count(*) filter (where event_name = 'pageview') as pageviews
        from ({rows})
        where timestamp >= $start and timestamp < $end
        group by all
    )
    left join named using (site_id)
),
seen as not materialized (
    select site, visitor
    from {alias}.visitors
    semi join added_up using (site, day)
    where day >= $first and day < $day_after
),
seen_again as materialized (
    select distinct site, visitor from seen semi join rest using (site, visitor)
)
select site_id, sum(visitors)::bigint, sum(pageviews)::bigint
from (
    select
        site_id,
        case when list_contains($returning::bigint[], site) then 0 else visitors end as visitors,
        pageviews
    from {alias}.days
    semi join added_up using (site, day)
    join named using (site)
    where since is null
    union all
    select any_value(site_id), count(distinct visitor), 0
    from seen
    join named using (site)
    where list_contains($returning::bigint[], site)
    group by site
    union all
    select site_id, count(distinct visitor), 0
    from rest
    anti join seen_again using (site, visitor)
    group by site_id
    union all
    select site_id, 0, pageviews from rest
)
group by site_id
"""
"""Visitors who are on several of a site's days are counted by their hashed ids."""

OF_OTHER_DAYS = """
select * from ({rows}) as rows
anti join (select site_id, day from added_up join named using (site)) as done
    on rows.site_id = done.site_id and local_day(timestamp) = done.day
"""
"""Where days are not those of UTC, a file may have events of a day that is added up, too."""


class Figures(NamedTuple):
    """The visitors and the pageviews of a site."""

    visitors: int
    pageviews: int


NOTHING = Figures(0, 0)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about the sites of a period's time zone: all of them, or `only` some.

    What comes at the moment `until` of the last day, in UTC, or later is left out.
    """

    period: Period
    until: datetime | None = None
    only: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class FiguresOfSites:
    """The figures of all sites that have events, but for those that are better asked `apart`."""

    told: Mapping[str, Figures]
    apart: Collection[str]


class FiguresAtOnce(Protocol):
    """What tells the figures of many sites by one statement; `only` some need less to be read."""

    def __call__(
        self, period: Period, until: datetime | None = None, only: frozenset[str] | None = None
    ) -> FiguresOfSites | None: ...


@dataclass(slots=True)
class Sorted:
    """The days of all sites in a period: those that are added up, and the `files` of all others.

    `returning` has the numbers of sites with visitors on several of these days; those that are
    `apart` have to be asked by themselves.
    """

    names: dict[str, int] = field(default_factory=dict)
    days: list[tuple[int, date]] = field(default_factory=list)
    files: list[ColdFile] = field(default_factory=list)
    returning: list[int] = field(default_factory=list)
    apart: set[str] = field(default_factory=set)

    def sql(self, alias: str, period: Period) -> str:
        """The statement that gives each site's figures."""
        rows = ALL_HOT
        if self.files:
            of_files = rows_of([file.path for file in self.files])
            if period.zone != UTC:
                of_files = in_local_time(OF_OTHER_DAYS.format(rows=of_files), period)
            rows += f" union all {of_files}"
        return SQL.format(rows=rows, alias=alias)

    def bound(self, asked: Asked) -> dict[str, Any]:
        """What the statement binds."""
        period = asked.period
        days = scope("", period)
        return {
            "start": days["start"],
            "end": asked.until or days["end"],
            "first": period.start,
            "day_after": period.end,
            "names": list(self.names),
            "numbers": list(self.names.values()),
            "sites": [site for site, _ in self.days],
            "days": [day for _, day in self.days],
            "returning": self.returning,
        }


class ManySites:
    """Sorts the days of all sites, anew only where something has changed."""

    def __init__(self, database: Database, cold: ColdTier, rollups: Rollups) -> None:
        self._database = database
        self._cold = cold
        self._rollups = rollups
        self._known: Remembered[Sorted] = Remembered(REMEMBERED)

    @contextmanager
    def at_once(self, asked: Asked) -> Iterator[tuple[Connection, str, Sorted]]:
        """All sites of a zone as they are now: a connection, the rollups' name, and their days."""
        period, only = asked.period, asked.only
        with self._database.reader() as connection:
            with self._cold.publish:
                alias = self._rollups.alias
                # A transaction sees a database as it is when it first reads of it.
                connection.execute(f"select 1 from events, {alias}.built limit 0")
                zone_of = self._rollups.zone_of
                all_sites = self._cold.partitions.sites()
                wanted = all_sites if only is None else [site for site in all_sites if site in only]
                sites = tuple(site for site in wanted if zone_of(site) == period.zone)
                key = (self._cold.partitions.version, self._rollups.version, asked, sites)
                found = self._known.get(key, lambda: self._sort(sites, asked))
                self._cold.hold_files(found.files)
            try:
                yield connection, alias, found
            finally:
                self._cold.release(found.files)

    def _sort(self, sites: Iterable[str], asked: Asked) -> Sorted:
        found = Sorted()
        for site_id in sites:
            self._sort_site(site_id, asked, found)
        return found

    def _sort_site(self, site_id: str, asked: Asked, found: Sorted) -> None:
        period = asked.period
        known, tree, zone = self._rollups.known(site_id), self._cold.partitions, period.zone
        cut = period.end - timedelta(days=1) if asked.until else None
        days: set[date] = set()
        files: dict[ColdFile, None] = {}
        for day in local_days(tree, site_id, zone):
            if day not in period:
                continue
            span = one_day(day, zone)
            there = tree.files_in(site_id, span.in_utc)
            built = known.days.get(day) if day != cut else None
            if day == cut and sum(file.size for file in there) > MOST_OF_A_PART:
                found.apart.add(site_id)
                return
            if built is None or DAYS in built.left_out or built.files != marks(there, span):
                files |= dict.fromkeys(there)
            elif built.is_unsettled:
                found.apart.add(site_id)
                return
            else:
                days.add(day)
        found.names[site_id] = known.site
        found.days += [(known.site, day) for day in sorted(days)]
        found.files += files
        if any(known.days[day].shared & days for day in days):
            found.returning.append(known.site)
