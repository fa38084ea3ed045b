"""Rules of single settings beyond type and bounds: each returns the value to keep, or says no."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mallard.secret_strength import WANTED, is_weak

Network = IPv4Network | IPv6Network
"""A block of addresses; a single address is a block of one."""

Rule = Callable[[Any], Any]
"""Takes the plain value, returns the one to keep; a ValueError's text is what was expected."""

SITE_ID = re.compile(r"[A-Za-z0-9._:-]{1,256}")
HOST = re.compile(r"[A-Za-z0-9._:%-]{1,253}")
MEMORY = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?) ?([KMGT])(I?)B", re.IGNORECASE)
LEAST_MEMORY = 96_000_000
BASE_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")
HEADER = re.compile(r"[A-Za-z0-9-]{0,64}")
DEFAULT_PORTS = {"http": 80, "https": 443}


def host(text: str) -> str:
    """An address or host name; raises ValueError for anything with other characters."""
    if not HOST.fullmatch(text):
        raise ValueError("an address or host name")
    return text


def path(text: str) -> Path:
    """A path; raises ValueError when empty or with a NUL, which no file system takes."""
    if not text or "\0" in text:
        raise ValueError("a path")
    return Path(text)


def networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    """The networks; a single address becomes a network of one. Raises ValueError."""
    return tuple(_network(text) for text in texts)


def _network(text: str) -> Network:
    try:
        return ip_network(text.strip())
    except ValueError:
        raise ValueError("networks such as 10.0.0.0/8 and single addresses") from None


def header(text: str) -> str:
    """A name of a header, or nothing. Raises ValueError."""
    if not HEADER.fullmatch(text):
        raise ValueError("a name of a header such as CF-Connecting-IP")
    return text


def base_path(text: str) -> str:
    """A path without a slash at its end, or nothing. Raises ValueError."""
    path = text.rstrip("/")
    if not BASE_PATH.fullmatch(path) or {".", ".."} & {*path.split("/")}:
        raise ValueError("a path such as /stats")
    return path


def site_ids(texts: tuple[str, ...]) -> tuple[str, ...]:
    """The site ids; raises ValueError if one could not be a site (it becomes a folder name)."""
    if not all(SITE_ID.fullmatch(text) and ".." not in text for text in texts):
        raise ValueError("site ids of 1 to 256 ASCII letters, digits and . - _ : without two dots")
    return texts


def listed_sites(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Site ids, and `*.example.com` for all below one. Raises ValueError."""
    site_ids(tuple(text.removeprefix("*.") for text in texts))
    return texts


def origin(text: str) -> str:
    """The origin as browsers send it: lower case, without a default port. Raises ValueError."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    name = parts.hostname or ""
    rest = parts.path or parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in DEFAULT_PORTS or not HOST.fullmatch(name) or rest:
        raise ValueError("an origin such as https://stats.example.com, without a path")
    shown = f"[{name}]" if ":" in name else name
    suffix = "" if port in (None, DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{shown}{suffix}"


def memory(text: str) -> str:
    """An amount of memory that DuckDB can work with, or empty. Raises ValueError."""
    if text and _bytes(text) < LEAST_MEMORY:
        raise ValueError('an amount of memory from "96MB" on, such as "512MB" or "2GB"')
    return text


def secret(text: str) -> str:
    """A secret that protects somebody. Raises ValueError."""
    if is_weak(text):
        raise ValueError(WANTED)
    return text


def _bytes(text: str) -> float:
    """How many bytes an amount is; 0 when it is none."""
    match = MEMORY.fullmatch(text)
    if match is None:
        return 0
    number, unit, binary = match.groups()
    kilo = 1024.0 if binary else 1000.0
    power = 1 + "KMGT".index(unit.upper())
    return float(number) * kilo**power
