"""Referrer spam: hosts that are named as the referrer of visits that nobody made."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

from mallard.host_names import host_as_sent
from mallard.ingest.urls import BadUrl, split_url
from mallard.model import MallardError

KEPT_LIST = Path(__file__).with_name("spammers.txt")
"""The list that is shipped; it says itself where it is from."""

OF_PEOPLE = frozenset(
    (
        "adf.ly",  # short links, which people follow
        "kharkov.ua",  # the domain of a city, below which everyone there may be
        "nethouse.ru",  # sites of many
        "ucoz.ru",  # sites of many
    )
)
"""Hosts of the list that is shipped which other people's pages are below, too."""


@cache
def kept_spammers() -> frozenset[str]:
    """The hosts of the list that is shipped, but for those that are people's, too."""
    return read_spammers(KEPT_LIST) - OF_PEOPLE


def read_spammers(path: Path) -> frozenset[str]:
    """The hosts of a list, one a line. Raises MallardError."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise MallardError(f"referrer_spam_list: {path} cannot be read: {error}") from error
    hosts = (line.partition("#")[0].strip().lower().removeprefix("www.") for line in lines)
    return frozenset(host_as_sent(host) for host in hosts if host)


@lru_cache(maxsize=1024)
def is_spam(referrer: str | None, spammers: frozenset[str]) -> bool:
    """Whether the referrer's host, or one that it is a part of, is a spammer's."""
    if not referrer or not spammers:
        return False
    try:
        host = host_as_sent(split_url(referrer.strip()).host)
    except BadUrl:
        return False
    while host:
        if host in spammers:
            return True
        host = host.partition(".")[2]
    return False
