"""The settings of a node: the record that several servers share, and where their files are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from mallard.config.about import About

NODE = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")
AN_ADDRESS = "an address such as postgresql://mallard:password@db.example.com/mallard"
BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
A_STORAGE = (
    "an absolute path, such as /srv/mallard-storage, of a directory that every node has there,"
    " or a bucket, such as s3://bucket/prefix"
)
A_NAME = "a name of up to 32 lower case letters, digits and hyphens, such as paris-1"


def _catalog(text: str) -> str:
    """Where PostgreSQL is. Raises ValueError."""
    try:
        parts = urlsplit(text)
    except ValueError:
        raise ValueError(AN_ADDRESS) from None
    has_database = len(parts.path) > 1
    if parts.scheme not in ("postgresql", "postgres") or not has_database or "'" in text:
        raise ValueError(AN_ADDRESS)
    return text


def _storage(text: str) -> str:
    is_place = BUCKET.fullmatch(text) if "://" in text else Path(text).is_absolute()
    if not is_place:
        raise ValueError(A_STORAGE)
    return text


def _node(text: str) -> str:
    if not NODE.fullmatch(text):
        raise ValueError(A_NAME)
    return text


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """What makes a server one of several; where a Settings names none, it is alone."""

    catalog: Annotated[
        str | None,
        About("The PostgreSQL that all nodes share.", secret=True, rule=_catalog),
    ] = None
    storage: Annotated[
        str | None,
        About(
            "Where the files are that all nodes share: a directory, or s3://bucket/prefix.",
            rule=_storage,
        ),
    ] = None
    node: Annotated[
        str | None, About("What this node is called; no other has the name.", rule=_node)
    ] = None
    publish_interval_secs: Annotated[
        int,
        Meta(ge=1, le=3600),
        About("Seconds after which the other nodes are given what has come in."),
    ] = 5

    def __post_init__(self) -> None:
        """Raises ValueError when one of several is missing that it cannot go without."""
        needed = ("catalog", "storage", "node")
        missing = [key for key in needed if not getattr(self, key)]
        if missing and len(missing) < len(needed):
            raise ValueError(f"{', '.join(missing)} beside what is there")

    @property
    def is_named(self) -> bool:
        """Whether there is a cluster."""
        return self.catalog is not None

    def __repr__(self) -> str:
        return f"<Node {self.node}>"
