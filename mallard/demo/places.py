"""Where the demo's visitors live: countries, cities, and addresses that lead back to a city."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from random import Random

from mallard.demo.browsers import DEVICES
from mallard.ingest.place_records import Location

# Ranges that belong to nobody: benchmarking (RFC 2544) and documentation (RFC 3849).
_IPV4_BASE = int(IPv4Address("198.18.0.0"))
_IPV4_HOST_BITS = 11
_IPV6_BASE = int(IPv6Address("2001:db8::"))
_IPV6_HOST_BITS = 80
_IPV6_SHARE = 0.38


@dataclass(frozen=True, slots=True)
class Country:
    """A country: its share of all visitors, the currency it pays in, its people's devices."""

    code: str
    share: float
    google: str
    currency: str
    devices: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Place:
    """A city that visitors come from; `number` is what its addresses carry."""

    number: int
    country: Country
    location: Location
    share: float

    def address(self, rng: Random) -> str:
        """An address of somebody here."""
        if rng.random() < _IPV6_SHARE:
            host = (1 << _IPV6_HOST_BITS - 1) | rng.getrandbits(_IPV6_HOST_BITS - 1)
            return str(IPv6Address(_IPV6_BASE | self.number << _IPV6_HOST_BITS | host))
        host = rng.getrandbits(_IPV4_HOST_BITS)
        return str(IPv4Address(_IPV4_BASE | self.number << _IPV4_HOST_BITS | host))


def _devices(*shares: float) -> Mapping[str, float]:
    return dict(zip(DEVICES, shares, strict=True))


# Windows, Mac, Linux, iPhone, Android, tablet.
_APPLE_LEANING = _devices(30, 26, 5, 25, 10, 4)
_WINDOWS_LEANING = _devices(38, 16, 9, 15, 19, 3)
_ANDROID_LEANING = _devices(30, 8, 5, 4, 51, 2)
_JAPANESE = _devices(40, 14, 3, 30, 10, 3)

COUNTRIES = (
    Country("US", 29, "google.com", "USD", _APPLE_LEANING),
    Country("DE", 13, "google.de", "EUR", _WINDOWS_LEANING),
    Country("GB", 10, "google.co.uk", "EUR", _APPLE_LEANING),
    Country("IN", 9, "google.co.in", "USD", _ANDROID_LEANING),
    Country("FR", 7, "google.fr", "EUR", _WINDOWS_LEANING),
    Country("NL", 5, "google.nl", "EUR", _WINDOWS_LEANING),
    Country("CA", 5, "google.ca", "USD", _APPLE_LEANING),
    Country("BR", 4, "google.com.br", "USD", _ANDROID_LEANING),
    Country("JP", 3.5, "google.co.jp", "USD", _JAPANESE),
    Country("AU", 3, "google.com.au", "USD", _APPLE_LEANING),
    Country("PL", 2.5, "google.pl", "EUR", _WINDOWS_LEANING),
    Country("ES", 2.5, "google.es", "EUR", _WINDOWS_LEANING),
    Country("SE", 2, "google.se", "EUR", _WINDOWS_LEANING),
    Country("IT", 2, "google.it", "EUR", _WINDOWS_LEANING),
    Country("CH", 1.5, "google.ch", "EUR", _WINDOWS_LEANING),
    Country("AT", 1.2, "google.at", "EUR", _WINDOWS_LEANING),
    Country("SG", 1, "google.com.sg", "USD", _APPLE_LEANING),
)

# Country, region, city, and the city's share of its country.
_CITIES = """
US | California             | San Francisco     | 4
US | California             | Los Angeles       | 3
US | New York               | New York          | 5
US | Washington             | Seattle           | 3
US | Texas                  | Austin            | 3
US | Illinois               | Chicago           | 2
US | Massachusetts          | Boston            | 2
US | Colorado               | Denver            | 1
DE | Land Berlin            | Berlin            | 5
DE | Bavaria                | Munich            | 4
DE | Hamburg                | Hamburg           | 3
DE | Hesse                  | Frankfurt am Main | 2
DE | North Rhine-Westphalia | Cologne           | 2
GB | England                | London            | 6
GB | England                | Manchester        | 2
GB | Scotland               | Edinburgh         | 2
IN | Karnataka              | Bengaluru         | 5
IN | Maharashtra            | Mumbai            | 3
IN | National Capital Territory of Delhi | New Delhi | 3
IN | Telangana              | Hyderabad         | 2
FR | Île-de-France          | Paris             | 6
FR | Auvergne-Rhône-Alpes   | Lyon              | 2
NL | North Holland          | Amsterdam         | 4
NL | Utrecht                | Utrecht           | 2
CA | Ontario                | Toronto           | 4
CA | British Columbia       | Vancouver         | 2
CA | Quebec                 | Montreal          | 2
BR | São Paulo              | São Paulo         | 4
BR | Rio de Janeiro         | Rio de Janeiro    | 2
JP | Tokyo                  | Tokyo             | 4
JP | Ōsaka                  | Osaka             | 2
AU | New South Wales        | Sydney            | 3
AU | Victoria               | Melbourne         | 3
PL | Mazovia                | Warsaw            | 3
PL | Lesser Poland          | Krakow            | 2
ES | Madrid                 | Madrid            | 3
ES | Catalonia              | Barcelona         | 3
SE | Stockholm County       | Stockholm         | 1
IT | Lombardy               | Milan             | 3
IT | Lazio                  | Rome              | 2
CH | Zurich                 | Zurich            | 1
AT | Vienna                 | Vienna            | 1
SG | Central Singapore      | Singapore         | 1
"""


def _places() -> Iterator[Place]:
    rows = [[cell.strip() for cell in line.split("|")] for line in _CITIES.strip().splitlines()]
    totals: defaultdict[str, float] = defaultdict(float)
    for code, _, _, share in rows:
        totals[code] += float(share)
    countries = {country.code: country for country in COUNTRIES}
    for number, (code, region, city, share) in enumerate(rows):
        country = countries[code]
        location = Location(country_code=code, region=region, city=city)
        yield Place(number, country, location, country.share * float(share) / totals[code])


PLACES = tuple(_places())


def locate(address: str, told: str | None = None) -> Location:
    """The location of an address that the demo gave out; an empty one for any other."""
    parsed = ip_address(address)
    if isinstance(parsed, IPv4Address):
        number = int(parsed) - _IPV4_BASE >> _IPV4_HOST_BITS
    else:
        number = int(parsed) - _IPV6_BASE >> _IPV6_HOST_BITS
    return PLACES[number].location if 0 <= number < len(PLACES) else Location()
