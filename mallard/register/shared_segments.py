"""What shared links keep to whose filters are those of a segment, and what becomes of it.

A link never shows more because its segment went: it keeps the filters that it had.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import structs

from mallard.register.kept import Share
from mallard.register.site import Segment, Site


def filters_of(share: Share, site: Site) -> tuple[str, ...] | None:
    """The filters that nobody lifts from a link; None where its segment is not there."""
    if not share.segment:
        return share.filters
    return next((one.filters for one in site.segments if one.name == share.segment), None)


def following(shares: Iterable[Share], before: Site, now: Site) -> tuple[Share, ...]:
    """The links of a site whose document was the one, and is the other now.

    Where a segment got another name, its links follow; where it went, they keep its filters.
    """
    return tuple(_following(share, before, now) for share in shares)


def _following(share: Share, before: Site, now: Site) -> Share:
    was = filters_of(share, before)
    if filters_of(share, now) is not None or was is None:
        return share
    known = {one.name for one in before.segments}
    renamed = next((one for one in now.segments if _is_renamed(one, was, known)), None)
    if renamed is not None:
        return structs.replace(share, segment=renamed.name)
    return structs.replace(share, segment="", filters=was)


def _is_renamed(segment: Segment, was: tuple[str, ...], known: set[str]) -> bool:
    return segment.name not in known and segment.filters == was
