"""Which icons stand beside well-known browsers, systems and sources; the others have their letter.

The pictures are `static/icons.svg`, which `python -m drawing icons` makes of Simple Icons by the
names here. They are in the public domain; the marks that they show are their owners'.
"""

from __future__ import annotations

from collections.abc import Mapping

from mallard.reports.unknown import UNKNOWN

ICONS: Mapping[str, Mapping[str, str]] = {
    "browser": {
        "Brave": "brave",
        "Chrome": "googlechrome",
        "DuckDuckGo": "duckduckgo",
        "Facebook": "facebook",
        "Firefox": "firefoxbrowser",
        "Google App": "google",
        "Instagram": "instagram",
        "Opera": "opera",
        "Safari": "apple",
        "Vivaldi": "vivaldi",
    },
    "os": {
        "Android": "android",
        "Chrome OS": "googlechrome",
        "Fedora": "fedora",
        "Linux": "linux",
        "Ubuntu": "ubuntu",
        "iOS": "apple",
        "macOS": "apple",
    },
    "source": {
        "Baidu": "baidu",
        "Bluesky": "bluesky",
        "Brave Search": "brave",
        "DuckDuckGo": "duckduckgo",
        "Facebook": "facebook",
        "Gemini": "googlegemini",
        "GitHub": "github",
        "GitLab": "gitlab",
        "Gmail": "gmail",
        "Google": "google",
        "Hacker News": "ycombinator",
        "Instagram": "instagram",
        "Kagi": "kagi",
        "Mastodon": "mastodon",
        "Medium": "medium",
        "Perplexity": "perplexity",
        "Pinterest": "pinterest",
        "Quora": "quora",
        "Reddit": "reddit",
        "Stack Overflow": "stackoverflow",
        "Telegram": "telegram",
        "Threads": "threads",
        "TikTok": "tiktok",
        "Twitch": "twitch",
        "Twitter": "x",
        "VK": "vk",
        "WhatsApp": "whatsapp",
        "Wikipedia": "wikipedia",
        "YouTube": "youtube",
    },
}
"""By the dimension of filters and the value: the name of the icon."""


def icon_of(dimension: str, value: str) -> str | None:
    """The name of the icon of a value, if it has one."""
    return ICONS.get(dimension, {}).get(value)


def letter_of(dimension: str, value: str) -> str:
    """What stands for a value that has no icon, where others have one; empty where none has.

    Of hosts it is the first letter after `www.`, as people call them by that.
    """
    if dimension not in ICONS or value in ICONS[dimension] or value == UNKNOWN:
        return ""
    first = value.removeprefix("www.")[:1]
    return first.upper() if first.isalnum() else ""
