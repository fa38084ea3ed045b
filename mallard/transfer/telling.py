"""What is said of an import, before it and after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce

from mallard.texts.said import Grouped, Said, listed, said, said_of
from mallard.transfer.day_figures.bringing import Brought
from mallard.transfer.day_figures.making import Made
from mallard.transfer.importing import Outcome
from mallard.transfer.previewing import Preview


def left_out_in_words(left_out: Mapping[str, int]) -> list[Said]:
    """How many rows were left out of each kind, the most first."""
    kinds = sorted(left_out.items(), key=lambda kind: (-kind[1], kind[0]))
    return [
        said("%(number)s left out (%(kind)s)", number=Grouped(number), kind=kind)
        for kind, number in kinds
    ]


def tell_preview(seen: Preview, lacks: Said | None) -> Iterator[Said]:
    """What events a file would bring in: a line for each site, one for all of it, what it lacks."""
    for site_id, share in sorted(seen.sites.items()):
        yield said(
            "%(events)s of %(site)s, %(first)s to %(last)s, %(days)s",
            events=_events(share.events),
            site=site_id,
            first=min(share.days),
            last=max(share.days),
            days=_days(len(share.days)),
        )
    coming = said("%(events)s would come in", events=_events(seen.events))
    yield _in_words([coming], seen.bad, seen.left_out)
    if lacks:
        yield lacks


def tell_outcome(outcome: Outcome) -> Said:
    """What became of a file of events."""
    words = [said("%(events)s imported", events=_events(outcome.stored))]
    if outcome.before:
        words.append(_rows_before(outcome.before))
    return _in_words(words, outcome.bad, outcome.left_out)


def tell_made(made: Made, lacks: Said | None) -> Iterator[Said]:
    """What figures of days would come in, and what they lack."""
    for site_id, share in made.shares.items():
        yield said(
            "figures of %(site)s, %(first)s to %(last)s, %(days)s, %(visitors)s, %(pageviews)s",
            site=site_id,
            first=share.first,
            last=share.last,
            days=_days(share.days),
            visitors=_visitors(share.visitors),
            pageviews=_pageviews(share.pageviews),
        )
    days = sum(share.days for share in made.shares.values())
    coming = said("figures of %(days)s would come in", days=_days(days))
    yield _in_words([coming], made.bad, made.left_out)
    if lacks:
        yield lacks


def tell_brought(brought: Brought, made: Made) -> Said:
    """What became of figures of days."""
    words = [said("figures of %(days)s imported", days=_days(sum(brought.days.values())))]
    if brought.before:
        words.append(
            said("those of %(sites)s were imported before", sites=", ".join(brought.before))
        )
    return _in_words(words, made.bad, made.left_out)


def _in_words(words: list[Said], bad: int, left_out: Mapping[str, int]) -> Said:
    counted = [*words, *([_bad_rows(bad)] if bad else []), *left_out_in_words(left_out)]
    return reduce(listed, counted)


def _events(number: int) -> Said:
    return said_of("%(number)s event", "%(number)s events", number, number=Grouped(number))


def _days(number: int) -> Said:
    return said_of("%(number)s day", "%(number)s days", number, number=Grouped(number))


def _visitors(number: int) -> Said:
    return said_of("%(number)s visitor", "%(number)s visitors", number, number=Grouped(number))


def _pageviews(number: int) -> Said:
    return said_of("%(number)s pageview", "%(number)s pageviews", number, number=Grouped(number))


def _rows_before(number: int) -> Said:
    return said_of(
        "%(number)s row done before", "%(number)s rows done before", number, number=Grouped(number)
    )


def _bad_rows(number: int) -> Said:
    return said_of(
        "%(number)s bad row left out",
        "%(number)s bad rows left out",
        number,
        number=Grouped(number),
    )
