"""The sites of the register as everyone asks for them: understood, checked, and in memory."""

from __future__ import annotations

import re
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

import msgspec

from mallard.model import MallardError
from mallard.register.exclusions import Exclusions, exclusions_of
from mallard.register.path_rules import PathRules, path_rules_of
from mallard.register.port import Changed, Document, Register
from mallard.register.site import Kept, Site

S = TypeVar("S", bound=Site)

_BYTE = re.compile(r" \(byte (\d+)\)$")


class BadDocument(MallardError):
    """What is no document of a site; the text says what is wrong, and where."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is decided about a site, and the version of the document that says so."""

    site: Site
    version: str
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
            kept = _understood(document)
            own = register.read(kept.site_id)
            if own is None or own.place != document.place:
                raise BadDocument(f"{document.place} says that it is of the site {kept.site_id}")
            self._entries[kept.site_id] = _entry(_site_of(kept), document)

    def ids(self) -> list[str]:
        """The ids of the sites with a document, sorted."""
        return sorted(self._entries)

    def entry(self, site_id: str) -> Entry | None:
        """The document of a site; None where there is none. Each event asks for it."""
        return self._entries.get(site_id)

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

    def replace(self, site_id: str, site: Site, version: str | None) -> Entry:
        """Puts this in the place of that version, None for no document.

        Raises Changed, and then what others have changed is there; BadDocument where that cannot
        be read; OSError.
        """
        kept = {"site_id": site_id, **msgspec.to_builtins(site)}
        content = msgspec.json.format(msgspec.json.encode(kept)) + b"\n"
        with self._lock:
            try:
                document = self._register.replace(site_id, content, version)
            except Changed:
                self._take_in(site_id)
                raise
            entry = _entry(site, document)
            self._know(site_id, entry)
        return entry

    def delete(self, site_id: str, version: str) -> None:
        """Deletes the document of that version. Raises as `replace` does."""
        with self._lock:
            try:
                self._register.delete(site_id, version)
            except Changed:
                self._take_in(site_id)
                raise
            self._know(site_id, None)

    def _take_in(self, site_id: str) -> None:
        """Knows what somebody else, or a person with an editor, has made of a document."""
        found = self._register.read(site_id)
        self._know(site_id, _entry(_site_of(_understood(found)), found) if found else None)

    def _know(self, site_id: str, entry: Entry | None) -> None:
        # Readers go without the lock, so the dictionary that they look at never changes.
        others = {key: value for key, value in self._entries.items() if key != site_id}
        self._entries = others | ({site_id: entry} if entry else {})


def _entry(site: Site, document: Document) -> Entry:
    rules = path_rules_of(site.paths)
    return Entry(site, document.version, exclusions_of(site.exclude), rules)


def parsed(content: bytes, kind: type[S]) -> S:
    """The document that this spells. Raises BadDocument."""
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.ValidationError as error:
        raise BadDocument(str(error)) from None
    except msgspec.DecodeError as error:
        raise BadDocument(_BYTE.sub(lambda m: _place(content, int(m[1])), str(error))) from None
    except UnicodeDecodeError:
        raise BadDocument("it is not UTF-8 text") from None


def _understood(document: Document) -> Kept:
    try:
        return parsed(document.content, Kept)
    except BadDocument as error:
        raise BadDocument(f"cannot read {document.place}: {error}") from None


def _site_of(kept: Kept) -> Site:
    return Site(**{name: getattr(kept, name) for name in Site.__struct_fields__})


def _place(content: bytes, at: int) -> str:
    *lines, last = content[:at].split(b"\n")
    return f", in line {len(lines) + 1}, column {len(last) + 1}"
