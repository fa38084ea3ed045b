"""Reads reports in ways that they must not depend on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from mallard.model import Period
from mallard.reports.query import ReportQuery
from mallard.reports.totals import totals
from mallard.store.reader import Statement
from mallard.store.rollups.declared import Rollup
from mallard.store.rollups.plan import Plan
from mallard.store.store import Store
from mallard.zones.days import UTC


class Events:
    """Reads every report from the events themselves."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def fetch(
        self,
        site_id: str,
        period: Period,
        sql: str,
        params: Any,
        rollup: Rollup | None = None,
        is_lean: bool = False,
        instead: Statement | None = None,
        acquainted_since: date | None = None,
    ) -> list[Any]:
        if instead is not None:
            return self._store.fetch(site_id, period, *instead)
        if rollup is None:
            return self._store.fetch(site_id, period, sql, params)
        rolled = rollup.of_visitors_stored if rollup.of_visitors else rollup.nothing
        apart = {"are_apart": False} if rollup.of_visitors else {}
        rows = f"rolled as ({rolled}),\n"
        if rollup.asks_events:
            rows = f"all_stored as (from stored), {rows}"
        return self._store.fetch(site_id, period, rows + sql, {**params, **apart})


def days_rolled(
    store: Store,
    site_id: str,
    start: date,
    end: date,
    ask: Callable[[Any, ReportQuery], object] = totals,
    interval: str = "day",
    until: datetime | None = None,
    zone: str = UTC,
) -> int:
    """How many days of a period a report takes from rollups."""
    plans: list[Plan] = []
    plan = store.rollups.plans.plan

    def noting(*args: Any) -> Plan:
        plans.append(plan(*args))
        return plans[-1]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(store.rollups.plans, "plan", noting)
        ask(store, ReportQuery(site_id, Period(start, end, zone), interval, until=until))
    return len(plans[0].days)
