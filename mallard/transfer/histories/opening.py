"""Which product a file is of, and the events in it."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from mallard.model import Period
from mallard.texts.said import Said, said, within, words_of
from mallard.transfer.formats import format_of
from mallard.transfer.histories import goatcounter, umami_tables
from mallard.transfer.histories.cities import lacking
from mallard.transfer.histories.heads import Head, head_of, sha256_of, unpacked
from mallard.transfer.histories.kinds import KINDS, Product
from mallard.transfer.histories.told import Told
from mallard.transfer.sources import Source, Unreadable, opened
from mallard.transfer.within import opened_within

Opened = AbstractContextManager[tuple[Source, str]]


@dataclass(frozen=True, slots=True)
class Job:
    """A file to import; opening it gives its source and what it is known by."""

    path: Path
    opened: Callable[[], Opened]
    lacks: Said | None = None
    """What it would tell, if something was installed."""

    def within(self, period: Period) -> Job:
        """The same, of these days alone."""
        return replace(self, opened=partial(opened_within, self.opened, period))


_ZIP = "PK\x03\x04"


def jobs(files: Sequence[Path], product: Product | None, told: Told) -> list[Job | Unreadable]:
    """What is to be imported of these files, in their order; or why one cannot be."""
    found: list[Job | Unreadable] = []
    heads: list[tuple[Head, Product]] = []
    beside: list[Head] = []
    for path in files:
        try:
            head = head_of(path)
            if product in (None, Product.UMAMI) and umami_tables.is_beside(head.fields):
                beside.append(head)
                continue
            is_of = _product(head) if product is None else product
            if is_of is None:
                _insist_on_a_name(head)
                found.append(Job(path, partial(opened, path)))
                continue
            _insist(head, is_of)
            heads.append((head, is_of))
        except Unreadable as error:
            found.append(error)
    return [*found, *_of_products(heads, beside, told)]


def _product(head: Head) -> Product | None:
    if head.line.startswith(_ZIP):
        raise Unreadable(
            said("%(where)s: a zip archive; unpack it and name the files in it", where=head.path)
        )
    if head.line.startswith(goatcounter.OLD_BEGINNING):
        raise Unreadable(
            said(
                "%(where)s: an export of a GoatCounter before version 2; update it, and export"
                " anew",
                where=head.path,
            )
        )
    return next((product for product, kind in KINDS.items() if kind.fits(head)), None)


def _insist_on_a_name(head: Head) -> None:
    if format_of(head.path.name) is None:
        raise Unreadable(
            said(
                "%(where)s: the name must end in .csv, .csv.gz, .jsonl, .jsonl.gz or .parquet,"
                " or the content be of %(products)s; it begins with %(line)s",
                where=head.path,
                products=", ".join(Product),
                line=repr(head.line[:80]),
            )
        )


def _insist(head: Head, product: Product) -> None:
    kind = KINDS[product]
    if not kind.fits(head):
        raise Unreadable(
            said(
                "%(where)s: expected %(expected)s, found a file that begins with %(line)s",
                where=head.path,
                expected=kind.expected,
                line=repr(head.line[:80]),
            )
        )


def _of_products(
    heads: Sequence[tuple[Head, Product]], beside: Sequence[Head], told: Told
) -> Iterator[Job | Unreadable]:
    of_umami = [head for head, product in heads if product is Product.UMAMI]
    try:
        umami_tables.insist_on_company(of_umami, beside)
        for head in beside:
            told = replace(told, sites={**umami_tables.domains(head), **told.sites})
    except Unreadable as error:
        yield error
        heads = [(head, product) for head, product in heads if product is not Product.UMAMI]
    for head, product in heads:
        of_it = beside if product is Product.UMAMI else ()
        lacks = lacking() if product is Product.PLAUSIBLE else None
        yield Job(head.path, partial(_history, head, product, of_it, told), lacks)


@contextmanager
def _history(
    head: Head, product: Product, beside: Sequence[Head], told: Told
) -> Iterator[tuple[Source, str]]:
    """The source that a file is, and a SHA-256 of all that decides what comes of it."""
    kind = KINDS[product]
    make = kind.history(head)
    if product is Product.UMAMI:
        make = partial(umami_tables.UmamiHistory, heads=beside)
    try:
        parts = [product, told.site_id or "", *(sha256_of(h.path) for h in (head, *beside))]
        known_by = hashlib.sha256("\n".join(parts).encode()).hexdigest()
        with head.path.open("rb") as file:
            length = head.path.stat().st_size
            yield make(file, unpacked(file, head.is_packed), length, kind.read(told)), known_by
    except (OSError, EOFError, zlib.error, Unreadable) as error:
        reason = getattr(error, "strerror", None) or words_of(error)
        raise Unreadable(within(head.path, reason)) from error
