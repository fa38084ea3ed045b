"""What was paid, as Plausible writes it: of goals, in one currency, or null."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mallard.reports.combinations import Found
from mallard.reports.filters import UNKNOWN

TOTAL, AVERAGE = "total_revenue", "average_revenue"
REVENUE = (TOTAL, AVERAGE)
NO_GOALS, SEVERAL = "no_revenue_goals_matching", "no_single_revenue_currency"
WHY_NULL = {
    NO_GOALS: "Revenue is told of goals: filter by event:goal, or name it as a dimension.",
    SEVERAL: "Revenue is null where it is in several currencies, or in one that nobody named.",
}
SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩", "BRL": "R$"}
WITHOUT_CENTS = frozenset(("JPY", "KRW", "VND", "CLP", "ISK", "HUF"))
SHORT = ((1e9, "B"), (1e6, "M"), (1e3, "K"))

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Paid:
    """The payments of each row, and their sum, by currency."""

    dimensions: tuple[str, ...] = ()
    rows: Mapping[Key, Mapping[str, tuple[float, float]]] = field(default_factory=dict)

    @classmethod
    def of(cls, found: Found, currency: str) -> Paid:
        """What was found by some dimensions and the currency beside them."""
        names = found.dimensions
        place = names.index(currency)
        rows: dict[Key, dict[str, tuple[float, float]]] = {}
        for key, (payments, amount) in found.rows:
            if payments:
                of_row = rows.setdefault((*key[:place], *key[place + 1 :]), {})
                of_row[key[place]] = payments, amount
        return cls((*names[:place], *names[place + 1 :]), rows)

    def column(self, name: str, found: Found) -> Iterator[dict[str, Any] | None]:
        """A metric of each of the rows that were found."""
        places = [found.dimensions.index(dimension) for dimension in self.dimensions]
        for key, _ in found.rows:
            paid = self.rows.get(tuple(key[place] for place in places), {})
            if not _is_told(paid):
                yield None
                continue
            ((currency, (payments, amount)),) = paid.items()
            value = amount if name == TOTAL else amount / payments
            yield written(round(value, 2), currency)

    @property
    def why_null(self) -> str | None:
        """Why some of it is not told; None where nothing is left out."""
        return None if all(map(_is_told, self.rows.values())) else SEVERAL


def written(value: float, currency: str) -> dict[str, Any]:
    """An amount as a number, and as short and long texts."""
    sign = SIGNS.get(currency, f"{currency} ")
    minus = "-" if value < 0 else ""
    size = abs(value)
    long = f"{size:,.0f}" if currency in WITHOUT_CENTS else f"{size:,.2f}"
    short = next((f"{size / of:.1f}{unit}" for of, unit in SHORT if size >= of), f"{size:.1f}")
    return {
        "value": value,
        "currency": currency,
        "short": f"{minus}{sign}{short}",
        "long": f"{minus}{sign}{long}",
    }


def _is_told(paid: Mapping[str, object]) -> bool:
    """Whether something was paid, all of it in one currency."""
    return len(paid) == 1 and UNKNOWN not in paid
