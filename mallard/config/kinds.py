"""Kinds of values that settings have."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated

from msgspec import Meta

from mallard.config.rules import Network

TEN_YEARS_SECS = 315_360_000

# Bounds are wide: they stop slips of the pen and overflows, not unusual choices.
Count = Annotated[int, Meta(ge=1, le=1_000_000_000)]
CountOrOff = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Seconds = Annotated[int, Meta(ge=1, le=TEN_YEARS_SECS)]
SecondsOrOff = Annotated[int, Meta(ge=0, le=TEN_YEARS_SECS)]
Threads = Annotated[int, Meta(ge=1, le=1024)]

OWN_NETWORKS: tuple[Network, ...] = (
    IPv4Network("127.0.0.0/8"),
    IPv6Network("::1/128"),
    IPv4Network("10.0.0.0/8"),
    IPv4Network("172.16.0.0/12"),
    IPv4Network("192.168.0.0/16"),
    IPv6Network("fc00::/7"),
)
"""This host and the private networks, where a reverse proxy usually stands."""
