"""Where a visitor came from: the referrer's address and the name of the source behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from mallard.host_names import host_as_sent, source_as_sent
from mallard.ingest.urls import BadUrl, plain_text, split_url

# No maintained list is published for Python (the last release of referer-parser is from 2016,
# before x.com, Threads or ChatGPT), so this one stays short. A name holds for the host and
# everything below it; the longest entry wins. Every other host is its own name.
SOURCES = {
    # search
    "360.cn": "360 Search",
    "ask.com": "Ask",
    "baidu.com": "Baidu",
    "bing.com": "Bing",
    "ntp.msn.com": "Bing",
    "duckduckgo.com": "DuckDuckGo",
    "ecosia.org": "Ecosia",
    "googleadservices.com": "Google",
    "kagi.com": "Kagi",
    "mojeek.com": "Mojeek",
    "naver.com": "Naver",
    "presearch.com": "Presearch",
    "qwant.com": "Qwant",
    "search.brave.com": "Brave Search",
    "seznam.cz": "Seznam",
    "so.com": "360 Search",
    "sogou.com": "Sogou",
    "startpage.com": "Startpage",
    "swisscows.com": "Swisscows",
    "ya.ru": "Yandex",
    # assistants
    "chat.deepseek.com": "DeepSeek",
    "chat.mistral.ai": "Le Chat",
    "chat.openai.com": "ChatGPT",
    "chatgpt.com": "ChatGPT",
    "claude.ai": "Claude",
    "copilot.microsoft.com": "Copilot",
    "gemini.google.com": "Gemini",
    "grok.com": "Grok",
    "perplexity.ai": "Perplexity",
    "phind.com": "Phind",
    "you.com": "You.com",
    # mail and documents
    "classroom.google.com": "Google Classroom",
    "docs.google.com": "Google Docs",
    "mail.google.com": "Gmail",
    "mail.proton.me": "Proton Mail",
    "mail.yahoo.com": "Yahoo Mail",
    "news.google.com": "Google News",
    "outlook.live.com": "Outlook",
    "outlook.office.com": "Outlook",
    "outlook.office365.com": "Outlook",
    "sites.google.com": "Google Sites",
    "statics.teams.cdn.office.net": "Microsoft Teams",
    "teams.cloud.microsoft": "Microsoft Teams",
    "teams.microsoft.com": "Microsoft Teams",
    "translate.google.com": "Google Translate",
    # social and communities
    "bsky.app": "Bluesky",
    "dev.to": "DEV",
    "discord.com": "Discord",
    "discord.gg": "Discord",
    "discordapp.com": "Discord",
    "douban.com": "Douban",
    "facebook.com": "Facebook",
    "fb.com": "Facebook",
    "fb.me": "Facebook",
    "flipboard.com": "Flipboard",
    "getpocket.com": "Pocket",
    "github.com": "GitHub",
    "gitlab.com": "GitLab",
    "instagram.com": "Instagram",
    "linkedin.com": "LinkedIn",
    "lnkd.in": "LinkedIn",
    "lobste.rs": "Lobsters",
    "mastodon.online": "Mastodon",
    "mastodon.social": "Mastodon",
    "mastodon.world": "Mastodon",
    "medium.com": "Medium",
    "messenger.com": "Messenger",
    "news.ycombinator.com": "Hacker News",
    "ok.ru": "Odnoklassniki",
    "pin.it": "Pinterest",
    "producthunt.com": "Product Hunt",
    "quora.com": "Quora",
    "redd.it": "Reddit",
    "reddit.com": "Reddit",
    "slack.com": "Slack",
    "snapchat.com": "Snapchat",
    "stackexchange.com": "Stack Exchange",
    "stackoverflow.com": "Stack Overflow",
    "t.co": "Twitter",
    "t.me": "Telegram",
    "telegram.me": "Telegram",
    "telegram.org": "Telegram",
    "threads.com": "Threads",
    "threads.net": "Threads",
    "tiktok.com": "TikTok",
    "twitch.tv": "Twitch",
    "twitter.com": "Twitter",
    "vimeo.com": "Vimeo",
    "vk.com": "VK",
    "vk.ru": "VK",
    "wa.me": "WhatsApp",
    "weibo.cn": "Weibo",
    "weibo.com": "Weibo",
    "whatsapp.com": "WhatsApp",
    "wikipedia.org": "Wikipedia",
    "x.com": "Twitter",
    "xing.com": "XING",
    "youtu.be": "YouTube",
    "youtube.com": "YouTube",
    "zhihu.com": "Zhihu",
}
# These own their name under com and under the countries' domains: google.de, google.co.uk.
COUNTRY_SOURCES = {
    "google": "Google",
    "pinterest": "Pinterest",
    "yahoo": "Yahoo",
    "yandex": "Yandex",
}
# What campaigns and links call a source, where it is no host and not the source's own name.
NICKNAMES = {
    "adwords": "Google",
    "bingads": "Bing",
    "fb": "Facebook",
    "googleads": "Google",
    "hn": "Hacker News",
    "hackernews": "Hacker News",
    "ig": "Instagram",
    "msg": "Messenger",
    "tw": "Twitter",
    "x": "Twitter",
    "yt": "YouTube",
}
# An app is named by its package: android-app://com.google.android.gm/
ANDROID_APPS = {
    "com.andrewshu.android.reddit": "Reddit",
    "com.discord": "Discord",
    "com.facebook.katana": "Facebook",
    "com.facebook.lite": "Facebook",
    "com.facebook.orca": "Messenger",
    "com.google.android.apps.docs": "Google Docs",
    "com.google.android.apps.magazines": "Google News",
    "com.google.android.gm": "Gmail",
    "com.google.android.gm.lite": "Gmail",
    "com.google.android.googlequicksearchbox": "Google",
    "com.google.android.youtube": "YouTube",
    "com.instagram.android": "Instagram",
    "com.instagram.barcelona": "Threads",
    "com.linkedin.android": "LinkedIn",
    "com.microsoft.bing": "Bing",
    "com.microsoft.office.outlook": "Outlook",
    "com.microsoft.teams": "Microsoft Teams",
    "com.openai.chatgpt": "ChatGPT",
    "com.pinterest": "Pinterest",
    "com.reddit.frontpage": "Reddit",
    "com.slack": "Slack",
    "com.snapchat.android": "Snapchat",
    "com.twitter.android": "Twitter",
    "com.vkontakte.android": "VK",
    "com.whatsapp": "WhatsApp",
    "com.yahoo.mobile.client.android.mail": "Yahoo Mail",
    "com.zhiliaoapp.musically": "TikTok",
    "org.telegram.messenger": "Telegram",
    "org.telegram.messenger.web": "Telegram",
    "xyz.blueskyweb.app": "Bluesky",
}
# The second-level domains under which countries register companies. Not `com.de` and the
# like: those are private registries, where anybody may hold google.com.de.
_SECOND_LEVELS = {
    "co": "ao bw ck cr id il in jp ke kr ls ma mz nz th tz ug uk uz ve vi za zm zw",
    "com": "af ag ai ar au bd bh bn bo br by bz co cu cy do ec eg et fj ge gh gi gt hk jm kh kw lb "
    "ly mm mt mx my na ng ni np om pa pe pg ph pk pr py qa sa sb sg sl sv tj tr tw ua uy vc vn",
}
COUNTRY_DOMAINS = frozenset(
    f"{second}.{country}"
    for second, countries in _SECOND_LEVELS.items()
    for country in countries.split()
)
REGIONS = frozenset(("cat",))
"""Domains of regions, under which there are forms of sources as under countries' domains."""

