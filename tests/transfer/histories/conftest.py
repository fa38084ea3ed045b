"""Reads files of other products, with and without a Mallard to import them into."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from mallard.app import Mallard
from mallard.model import Event
from mallard.transfer.histories.kinds import Product
from mallard.transfer.histories.opening import Job, jobs
from mallard.transfer.histories.told import Told
from mallard.transfer.importing import Outcome, import_source
from mallard.transfer.sources import Row
from tests.builders import NOON

Rows = Callable[..., list[Row]]
Read = Callable[..., list[Event]]
Take = Callable[..., list[Outcome]]

TOLD = Told("example.com")


@pytest.fixture
def rows() -> Rows:
    """What each row of some files is."""

    def found(*files: Path, told: Told = TOLD, product: Product | None = None) -> list[Row]:
        return [row for job in opened(files, product, told) for row in rows_of(job)]

    return found


@pytest.fixture
def read(rows: Rows) -> Read:
    """The events of some files, of which every row must be one."""

    def found(*files: Path, told: Told = TOLD) -> list[Event]:
        events = [row for _, row in rows(*files, told=told)]
        assert [row for row in events if not isinstance(row, Event)] == []
        return [row for row in events if isinstance(row, Event)]

    return found


@pytest.fixture
def take(mallard: Mallard) -> Take:
    """Imports files into the test's Mallard."""

    def run(
        *files: Path, told: Told = TOLD, product: Product | None = None, into: Mallard = mallard
    ) -> list[Outcome]:
        outcomes = []
        for job in opened(files, product, told):
            with job.opened() as (source, known_by):
                outcomes.append(
                    import_source(source, known_by, into.transfer, NOON, not_bad, lambda: None)
                )
        return outcomes

    return run


def opened(files: Sequence[Path], product: Product | None, told: Told) -> list[Job]:
    """The jobs of files that can all be read."""
    found = jobs(files, product, told)
    unreadable = [job for job in found if not isinstance(job, Job)]
    if unreadable:
        raise unreadable[0]
    return [job for job in found if isinstance(job, Job)]


def rows_of(job: Job) -> list[Row]:
    """What a file's rows are."""
    with job.opened() as (source, _):
        return list(source.rows())


def not_bad(number: int, reason: str) -> None:
    """Fails where a row is bad that must not be."""
    raise AssertionError((number, reason))
