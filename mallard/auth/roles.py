"""Roles: how much a person may do, and for which sites."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Role(enum.StrEnum):
    """An Owner may do everything, an Editor what is decided about sites, a Viewer looks."""

    OWNER = "Owner"
    EDITOR = "Editor"
    VIEWER = "Viewer"

    def covers(self, needed: Role) -> bool:
        """Whether this is enough where `needed` is asked for."""
        order = list(Role)
        return order.index(self) <= order.index(needed)


Sites = frozenset[str] | None
"""The ids of the sites that somebody is limited to; None for all."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What a person may do, and where."""

    name: str
    role: Role
    sites: Sites = None
    has_second_factor: bool = True


def lesser(one: Role, other: Role) -> Role:
    """The role that may do less."""
    return other if one.covers(other) else one


def within(one: Sites, other: Sites) -> Sites:
    """The sites that are among both."""
    if one is None or other is None:
        return other if one is None else one
    return one & other


def nobody(_person: str) -> Rights | None:
    """The rights where there are no people."""
    return None
