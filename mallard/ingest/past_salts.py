"""Salts for days that are long over, so that an import that is cut short goes on with the same."""

from __future__ import annotations

import hmac
from datetime import date

from mallard.ingest.salts import Salts, period_of


class PastSalts:
    """As Salts, where a period that is over has a salt that follows from that of today.

    It can be made again as long as that is there, which is destroyed as always. Raises OSError.
    """

    def __init__(self, salts: Salts, today: date) -> None:
        self._salts = salts
        self._today = today

    def of(self, day: date) -> bytes:
        """The salt of the period that a UTC day is in; its own, if it is still there."""
        if self._salts.lasts(day):
            return self._salts.of(day)
        name = period_of(day, self._salts.rotation).name
        return hmac.digest(self._salts.of(self._today), name.encode(), "sha256")

    def lasts(self, _day: date) -> bool:
        """Every salt can be had again."""
        return True
