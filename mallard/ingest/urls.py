"""What a page's URL tells: its path, its host and its campaign parameters."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv6Address
from typing import NamedTuple
from urllib.parse import unquote_plus

from mallard.host_names import host_as_sent
from mallard.texts.said import said

MAX_VALUE_LENGTH = 256

# RFC 3986, appendix B. urlsplit is not used: it raises on some hosts, accepts others that no
# browser would, and silently strips characters.
_URL = re.compile(
    r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL
)
_AUTHORITY = re.compile(
    r"(?:\[([0-9A-Fa-f:.]+)\]"  # an IPv6 address
    r'|([^\s"#%/:<>?@\[\\\]^`{|}]{0,253}))'  # any other host
    r"(?::([0-9]{0,5}))?"
)
_CONTROL_CHARACTERS = re.compile("[\x00-\x1f\x7f-\x9f]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_NEEDS_A_HOST = frozenset({"http", "https"})
_PARAMETERS = frozenset(
    {"utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term", "ref", "source"}
)


class BadUrl(ValueError):
    """The text is not a URL; the message says why."""


@dataclass(frozen=True, slots=True)
class Page:
    """Where an event happened; `ref` is the `ref` parameter or, failing that, `source`."""

    pathname: str
    hostname: str
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_content: str | None = None
    utm_term: str | None = None
    ref: str | None = None
    query: str | None = field(default=None, compare=False)
    """All of it, of which path rules may keep some."""


class Url(NamedTuple):
    """The parts of a URL that matter here; `host` is lower case, without port and user."""

    scheme: str
    host: str
    path: str
    query: str
    fragment: str = ""


def plain_text(text: str) -> str:
    """The text without control characters; a lone surrogate becomes U+FFFD."""
    if text.isprintable():
        return text
    return _SURROGATES.sub("\ufffd", _CONTROL_CHARACTERS.sub("", text))


def split_url(url: str) -> Url:
    """The URL's parts, as sent but for the host; "" for a missing one. Raises BadUrl."""
    found = _URL.match(url)
    if found is None:
        raise BadUrl(said("not a URL"))
    scheme, authority, path, query, fragment = found.groups("")
    scheme = scheme.lower()
    host = _host(authority) if authority else ""
    if not host and scheme in _NEEDS_A_HOST:
        raise BadUrl(said("the URL has no host"))
    return Url(scheme, host, path, query, fragment)


@lru_cache(maxsize=1024)
def parse_page(url: str, site_id: str, has_fragment: bool = False) -> Page:
    """The page that `url` names, on host `site_id` when the URL has none. Raises BadUrl.

    With `has_fragment` the fragment, if there is one, belongs to the path: `/app#/settings`.
    """
    text = plain_text(url).strip(" ")
    if not text:
        raise BadUrl(said("the URL is empty"))
    _, host, path, query, fragment = split_url(text)
    pathname = path if path.startswith("/") else f"/{path}"
    if has_fragment and fragment:
        pathname = f"{pathname}#{fragment}"
    hostname = host_as_sent(host) if host else site_id
    if "utm_" in query or "ref=" in query or "source=" in query:
        return _with_parameters(pathname, hostname, query)
    return Page(pathname, hostname, query=query or None)


def _host(authority: str) -> str:
    found = _AUTHORITY.fullmatch(authority.rpartition("@")[2])
    if found is None:
        raise BadUrl(said("the URL's host or port is not valid"))
    ipv6, host, port = found.groups("")
    if port and int(port) > 65_535:
        raise BadUrl(said("the URL's port is above 65535"))
    if ipv6:
        return _ipv6(ipv6)
    return host.rstrip(".").lower()


def _ipv6(text: str) -> str:
    try:
        return str(IPv6Address(text))
    except ValueError:
        raise BadUrl(said("the URL's host is not an IPv6 address")) from None


def _with_parameters(pathname: str, hostname: str, query: str) -> Page:
    sent: dict[str, str] = {}
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        if key in _PARAMETERS:
            sent.setdefault(key, value)
    values = {key: _decode(value) for key, value in sent.items()}
    ref = values.pop("ref", None)
    source = values.pop("source", None)
    return Page(pathname, hostname, **values, ref=ref or source, query=query)


def _decode(value: str) -> str | None:
    return plain_text(unquote_plus(value))[:MAX_VALUE_LENGTH] or None
