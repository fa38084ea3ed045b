"""What is said of a setting beside its name and its type."""

from __future__ import annotations

from dataclasses import dataclass

from mallard.config.rules import Rule


@dataclass(frozen=True, slots=True)
class About:
    """What a setting is for, and what its name and type do not say."""

    description: str
    section: str = ""
    """Set on the first setting of a section of the example file."""
    variables: tuple[str, ...] = ()
    """The environment variables, where they are not MALLARD_ and the key."""
    rule: Rule | None = None
    secret: bool = False


@dataclass(frozen=True, slots=True)
class AboutTable:
    """What a table of the file turns on; without it, the setting is None."""

    description: str
    section: str
    sample: str = ""
    """Tables within it, as an operator may write them."""


@dataclass(frozen=True, slots=True)
class AboutEntries:
    """A table whose keys are names of the operator's choice."""

    rule: Rule
    """What a name must be."""