_NAMES = {
    **{name.lower(): name for table in (SOURCES, ANDROID_APPS) for name in table.values()},
    **NICKNAMES,
}
_COUNTRY_CODE = re.compile("[a-z]{2}")
_USER_IN_URL = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*:)?//[^/?#]*@")


@dataclass(frozen=True, slots=True)
class Referrer:
    """The referrer as it is stored, and the source it stands for (a product or a bare host)."""

    url: str | None
    source: str | None


NO_REFERRER = Referrer(None, None)


@lru_cache(maxsize=1024)
def parse_referrer(referrer: str | None, page_host: str, strip_query: bool) -> Referrer:
    """The referrer of a page on `page_host`; none if it is the page's own host.

    With `strip_query` the stored URL loses its query, its fragment and a user name. One that is
    no URL is stored, but has no source.
    """
    url = plain_text(referrer).strip(" ") if referrer else ""
    if not url:
        return NO_REFERRER
    stored = (_stripped(url) if strip_query else url) or None
    try:
        scheme, host, *_ = split_url(url)
    except BadUrl:
        return Referrer(stored, None)
    host = host_as_sent(host)
    if host and _bare(host) == _bare(_without_port(page_host.lower())):
        return NO_REFERRER
    names = ANDROID_APPS if scheme == "android-app" else SOURCES
    return Referrer(stored, _source(host, names) or _bare(host) or None)


@lru_cache(maxsize=1024)
def named_source(name: str) -> str:
    """The source that a campaign or a link names: by its host, its name or a nickname.

    `chatgpt.com` and `ChatGPT` are one source, `fb` and Facebook too; what nobody knows is its own
    name, as it was sent, but for a host in letters beyond ASCII: its two spellings are one source.
    """
    known = name.strip().lower()
    found = _NAMES.get(known) or _source(_bare(known), SOURCES) or ANDROID_APPS.get(known)
    return found or source_as_sent(name)


def _source(host: str, names: dict[str, str]) -> str | None:
    if names is ANDROID_APPS:
        return names.get(host)
    parent = host
    while parent:
        if parent in names:
            return names[parent]
        label, _, parent = parent.partition(".")
        if label in COUNTRY_SOURCES and _is_country_domain(parent):
            return COUNTRY_SOURCES[label]
    return None


def _is_country_domain(suffix: str) -> bool:
    if suffix == "com" or suffix in COUNTRY_DOMAINS or suffix in REGIONS:
        return True
    return _COUNTRY_CODE.fullmatch(suffix) is not None


def _bare(host: str) -> str:
    return host.removeprefix("www.")


def _without_port(host: str) -> str:
    # More than one colon is an IPv6 address.
    return host.partition(":")[0] if host.count(":") == 1 else host


def _stripped(url: str) -> str:
    without_query = url.partition("#")[0].partition("?")[0]
    return _USER_IN_URL.sub(lambda found: f"{found[1] or ''}//", without_query)
