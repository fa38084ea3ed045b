"""Moments: what a report may read, all of it as it was at one time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from mallard.model import Period
from mallard.store.engine.database import Connection
from mallard.store.parquet.partitions import ColdFile
from mallard.store.rollups.built import Built


@dataclass(frozen=True, slots=True)
class Known:
    """The built days of a site at one moment, its number, and the name of their database."""

    alias: str
    site: int
    version: int
    days: Mapping[date, Built]


NOTHING_KNOWN = Known("", 0, 0, {})
"""For what reads the events alone."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A connection on which all that `files` and `known` tell of a site's days is still there.

    `hot_state` is the number of the hot table's state, if nobody was writing to it.
    """

    connection: Connection
    site_id: str
    period: Period
    files: Sequence[ColdFile]
    known: Known
    hot_state: int | None
