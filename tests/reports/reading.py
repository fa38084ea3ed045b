"""Reads reports in ways that they must not depend on."""

from __future__ import annotations

from typing import Any

from mallard.model import Period
from mallard.store.rollup import Rollup
from mallard.store.store import Store


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
    ) -> list[Any]:
        nothing = f"rolled as ({rollup.nothing}),\n" if rollup else ""
        return self._store.fetch(site_id, period, nothing + sql, params)
