"""The language of the reader, in which countries are named."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from flask import has_request_context, request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from mallard.texts.language import language

ENGLISH = "en"
LANGUAGES = (
    *("ar", "cs", "da", "de", "el", ENGLISH, "es", "fi", "fr", "he", "hi", "hu", "id", "it", "ja"),
    *("ko", "nb", "nl", "pl", "pt", "ro", "ru", "sv", "th", "tr", "uk", "vi", "zh", "zh_Hant"),
)
"""Those that are known here. Each takes a megabyte once somebody reads it, so not all there are."""
OTHER_NAMES = {"no": "nb", "nn": "nb", "iw": "he", "in": "id"}
TRADITIONAL = frozenset(("tw", "hk", "mo", "hant"))
LONGEST = 256


def readers_language() -> str:
    """That of the page; of one in English the first known one that the browser asks for."""
    if language() != ENGLISH or not has_request_context():
        return language()
    return _known(request.headers.get("Accept-Language", "")[:LONGEST])


def names_of_countries(of: str) -> Mapping[str, str]:
    """What countries are called, by their codes: from Unicode's CLDR."""
    from babel import Locale

    return Locale.parse(of).territories


@lru_cache(maxsize=256)
def _known(accepted: str) -> str:
    """The first known one of what a header asks for, in the order in which they are wanted."""
    for tag in parse_accept_header(accepted, LanguageAccept).values():
        language, *parts = tag.lower().replace("_", "-").split("-")
        language = OTHER_NAMES.get(language, language)
        if language == "zh" and TRADITIONAL.intersection(parts):
            language = "zh_Hant"
        if language in LANGUAGES:
            return language
    return ENGLISH
