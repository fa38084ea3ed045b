"""What is to be imported of some files: events, or figures of days."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mallard.texts.said import said
from mallard.transfer.day_figures.bringing import DayJob, day_jobs
from mallard.transfer.day_figures.kinds import DAY_KINDS, DayProduct, product_of
from mallard.transfer.histories.heads import Head, head_of
from mallard.transfer.histories.kinds import Product
from mallard.transfer.histories.opening import Job, jobs
from mallard.transfer.histories.told import Told
from mallard.transfer.sources import Unreadable


def found_in(
    files: Sequence[Path], product: str | None, told: Told
) -> list[Job | DayJob | Unreadable]:
    """What is to be imported, events first; an Unreadable for a file that cannot be."""
    days: list[tuple[Head, DayProduct]] = []
    others: list[Path] = []
    refused: list[Unreadable] = []
    for path in files:
        try:
            head = head_of(path)
            of_days = _product(head, product)
            if of_days is None:
                others.append(path)
            else:
                days.append((head, of_days))
        except Unreadable as error:
            refused.append(error)
    is_of_events = product in list(Product)
    events = jobs(others, Product(product) if product and is_of_events else None, told)
    return [*refused, *events, *day_jobs(days, told)]


def _product(head: Head, product: str | None) -> DayProduct | None:
    """Which export of days a file is; None for one of events. Raises Unreadable."""
    if product is None:
        return product_of(head)
    if product not in list(DayProduct):
        return None
    kind = DAY_KINDS[DayProduct(product)]
    if not kind.fits(head):
        raise Unreadable(
            said(
                "%(where)s: expected %(expected)s, found a file that begins with %(line)s",
                where=head.path,
                expected=kind.expected,
                line=repr(head.line[:80]),
            )
        )
    return DayProduct(product)
