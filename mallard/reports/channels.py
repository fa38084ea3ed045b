"""Channels: the published table by which a source, a medium and a campaign make one.

Of events they are not stored, so that the table may improve. It is docs/channels.md in code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

COMMA = ", "
NOTHING = "nothing"
"""The kind of what says nothing, as of a source or a medium that there is not."""

WORDS = {
    NOTHING: "direct, (direct), none, (none), (not set)",
    "assistant": "bard, bard.google.com, chat.deepseek.com, chat.mistral.ai, chat.openai.com,"
    " chat.qwen.ai, chatgpt, chatgpt.com, claude, claude.ai, copilot, copilot.microsoft.com,"
    " deepseek, deepseek.com, doubao.com, gemini, gemini.google.com, grok, grok.com, kimi.com,"
    " le chat, m365.cloud.microsoft, meta.ai, mistral, mistral.ai, notebooklm.google.com, openai,"
    " openai.com, perplexity, perplexity.ai, phind, phind.com, poe.com, you.com",
    "search": "360 search, adwords, aol, aol.com, ask, ask.com, baidu, baidu.com, bing, bing.com,"
    " bingads, brave, brave search, coccoc.com, daum.net, ddg, duckduckgo, duckduckgo.com, ecosia,"
    " ecosia.org, google, google.com, googleads, kagi, kagi.com, lilo.org, lycos.com, metager.org,"
    " microsoft-ads, mojeek, mojeek.com, naver, naver.com, presearch, qwant, qwant.com,"
    " search.brave.com, seznam, seznam.cz, sogou, startpage, startpage.com, swisscows,"
    " swisscows.com, yahoo, yahoo.com, yandex, yandex.ru, yep.com",
    "network": "bluesky, bsky.app, dev, dev.to, discord, douban, facebook, facebook.com, fb,"
    " flipboard, hacker news, hackernews, hn, ig, instagram, instagram.com, lemmy.world, linkedin,"
    " linkedin.com, lnkd.in, lobsters, mastodon, mastodon.online, mastodon.social, messenger, meta,"
    " msg, news.ycombinator.com, nextdoor.com, odnoklassniki, pinterest, pinterest.com, pocket,"
    " product hunt, producthunt, quora, quora.com, reddit, reddit.com, snapchat, stack exchange,"
    " stack overflow, t.co, t.me, telegram, threads, threads.net, tiktok, tiktok.com, tumblr,"
    " tumblr.com, twitter, twitter.com, tw, viber, vk, vk.com, wechat, weibo, whatsapp, x, x.com,"
    " xing, zhihu",
    "video site": "bilibili.com, dailymotion, dailymotion.com, disneyplus, hulu, netflix,"
    " odysee.com, rumble.com, twitch, twitch.tv, vimeo, vimeo.com, wistia, youku.com, youtu.be,"
    " youtube, youtube.com, yt",
    "shop": "alibaba, alibaba.com, aliexpress, aliexpress.com, amazon, amazon.ae, amazon.ca,"
    " amazon.co.jp, amazon.co.uk, amazon.com, amazon.com.au, amazon.com.br, amazon.com.mx,"
    " amazon.com.tr, amazon.de, amazon.es, amazon.fr, amazon.in, amazon.it, amazon.nl, amazon.pl,"
    " amazon.se, ebay, ebay.at, ebay.ca, ebay.ch, ebay.co.uk, ebay.com, ebay.com.au, ebay.de,"
    " ebay.es, ebay.fr, ebay.it, ebay.nl, ebay.pl, etsy, etsy.com, google shopping,"
    " google_shopping, googleshopping, idealo.at, idealo.de, rakuten, rakuten.co.jp, shop.app,"
    " shopping, shopping.google.com, shopping.yahoo.co.jp, temu, temu.com, walmart, walmart.com",
    "mail": "email, e-mail, e_mail, e mail, gmail, mail.google.com, newsletter, outlook,"
    " outlook.live.com, proton mail, yahoo mail",
    "paid": "*cp*, ppc, retargeting, paid*",
    "display": "display, banner, expandable, interstitial, cpm",
    "paid search": "cpc, ppc, sem, paidsearch, paid-search, paid_search, paid search",
    "paid social": "paidsocial, paid-social, paid_social, paid social",
    "affiliate": "affiliate, affiliates",
    "email": "email, e-mail, e_mail, e mail, newsletter",
    "social": "social, social-network, social-media, social_network, social_media, social network,"
    " social media, sm",
    "video": "*video*",
    "organic": "organic",
    "shopping": "shop*, *shopping*, *eshop*, *-shop*, *_shop*, * shop*",
    "cross-network": "*cross-network*",
}
"""What each kind is called: `*` stands for any signs, and case does not matter."""


class Rule(NamedTuple):
    """A channel, and the kind that each of these has to be, unless it does not matter."""

    channel: str
    source: str = ""
    medium: str = ""
    campaign: str = ""


RULES = (
    Rule("Direct", source=NOTHING, medium=NOTHING),
    Rule("Cross-network", campaign="cross-network"),
    Rule("AI", source="assistant"),
    Rule("Shopping", source="shop", medium="paid"),
    Rule("Shopping", medium="paid", campaign="shopping"),
    Rule("Paid Search", source="search", medium="paid"),
    Rule("Paid Social", source="network", medium="paid"),
    Rule("Video", source="video site", medium="paid"),
    Rule("Display", medium="display"),
    Rule("Paid Search", medium="paid search"),
    Rule("Paid Social", medium="paid social"),
    Rule("Display", medium="paid"),
    Rule("Email", medium="email"),
    Rule("Affiliates", medium="affiliate"),
    Rule("Shopping", source="shop"),
    Rule("Shopping", campaign="shopping"),
    Rule("Organic Social", source="network"),
    Rule("Organic Social", medium="social"),
    Rule("Video", source="video site"),
    Rule("Video", medium="video"),
    Rule("Organic Search", source="search"),
    Rule("Organic Search", medium="organic"),
    Rule("Email", source="mail"),
    Rule("Referral"),
)
"""The first that fits counts, and the last fits everything."""

CHANNELS = tuple(dict.fromkeys(rule.channel for rule in RULES))

SOURCES = ("referrer_source", "utm_source")
"""Either may be of a kind; of nothing are only both together."""
COLUMNS = (*SOURCES, "utm_medium", "utm_campaign")
"""All that a channel follows from."""


def is_one_of(channels: Iterable[str], of: str) -> str:
    """The SQL of whether the channel `of` an event, itself SQL, is one of some CHANNELS."""
    found = ", ".join(map(_quoted, channels))
    return f"({of} in ({found}))" if found else "false"


def _sql() -> str:
    cases = "\n".join(f"when {_fits(rule)} then {_quoted(rule.channel)}" for rule in RULES)
    return f"(case\n{cases}\nend)"


def _fits(rule: Rule) -> str:
    tests = []
    if rule.source:
        either = " and " if rule.source == NOTHING else " or "
        tests.append(f"({either.join(_is(rule.source, column) for column in SOURCES)})")
    if rule.medium:
        tests.append(_is(rule.medium, "utm_medium"))
    if rule.campaign:
        tests.append(_is(rule.campaign, "utm_campaign"))
    return " and ".join(tests) or "true"


def _is(kind: str, column: str) -> str:
    names = WORDS[kind]
    test = f"list_contains(string_split({_quoted(names)}, {_quoted(COMMA)}), lower({column}))"
    if "*" in names:
        either = "|".join(re.escape(name).replace(r"\*", ".*") for name in names.split(COMMA))
        test = f"regexp_full_match({column}, {_quoted(either)}, 'is')"
    return f"coalesce({test}, true)" if kind == NOTHING else test


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


CHANNEL = _sql()
"""The SQL of the channel of an event: an expression of four of its columns."""
