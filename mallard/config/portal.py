"""The settings of the portal: what is counted there, and where downloads and clones come from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from mallard.config import rules
from mallard.config.about import About, AboutEntries

SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
PLACES = ("{version}", "{asset}")
AN_UPSTREAM = "an address such as https://git.example.org/group/pets.git, without a name or query"
A_TEMPLATE = (
    "a directory, or an address such as https://host/path/{version}/{asset} with both of these"
    " after the host"
)

AtOnce = Annotated[int, Meta(ge=1, le=256)]


def slug(text: str) -> str:
    """A name that may stand in a path. Raises ValueError."""
    if not SLUG.fullmatch(text) or ".." in text:
        raise ValueError("a name of up to 64 ASCII letters, digits and . _ -")
    return text


def _slugs(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(slug(text) for text in texts)


def _site_id(text: str) -> str:
    return rules.site_ids((text,))[0]


def _hosts(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(urlsplit(rules.origin(f"https://{text}")).netloc for text in texts)


def _upstream(text: str) -> str:
    address = _http(text, AN_UPSTREAM)
    if "?" in text or "#" in text:
        raise ValueError(AN_UPSTREAM)
    return address.rstrip("/")


def _downloads(text: str) -> str | Path:
    if "://" not in text:
        return rules.path(text)
    beyond_host = text.partition("://")[2].partition("/")[2]
    if "#" in text or not all(beyond_host.count(place) == 1 for place in PLACES):
        raise ValueError(A_TEMPLATE)
    return _http(text, A_TEMPLATE)


def _http(text: str, wanted: str) -> str:
    """The address, which names a host and nobody's password. Raises ValueError."""
    try:
        parts = urlsplit(text)
        rules.origin(f"{parts.scheme}://{parts.netloc}")
    except ValueError:
        raise ValueError(wanted) from None
    if not text.isprintable() or " " in text:
        raise ValueError(wanted)
    return text


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of software; raises ValueError when there is nothing of it to be had."""

    downloads: Annotated[
        str | Path | None,
        About(
            "Where its releases are: a directory that holds VERSION/ASSET, or an address with"
            " {version} and {asset} in it.",
            rule=_downloads,
        ),
    ] = None
    git: Annotated[
        str | None, About("Address of its repository, which is only read.", rule=_upstream)
    ] = None

    def __post_init__(self) -> None:
        if self.downloads is None and self.git is None:
            raise ValueError("downloads or git, or both")


class Portal(msgspec.Struct, frozen=True, kw_only=True):
    """What the portal is made of; where a Settings has one, the portal is there."""

    site_id: Annotated[
        str, About("Site under which the portal's events are kept.", rule=_site_id)
    ] = "portal"
    pages_site_id: Annotated[
        str | None,
        About(
            "Site whose pages the operator's page tells of, beside the rest; the portal's own if"
            " not set.",
            rule=_site_id,
        ),
    ] = None
    tools: Annotated[
        tuple[str, ...], About("Tools whose uploads and downloads are counted.", rule=_slugs)
    ] = ()
    redirect_hosts: Annotated[
        tuple[str, ...],
        About(
            "Hosts beside those of the projects to which an upstream may redirect, over https.",
            rule=_hosts,
        ),
    ] = ()
    upstream_timeout_secs: Annotated[
        int,
        Meta(ge=1, le=3600),
        About("Seconds that an upstream may be silent before it is given up."),
    ] = 60
    max_concurrent_downloads: Annotated[
        AtOnce, About("Downloads passed on from other servers at the same time at most.")
    ] = 32
    max_concurrent_clones: Annotated[
        AtOnce, About("Clones and fetches passed on at the same time at most.")
    ] = 8
    projects: Annotated[Mapping[str, Project], AboutEntries(rule=slug)] = {}
