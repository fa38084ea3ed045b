"""Names that stand for a site: one site's alone, over all documents."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Protocol

from msgspec import structs

from mallard.model import MallardError
from mallard.register.site import MOST, Past, Site
from mallard.texts.said import said


class BadAlias(MallardError):
    """A name that cannot stand for a site; it says why."""


class Entry(Protocol):
    """What is decided about a site."""

    @property
    def site(self) -> Site:
        """Its document."""

    @property
    def past(self) -> Past:
        """Which of its aliases were sites of their own."""


def aliases_of(entries: Mapping[str, Entry]) -> dict[str, str]:
    """To each alias its site."""
    return {name: key for key, entry in entries.items() for name in entry.site.aliases}


def merged_away(entries: Mapping[str, Entry]) -> list[str]:
    """Sites that have a document, although another one, a later one, has taken its place."""
    return [
        site_id
        for site_id, own in entries.items()
        for entry in entries.values()
        if site_id in entry.past.merged and own.past.times < entry.past.times
    ]


def joined(
    target: str, source: str, site: Site, pasts: tuple[Past, Past], old: Site
) -> tuple[Site, Past]:
    """The document of a site into which another is merged, and its past. Raises BadAlias."""
    names = dict.fromkeys((*site.aliases, source, *old.aliases))
    names.pop(target, None)
    if len(names) > MOST:
        raise BadAlias(
            said("%(site)s would have more than %(most)d aliases", site=target, most=MOST)
        )
    merged = dict.fromkeys((*pasts[0].merged, source, *pasts[1].merged))
    merged.pop(target, None)
    times = 1 + max(past.times for past in pasts)
    return structs.replace(site, aliases=tuple(names)), Past(tuple(merged), times)


def check_aliases(
    site_id: str, site: Site, sites: Container[str], aliases: Mapping[str, str]
) -> None:
    """That a document is of no alias, and its own are nobody else's. Raises BadAlias."""
    if (behind := aliases.get(site_id)) is not None:
        raise BadAlias(said("%(site)s is an alias of %(behind)s", site=site_id, behind=behind))
    for name in site.aliases:
        if name == site_id:
            raise BadAlias(said("aliases: %(name)s is the site itself", name=repr(name)))
        if name in sites:
            raise BadAlias(
                said("aliases: %(name)s is a site of its own, which can be merged", name=repr(name))
            )
        if (owner := aliases.get(name, site_id)) != site_id:
            raise BadAlias(
                said("aliases: %(name)s is an alias of %(owner)s", name=repr(name), owner=owner)
            )
