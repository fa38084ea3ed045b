"""What upkeep may do with a store, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mallard.store.engine.database import Database
from mallard.store.parquet.cold import ColdTier
from mallard.store.parquet.partitions import ColdFile, Partition
from mallard.store.rollups.kept import Rollups


class Tended(Protocol):
    """A store that is kept in order: its files, and the figures that are worked out of them."""

    @property
    def database(self) -> Database:
        """Where queries run; upkeep writes to attached files alone, never to the hot table."""

    @property
    def cold(self) -> ColdTier:
        """The files of days, which one may hold, replace and quarantine."""

    @property
    def rollups(self) -> Rollups:
        """The figures of days."""

    def without_rollups(self) -> list[Partition]:
        """The days whose figures are to be worked out."""

    def put_right(self, files: Sequence[ColdFile], reason: str) -> bool:
        """After a query over `files` failed: whether it may fare better now."""
