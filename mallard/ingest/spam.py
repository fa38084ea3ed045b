"""Referrer spam: hosts that are named as the referrer of visits that nobody made."""

from __future__ import annotations

from pathlib import Path

from mallard.ingest.urls import BadUrl, split_url
from mallard.model import MallardError


def read_spammers(path: Path | None) -> frozenset[str]:
    """The hosts of a list, one a line; none without a list. Raises MallardError."""
    if path is None:
        return frozenset()
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise MallardError(f"referrer_spam_list: {path} cannot be read: {error}") from error
    hosts = (line.partition("#")[0].strip().lower().removeprefix("www.") for line in lines)
    return frozenset(host for host in hosts if host)


def is_spam(referrer: str | None, spammers: frozenset[str]) -> bool:
    """Whether the referrer's host, or one that it is a part of, is a spammer's."""
    if not referrer or not spammers:
        return False
    try:
        host = split_url(referrer.strip()).host
    except BadUrl:
        return False
    while host:
        if host in spammers:
            return True
        host = host.partition(".")[2]
    return False
