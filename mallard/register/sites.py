"""The sites of the register as everyone asks for them: understood, checked, and in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from operator import attrgetter
from threading import Lock

import msgspec
from msgspec import structs

from mallard.register.aliases import BadAlias, aliases_of, check_aliases, joined, merged_away
from mallard.register.exclusions import Exclusions, exclusions_of
from mallard.register.kept import MOST_ANNOTATIONS, NOTHING_BESIDE, Beside, Kept, Share
from mallard.register.path_rules import PathRules, path_rules_of
from mallard.register.port import Behind, Changed, Document, Register
from mallard.register.reading import BadDocument, site_of, understood, written
from mallard.register.shared_segments import following
from mallard.register.site import Past, Site
from mallard.texts.said import said
from mallard.zones.days import UTC


@dataclass(frozen=True, slots=True)
class Entry:
    """What is decided about a site, and the version of the document that says so."""

    site: Site
    version: str
    beside: Beside
    exclusions: Exclusions | None
    path_rules: PathRules | None

    @property
    def past(self) -> Past:
        """Which of its aliases were sites of their own."""
        return self.beside.past


NOTHING = Site()
"""What is decided about a site without a document."""


class Sites:
    """What is decided about each site. Whoever asks sees a change as soon as it is made."""

    def __init__(self, register: Register, usual_zone: Callable[[], str] = lambda: UTC) -> None:
        """Takes what the time zone is of sites that name none.

        Raises BadDocument, which names the first that cannot be read, OSError.
        """
        self._register = register
        self._usual_zone = usual_zone
        self._lock = Lock()
        self._entries: dict[str, Entry] = {}
        for document in register.all():
            kept = understood(document, Kept)
            own = register.read(kept.site_id)
            if own is None or own.place != document.place:
                raise BadDocument(
                    said(
                        "%(place)s says that it is of the site %(site_id)s",
                        place=document.place,
                        site_id=kept.site_id,
                    )
                )
            self._entries[kept.site_id] = _entry(site_of(kept), document, kept.beside)
        self._finish_merging()
        self._aliases = aliases_of(self._entries)
        self._shares = _shares_of(self._entries)
        for site_id, entry in self._entries.items():
            try:
                check_aliases(site_id, entry.site, self._entries, self._aliases)
            except BadAlias as error:
                raise BadDocument(
                    said("the document of %(site_id)s: %(why)s", site_id=site_id, why=error)
                ) from None

    def ids(self) -> list[str]:
        """The ids of the sites with a document, sorted."""
        return sorted(self._entries)

    def entry(self, site_id: str) -> Entry | None:
        """The document of a site; None where there is none. Each event asks for it."""
        return self._entries.get(site_id)

    def site_behind(self, name: str) -> str:
        """The site that an alias stands for; every other name stands for itself."""
        return self._aliases.get(name, name)

    def named(self, name: str) -> str | None:
        """The site with a document that this is the id or an alias of; None if there is none."""
        site_id = self.site_behind(name)
        return site_id if site_id in self._entries else None

    def aliases(self) -> Mapping[str, str]:
        """To each alias the site that it stands for."""
        return self._aliases

    def merged_into(self, site_id: str) -> tuple[str, ...]:
        """Former sites, aliases by now, whose events belong to this one."""
        return self.beside(site_id).past.merged

    def beside(self, site_id: str) -> Beside:
        """What is kept beside a document: shared links, annotations, and what was before."""
        entry = self._entries.get(site_id)
        return entry.beside if entry else NOTHING_BESIDE

    def shared(self, token_hash: str) -> tuple[str, Share] | None:
        """The shared link of this digest, and its site; None where there is none."""
        return self._shares.get(token_hash)

    def of(self, site_id: str) -> Site:
        """What is decided about a site, by a document or without one."""
        entry = self._entries.get(site_id)
        return entry.site if entry else NOTHING

    def name_of(self, site_id: str) -> str:
        """What a site is called: its id where it has no other name."""
        return self.of(site_id).name or site_id

    def names(self) -> dict[str, str]:
        """What sites are called that are not called by their ids."""
        return {key: entry.site.name for key, entry in self._entries.items() if entry.site.name}

    def pinned(self) -> frozenset[str]:
        """The sites that come before all others."""
        return frozenset(key for key, entry in self._entries.items() if entry.site.is_pinned)

    def zones(self) -> frozenset[str]:
        """The time zones of all sites."""
        named = {entry.site.timezone for entry in self._entries.values()} - {""}
        return frozenset((self._usual_zone(), *named))

    def zone_of(self, site_id: str) -> str:
        """The time zone of a site's days. Each event asks for it."""
        entry = self._entries.get(site_id)
        return (entry and entry.site.timezone) or self._usual_zone()

    def replace(self, site_id: str, site: Site, version: str | None) -> Entry:
        """Puts this in the place of that version, None for no document.

        Raises Changed, and then what others have changed is there; BadDocument where that cannot
        be read; BadAlias; OSError.
        """
        with self._lock:
            while True:
                check_aliases(site_id, site, self._entries, self._aliases)
                with suppress(Behind):  # then it is checked against what is there by now
                    return self._replace(site_id, site, version, self.beside(site_id))

    def take_in(self, site_id: str) -> None:
        """Knows what was decided about a site elsewhere. Raises BadDocument, OSError."""
        with self._lock:
            self._take_in(site_id)

    def change_beside(self, site_id: str, change: Callable[[Beside], Beside]) -> None:
        """Keeps something else beside the document, made of what is kept; makes one if need be.

        Raises what `change` does, BadDocument, BadAlias, OSError.
        """
        with self._lock:
            while True:
                check_aliases(site_id, self.of(site_id), self._entries, self._aliases)
                entry, wanted = self._entries.get(site_id), change(self.beside(site_id))
                with suppress(Changed):  # by hand: then it is made of what is there by now
                    version = entry.version if entry else None
                    self._replace(site_id, self.of(site_id), version, wanted)
                    return

    def delete(self, site_id: str, version: str) -> None:
        """Deletes the document of that version. Raises as `replace` does."""
        with self._lock:
            self._delete(site_id, version)

    def rename(self, source: str, target: str) -> None:
        """Gives a site another id; what was decided goes with it, and the old one is an alias.

        Raises BadAlias, also where there is a site of that id; OSError, and then it may be done.
        """
        with self._lock:
            self.check_new_id(source, target)
            self._join(source, target, self.of(source), self.beside(source))

    def merge(self, source: str, target: str) -> None:
        """Makes a site an alias of another; what was decided about it is no longer.

        Raises BadAlias; OSError, and then it may be done.
        """
        with self._lock:
            self._check_free(source, target, None)
            # Who was shown the one site is not shown the other: its shared links go.
            there, notes = self.beside(target), self.beside(source).annotations
            notes = tuple(sorted((*there.annotations, *notes), key=attrgetter("at")))[
                -MOST_ANNOTATIONS:
            ]
            kept = structs.replace(there, annotations=notes)
            self._join(source, target, self.of(target), kept)

    def check_new_id(self, source: str, target: str) -> None:
        """That a site may be renamed to this. Raises BadAlias."""
        self._check_free(source, target, source)
        if target in self._entries:
            raise BadAlias(
                said(
                    "%(target)s is a site already; %(source)s can be merged into it",
                    target=target,
                    source=source,
                )
            )

    def _check_free(self, source: str, target: str, may_be_of: str | None) -> None:
        if source == target:
            raise BadAlias(said("%(site)s is that very site", site=source))
        if (behind := self._aliases.get(target)) not in (None, may_be_of):
            raise BadAlias(said("%(site)s is an alias of %(behind)s", site=target, behind=behind))

    def _join(self, source: str, target: str, site: Site, beside: Beside) -> None:
        """First the one document says what has become of the other, then that goes."""
        pasts = (self.beside(target).past, self.beside(source).past)
        there = self._entries.get(target)
        site, past = joined(target, source, site, pasts, self.of(source))
        wanted = structs.replace(beside, past=past)
        self._replace(target, site, there.version if there else None, wanted)
        while (old := self._entries.get(source)) is not None:
            with suppress(Changed):  # by hand: it goes, whatever it says by now
                self._delete(source, old.version)

    def _replace(self, site_id: str, site: Site, version: str | None, beside: Beside) -> Entry:
        beside = _still(beside, site)
        shares = following(beside.shares, self.of(site_id), site)
        beside = structs.replace(beside, shares=shares)
        kept = {"site_id": site_id, **msgspec.to_builtins(site)}
        kept |= {key: value for key, value in msgspec.to_builtins(beside).items() if value}
        try:
            document = self._register.replace(site_id, written(kept), version)
        except Changed as changed:
            for key in changed.keys or (site_id,):
                self._take_in(key)
            raise
        entry = _entry(site, document, beside)
        self._know(site_id, entry)
        return entry

    def _delete(self, site_id: str, version: str) -> None:
        try:
            self._register.delete(site_id, version)
        except Changed:
            self._take_in(site_id)
            raise
        self._know(site_id, None)

    def _finish_merging(self) -> None:
        """Deletes the documents of former sites that a kill has left. Raises OSError."""
        for site_id in merged_away(self._entries):
            self._register.delete(site_id, self._entries.pop(site_id).version)

    def _take_in(self, site_id: str) -> None:
        """Knows what somebody else, or a person with an editor, has made of a document."""
        found = self._register.read(site_id)
        kept = understood(found, Kept) if found else None
        self._know(site_id, _entry(site_of(kept), found, kept.beside) if found and kept else None)

    def _know(self, site_id: str, entry: Entry | None) -> None:
        # Readers go without the lock, so the dictionaries that they look at never change.
        others = {key: value for key, value in self._entries.items() if key != site_id}
        self._entries = others | ({site_id: entry} if entry else {})
        self._aliases = aliases_of(self._entries)
        self._shares = _shares_of(self._entries)


def _still(beside: Beside, site: Site) -> Beside:
    """What counts of a past: whose name is no alias any more may be a site of its own again."""
    past = beside.past
    merged = tuple(name for name in past.merged if name in site.aliases)
    return structs.replace(beside, past=Past(merged, past.times))


def _entry(site: Site, document: Document, beside: Beside) -> Entry:
    exclusions, rules = exclusions_of(site.exclude), path_rules_of(site.paths)
    return Entry(site, document.version, _still(beside, site), exclusions, rules)


def _shares_of(entries: Mapping[str, Entry]) -> dict[str, tuple[str, Share]]:
    """To the digest of each shared link its site, and what it opens."""
    return {
        share.token_hash: (site_id, share)
        for site_id, entry in entries.items()
        for share in entry.beside.shares
    }
