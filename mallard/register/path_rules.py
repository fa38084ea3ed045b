"""What a site makes of its pages' paths, so that one page has one path in all reports."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_plus

from mallard.register.site import Paths
from mallard.reports.decoding import decoded
from mallard.reports.patterns import page_pattern

_INDEX = re.compile(r"/index\.[a-z0-9]{2,5}\Z", re.IGNORECASE)
_IN_NAMES = "!$'()*,/:;@[]~"
"""What names of parameters may have beside letters and digits."""


class PathRules:
    """The path rules of a document; applied to what they have made they change nothing."""

    def __init__(self, paths: Paths) -> None:
        self._slash = paths.trailing_slash
        self._drops_index = paths.index == "drop"
        self._is_lower = paths.lower_case
        self._kept = [(name, quote(name, _IN_NAMES)) for name in paths.keep_query]
        lowered = (_lower(text) if paths.lower_case else text for text in paths.group)
        patterns = map(page_pattern, lowered)
        self._groups = list(zip(patterns, paths.group, strict=True))
        self._named = frozenset(paths.group)

    def of_event(self, pathname: str, query: str | None) -> str:
        """The path of a page as it was sent, with its fragment if that counts, and its query."""
        if pathname in self._named:
            return pathname
        path, sign, fragment = pathname.partition("#")
        return self._ruled(path, query, sign + fragment)

    def of_history(self, pathname: str) -> str:
        """The same of a path that is stored, which has no other parameters than were kept."""
        if pathname in self._named:
            return pathname
        before, sign, fragment = pathname.partition("#")
        path, _, query = before.partition("?")
        return self._ruled(path, query, sign + fragment)

    def _ruled(self, path: str, query: str | None, fragment: str) -> str:
        if self._drops_index:
            path = _INDEX.sub("/", path)
        if self._slash == "drop":
            path = path.rstrip("/") or "/"
        elif self._slash == "add" and "." not in path.rpartition("/")[2]:
            path = path if path.endswith("/") else f"{path}/"
        if self._is_lower:
            path = _lower(path)
        kept = self._parameters(query) if query else ""
        whole = f"{path}?{kept}{fragment}" if kept else f"{path}{fragment}"
        if self._groups:
            read = decoded(whole)
            for pattern, text in self._groups:
                if pattern.fits(read):
                    return text
        return whole

    def _parameters(self, query: str) -> str:
        """Those that are kept, in the order of the document, so that a page has one spelling."""
        pairs = [pair.partition("=") for pair in query.split("&")]
        return "&".join(
            f"{spelled}={value.replace('+', '%20')}"
            for name, spelled in self._kept
            for key, _, value in pairs
            if unquote_plus(key) == name
        )


def _lower(path: str) -> str:
    """In small letters, those beyond ASCII too, which are sent as escapes."""
    return (decoded(path) if "%" in path else path).lower()


def path_rules_of(paths: Paths) -> PathRules | None:
    """What a document makes of paths; None where that is nothing."""
    return None if paths == Paths() else PathRules(paths)
