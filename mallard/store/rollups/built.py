"""What is known of a day that has been built, and the number that its site goes by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b

OVER = -1
"""No part of a day is settled any more: it is over, and its recent events are of no use."""


def site_number(site_id: str) -> int:
    """What stands for a site in the rollups, where numbers are compared sooner than names.

    Of two sites with the same number only one can have rollups.
    """
    # The name of a directory may be no valid Unicode.
    name = site_id.encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(name, digest_size=8).digest()) >> 1


@dataclass(frozen=True, slots=True)
class Corrections:
    """For which other days, at which edition, a day has corrections, and the rollups without."""

    editions: Mapping[date, str]
    left_out: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Built:
    """The figures of a day: the files they are of, and the rollups that it has no rows in.

    `edition` is another one whenever the figures are. `shared` are other days on which visitors of
    this one were seen. Where recent events are kept, the figures hold them up to the part
    `settled`, and the files up to the part `last`; they are kept no longer when both are `OVER`.
    """

    files: frozenset[str]
    edition: str
    left_out: frozenset[str] = frozenset()
    shared: frozenset[date] = frozenset()
    settled: int | None = None
    last: int = 0
    corrections: Corrections | None = None

    @property
    def is_unsettled(self) -> bool:
        """Whether the figures lack events of the files."""
        return self.settled is not None and self.settled < self.last

    @property
    def is_followed(self) -> bool:
        """Whether recent events are kept, as more are to come."""
        return self.has_recent and self.settled != OVER

    @property
    def has_recent(self) -> bool:
        """Whether there are recent events, be it that they only have to go yet."""
        return self.settled is not None
