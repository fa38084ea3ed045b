"""Browsers, systems, devices and countries under the names that live visits get."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from mallard.ingest.agents import BROWSERS, MAX_NAME_LENGTH, SYSTEMS

NOTHING = frozenset(
    {
        "",
        "(data not available)",
        "(direct)",
        "(none)",
        "(not provided)",
        "(not set)",
        "(other)",
        "-",
        "<other>",
        "\\n",
        "none",
        "null",
        "other",
        "undefined",
        "unk",
        "unknown",
    }
)
"""What stands for no value, in small letters."""

# What libraries and products call what ua-parser calls otherwise, in small letters.
_BROWSERS = {
    **{name.lower(): ours for name, ours in BROWSERS.items()},
    "android webview": "Chrome",
    "bb10": "BlackBerry WebKit",
    "chrome webview": "Chrome",
    "chromium-webview": "Chrome",
    "crios": "Chrome",
    "duckduckgo privacy browser": "DuckDuckGo",
    "edge-chromium": "Edge",
    "edge-ios": "Edge",
    "edge chromium": "Edge",
    "edge ios": "Edge",
    "firefox mobile ios": "Firefox",
    "fxios": "Firefox",
    "google search app": "Google App",
    "ios": "Safari",
    "ios-webview": "Safari",
    "kakaotalk": "KakaoTalk",
    "microsoft edge": "Edge",
    "miui": "Mi Browser",
    "miui browser": "Mi Browser",
    "mobile silk": "Amazon Silk",
    "msie": "Internet Explorer",
    "opera mini ios": "Opera Mini",
    "opera-mini": "Opera Mini",
    "safari (in-app)": "Safari",
    "samsung": "Samsung Internet",
    "samsung browser": "Samsung Internet",
    "silk": "Amazon Silk",
    "yabrowser": "Yandex Browser",
    "yandexbrowser": "Yandex Browser",
}
_SYSTEMS = {
    **{name.lower(): ours for name, ours in SYSTEMS.items()},
    "android os": "Android",
    "chromium os": "Chrome OS",
    "chromeos": "Chrome OS",
    "gnu/linux": "Linux",
    "ipados": "iOS",
    "mac": "macOS",
    "mac os": "macOS",
    "macintosh": "macOS",
    "os x": "macOS",
}
_DEVICES = {
    **dict.fromkeys(("desktop", "laptop", "pc", "ultrawide"), "desktop"),
    **dict.fromkeys(("mobile", "smartphone", "phablet", "phone", "feature phone"), "mobile"),
    "tablet": "tablet",
}
# What others write in small letters, and we do not.
_SPELLINGS = {
    name.lower(): name
    for name in (
        "Android",
        "Brave",
        "Chrome",
        "Edge",
        "Facebook",
        "Firefox",
        "Instagram",
        "Internet Explorer",
        "Linux",
        "Opera",
        "Safari",
        "Vivaldi",
        "Windows",
        "iOS",
        "macOS",
    )
}
_BEHIND = re.compile(r" (v?\d[\w.]*|XP|Vista|ME|NT)$")
"""A version that stands behind the name."""

# What Analytics calls countries, where it is not what Unicode calls them.
_COUNTRIES = {
    "burma": "MM",
    "czech republic": "CZ",
    "côte d'ivoire": "CI",
    "eswatini": "SZ",
    "hong kong": "HK",
    "macao": "MO",
    "macau": "MO",
    "macedonia (fyrom)": "MK",
    "palestine": "PS",
    "swaziland": "SZ",
    "turkey": "TR",
}


def value(text: str | None) -> str | None:
    """A text that says something, without what stands for nothing."""
    if text is None:
        return None
    plain = text.strip(" \0")
    return None if plain.lower() in NOTHING else plain


@lru_cache(maxsize=4096)
def browser(name: str | None, version: str | None = None) -> tuple[str | None, str | None]:
    """A browser and its version as major.minor; the version may stand behind the name."""
    return _named(name, version, _BROWSERS, 2)


@lru_cache(maxsize=4096)
def system(name: str | None, version: str | None = None) -> tuple[str | None, str | None]:
    """An operating system and its version, which may stand behind the name."""
    return _named(name, version, _SYSTEMS, 3)


def device(name: str | None) -> str | None:
    """desktop, mobile or tablet; None for every other kind."""
    return _DEVICES.get(name.strip().lower()) if name else None


def country(code: str | None) -> str | None:
    """An ISO 3166 code; None for what stands for no country."""
    upper = code.strip(" \0").upper() if code else ""
    is_code = len(upper) == 2 and upper.isascii() and upper.isalpha()
    return upper if is_code and upper not in {"XX", "ZZ"} else None


def country_called(name: str | None) -> str | None:
    """The ISO 3166 code of a country's English name."""
    return _countries().get(name.strip().lower().replace("\u2019", "'")) if name else None


@cache
def _countries() -> dict[str, str]:
    from babel import Locale

    territories = Locale("en").territories.items()
    names = {name.lower().replace("\u2019", "'"): code for code, name in territories}
    return {name: code for name, code in names.items() if code.isalpha()} | _COUNTRIES


def _named(
    name: str | None, version: str | None, names: dict[str, str], parts: int
) -> tuple[str | None, str | None]:
    text, number = value(name), value(version)
    if text is None:
        return None, None
    known = names.get(text.lower())
    if known is None and (found := _BEHIND.search(text)):
        text, number = text[: found.start()], number or found[1]
        known = names.get(text.lower())
    ours = known or _SPELLINGS.get(text.lower(), text)
    return ours[:MAX_NAME_LENGTH], _shortened(number, parts)


def _shortened(version: str | None, parts: int) -> str | None:
    if version is None:
        return None
    return ".".join(version.replace("_", ".").split(".")[:parts])[:MAX_NAME_LENGTH] or None
