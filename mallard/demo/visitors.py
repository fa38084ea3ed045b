"""The people of the demo: who visits a site, from where, and who comes back."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from mallard.demo.browsers import Browser, browsers
from mallard.demo.places import COUNTRIES, PLACES, Country
from mallard.demo.sites import Site
from mallard.demo.weighted import Weighted

_RETURNING_SHARE = 0.16
_REMEMBERED = 3_000


@dataclass(frozen=True, slots=True)
class Visitor:
    """Someone with one browser, at one address."""

    address: str
    browser: Browser
    country: Country


class Audience:
    """A site's visitors, new and returning; it remembers a bounded number of them."""

    def __init__(self, site: Site, rng: Random):
        self._rng = rng
        self._places = Weighted(
            (place, place.share * site.favours.get(place.country.code, 1.0)) for place in PLACES
        )
        self._browsers = {country.code: browsers(country.devices) for country in COUNTRIES}
        self._remembered: list[Visitor] = []

    def newcomer(self) -> Visitor:
        """Somebody who has not been here before."""
        rng = self._rng
        place = self._places.pick(rng)
        browser = self._browsers[place.country.code].pick(rng)
        visitor = Visitor(place.address(rng), browser, place.country)
        self._remember(visitor)
        return visitor

    def returning(self) -> Visitor | None:
        """Somebody who has been here before; None when the next visitor is a newcomer."""
        if not self._remembered or self._rng.random() >= _RETURNING_SHARE:
            return None
        return self._rng.choice(self._remembered)

    def _remember(self, visitor: Visitor) -> None:
        if len(self._remembered) < _REMEMBERED:
            self._remembered.append(visitor)
        else:
            self._remembered[int(self._rng.random() * _REMEMBERED)] = visitor
