"""The map of the world: a shade for each country, by how many visitors are from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from mallard.charts.shades import level_of
from mallard.web.dashboard.now import NowRow
from mallard.web.dashboard.page_url import PageUrl
from mallard.web.dashboard.rows import busiest_rows
from mallard.web.dashboard.view import View
from mallard.web.dashboard.wording import share, visitors
from mallard.web.static import ids_in

EVERY_COUNTRY = 300
WORLD = "world.svg"


@dataclass(frozen=True, slots=True)
class Country:
    """A country with visitors; `url` is the view of it alone, if that is another one.

    `shape` is its id in the map, None where it is too small for one.
    """

    code: str
    name: str
    visitors: int
    share: float
    level: int
    url: PageUrl | None

    @property
    def shape(self) -> str | None:
        """Its id in the map; None where it is not drawn."""
        return self.code if self.code in ids_in(WORLD) else None

    @property
    def sentence(self) -> str:
        """`Germany: 12 visitors, 30%`"""
        return f"{self.name}: {visitors(self.visitors)}, {share(self.share)}"


def world_map(view: View) -> list[Country]:
    """All countries of the view, those with the most visitors first."""
    rows = busiest_rows(view, "countries", "country", EVERY_COUNTRY)
    levels = levels_of([row.visitors for row in rows])
    own = view.url.at("/")
    return [
        Country(
            code=row.value,
            name=row.text,
            visitors=row.visitors,
            share=row.share,
            level=level,
            url=None if row.url == own else row.url,
        )
        for row, level in zip(rows, levels, strict=True)
    ]


def countries_of(rows: Sequence[NowRow]) -> list[Country]:
    """The countries of those who are here."""
    everyone = sum(row.visitors for row in rows)
    levels = levels_of([row.visitors for row in rows])
    return [
        Country(row.value, row.text, row.visitors, row.visitors / everyone, level, row.url)
        for row, level in zip(rows, levels, strict=True)
    ]


def levels_of(counts: Sequence[int]) -> list[int]:
    """Shades by the square root: beside one great country the small ones would all be pale."""
    greatest = sqrt(max(counts, default=0))
    return [level_of(sqrt(count), greatest) for count in counts]
