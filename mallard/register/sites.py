"""The sites of the register as everyone asks for them: understood, checked, and in memory."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

import msgspec

from mallard.register.aliases import BadAlias, aliases_of, check_aliases, merged_away
from mallard.register.exclusions import Exclusions, exclusions_of
from mallard.register.path_rules import PathRules, path_rules_of
from mallard.register.port import Changed, Document, Register
from mallard.register.reading import BadDocument, site_of, understood
from mallard.register.site import Site


@dataclass(frozen=True, slots=True)
class Entry:
    """What is decided about a site, and the version of the document that says so."""

    site: Site
    version: str
    merged: tuple[str, ...]
    """Those of its aliases that were sites of their own: what is stored of them belongs here."""
    exclusions: Exclusions | None
    path_rules: PathRules | None


NOTHING = Site()
"""What is decided about a site without a document."""


class Sites:
    """What is decided about each site. Whoever asks sees a change as soon as it is made."""

    def __init__(self, register: Register) -> None:
        """Raises BadDocument, which names the first that cannot be read, OSError."""
        self._register = register
        self._lock = Lock()
        self._entries: dict[str, Entry] = {}
        for document in register.all():
            kept = understood(document)
            own = register.read(kept.site_id)
            if own is None or own.place != document.place:
                raise BadDocument(f"{document.place} says that it is of the site {kept.site_id}")
            self._entries[kept.site_id] = _entry(site_of(kept), document, kept.merged)
        self._finish_merging()
        self._aliases = aliases_of(self._entries)
        for site_id, entry in self._entries.items():
            try:
                check_aliases(site_id, entry.site, self._entries, self._aliases)
            except BadAlias as error:
                raise BadDocument(f"the document of {site_id}: {error}") from None

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

    def merged_into(self, site_id: str) -> tuple[str, ...]:
        """Former sites whose events belong to this one."""
        entry = self._entries.get(site_id)
        return entry.merged if entry else ()

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

    def replace(self, site_id: str, site: Site, version: str | None) -> Entry:
        """Puts this in the place of that version, None for no document.

        Raises Changed, and then what others have changed is there; BadDocument where that cannot
        be read; BadAlias; OSError.
        """
        with self._lock:
            check_aliases(site_id, site, self._entries, self._aliases)
            return self._replace(site_id, site, version, self.merged_into(site_id))

    def delete(self, site_id: str, version: str) -> None:
        """Deletes the document of that version. Raises as `replace` does."""
        with self._lock:
            self._delete(site_id, version)

    def _replace(
        self, site_id: str, site: Site, version: str | None, merged: tuple[str, ...]
    ) -> Entry:
        merged = tuple(name for name in merged if name in site.aliases)
        kept = {"site_id": site_id, **msgspec.to_builtins(site)}
        kept |= {"merged": merged} if merged else {}
        content = msgspec.json.format(msgspec.json.encode(kept)) + b"\n"
        try:
            document = self._register.replace(site_id, content, version)
        except Changed:
            self._take_in(site_id)
            raise
        entry = _entry(site, document, merged)
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
        kept = understood(found) if found else None
        self._know(site_id, _entry(site_of(kept), found, kept.merged) if found and kept else None)

    def _know(self, site_id: str, entry: Entry | None) -> None:
        # Readers go without the lock, so the dictionaries that they look at never change.
        others = {key: value for key, value in self._entries.items() if key != site_id}
        self._entries = others | ({site_id: entry} if entry else {})
        self._aliases = aliases_of(self._entries)


def _entry(site: Site, document: Document, merged: tuple[str, ...]) -> Entry:
    own = tuple(name for name in merged if name in site.aliases)
    exclusions, rules = exclusions_of(site.exclude), path_rules_of(site.paths)
    return Entry(site, document.version, own, exclusions, rules)
