"""The document as it is kept: what is decided about a site, and what is beside that.

What is beside is never part of what is replaced as a whole: it is added and taken away one by one.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta

from mallard.register.checking import check_name, check_origin
from mallard.register.part import LONGEST_NAME, Name, Part
from mallard.register.site import Past, Site
from mallard.reports.filters import MAX_FILTERS, parse_filters
from mallard.texts.said import said

MOST_SHARES = 100
MOST_PANELS = 100
MOST_ANNOTATIONS = 1_000
"""Of a site; one file holds them all."""

Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class Share(Part, frozen=True, kw_only=True):
    """An address that opens the figures of one site to whoever has it."""

    id: str
    name: Name
    created: date
    token_hash: Digest
    """The SHA-256 of what stands in the address."""
    token: str = ""
    """That itself, of a public one alone: it is no secret."""
    password_hash: str = ""
    expires: date | None = None
    """The last day on which it opens, of the site."""
    since: date | None = None
    """The first day that it shows."""
    panels: Annotated[tuple[str, ...], Meta(max_length=MOST_PANELS)]
    """By their names; nothing else is shown."""
    filters: Annotated[tuple[str, ...], Meta(max_length=MAX_FILTERS)] = ()
    """Hold for all that it shows."""
    segment: Annotated[str, Meta(max_length=LONGEST_NAME)] = ""
    """One of the site's by its name, whose filters hold instead."""
    origins: Annotated[tuple[str, ...], Meta(max_length=20)] = ()
    """Whose pages may embed it."""

    def __post_init__(self) -> None:
        """Raises ValueError for a filter that a report would refuse, and for no origin."""
        check_name(self.name)
        if self.segment and self.filters:
            raise ValueError(
                said("segment: it has filters of its own; leave out segment or filters")
            )
        parse_filters(self.filters)
        for origin in self.origins:
            check_origin(origin)


class Annotation(Part, frozen=True, kw_only=True):
    """What happened at a moment that may explain the figures."""

    id: str
    at: datetime
    """With its distance from UTC."""
    text: Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]

    def __post_init__(self) -> None:
        """Raises ValueError for a text that people cannot read, and for a moment of no zone."""
        if not self.text.isprintable() or self.text != self.text.strip():
            raise ValueError(said("text must be printable, without blanks around it"))
        if self.at.tzinfo is None:
            raise ValueError(said("at needs a distance from UTC, or Z"))


class Beside(Part, frozen=True):
    """What is beside that which is decided."""

    past: Past = Past()
    shares: tuple[Share, ...] = ()
    annotations: tuple[Annotation, ...] = ()


NOTHING_BESIDE = Beside()


class Kept(Site, frozen=True, kw_only=True):
    """The document as it is kept: its parts, of which site it is, and what is beside."""

    site_id: str
    past: Past = Past()
    shares: Annotated[tuple[Share, ...], Meta(max_length=MOST_SHARES)] = ()
    annotations: Annotated[tuple[Annotation, ...], Meta(max_length=MOST_ANNOTATIONS)] = ()

    @property
    def beside(self) -> Beside:
        """What is beside."""
        return Beside(self.past, self.shares, self.annotations)
