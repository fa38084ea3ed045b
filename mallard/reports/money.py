"""Sums of money."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Amount:
    """What came in in one currency, exactly; `(unknown)` stands for none."""

    currency: str
    amount: Decimal
