"""The products whose history is read, and how their files are recognised."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from mallard.transfer.histories import (
    caddy,
    cloudfront,
    combined,
    ga4,
    ga4_parquet,
    goatcounter,
    matomo,
    plausible,
    simple_analytics,
    umami,
)
from mallard.transfer.histories.heads import Head, keys_of
from mallard.transfer.histories.history import (
    CsvHistory,
    History,
    JsonLinesHistory,
    LinesHistory,
    Read,
)
from mallard.transfer.histories.told import Told


class Product(enum.StrEnum):
    """What a file may be of, by the name that commands know it under."""

    GOATCOUNTER = "goatcounter"
    UMAMI = "umami"
    PLAUSIBLE = "plausible"
    MATOMO = "matomo"
    SIMPLE_ANALYTICS = "simple-analytics"
    GA4_BIGQUERY = "ga4-bigquery"
    COMBINED = "combined"
    CADDY = "caddy"
    CLOUDFRONT = "cloudfront"


@dataclass(frozen=True, slots=True)
class Kind:
    """How files of a product are recognised and read."""

    expected: str
    fits: Callable[[Head], bool]
    read: Callable[[Told], Read]
    history: Callable[[Head], Callable[[IO[bytes], IO[bytes], int, Read], History]]


KINDS = {
    Product.GOATCOUNTER: Kind(
        "CSV whose first column is 2Path",
        lambda head: head.line.startswith("2Path,") and head.fields == set(goatcounter.HEADER),
        goatcounter.GoatCounter,
        lambda _: CsvHistory,
    ),
    Product.UMAMI: Kind(
        "CSV of the table website_event, or of session, event_data or website beside it",
        lambda head: head.fields >= umami.EVENTS,
        umami.Umami,
        lambda _: CsvHistory,
    ),
    Product.PLAUSIBLE: Kind(
        "rows of the table events_v2, as FORMAT JSONEachRow or CSVWithNames writes them",
        lambda head: (head.keys or head.fields) >= plausible.EVENTS,
        plausible.Plausible,
        lambda head: JsonLinesHistory if head.keys else CsvHistory,
    ),
    Product.MATOMO: Kind(
        "the JSON of Live.getLastVisitsDetails, visits with their actionDetails",
        lambda head: '"actionDetails"' in head.beginning and head.line[:1] in ("[", "{"),
        matomo.Matomo,
        lambda _: matomo.MatomoHistory,
    ),
    Product.SIMPLE_ANALYTICS: Kind(
        "CSV of data points, with path, and added_iso or added_unix, among the fields",
        lambda head: "path" in head.fields and bool(simple_analytics.MOMENTS & head.fields),
        simple_analytics.SimpleAnalytics,
        lambda _: CsvHistory,
    ),
    Product.GA4_BIGQUERY: Kind(
        "the table events_ as JSON lines or Parquet",
        lambda head: head.keys >= ga4.EVENTS or ga4_parquet.is_ours(head),
        ga4.Ga4,
        lambda head: JsonLinesHistory if head.keys else ga4_parquet.Ga4Parquet,
    ),
    Product.COMBINED: Kind(
        "lines in the combined log format, with the host in front or without",
        lambda head: any(map(combined.is_line, head.some_lines)),
        combined.Combined,
        lambda _: LinesHistory,
    ),
    Product.CADDY: Kind(
        "the JSON lines of Caddy's access log",
        lambda head: any(caddy.is_line(keys_of(line)) for line in head.some_lines),
        caddy.Caddy,
        lambda _: LinesHistory,
    ),
    Product.CLOUDFRONT: Kind(
        "CloudFront's standard log, whose second line begins with #Fields:",
        lambda head: any(map(cloudfront.is_header, head.some_lines)),
        cloudfront.CloudFront,
        lambda _: cloudfront.CloudFrontHistory,
    ),
}
