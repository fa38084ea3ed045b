"""The properties of events, written out for their panel; None where no event has any."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mallard.reports.filters import PROP
from mallard.reports.properties import PropertyKey, properties
from mallard.web.dashboard.columns import Column, shown_columns
from mallard.web.dashboard.page_url import PageUrl
from mallard.web.dashboard.rows import Row, asked_rows, written_out
from mallard.web.dashboard.view import View
from mallard.web.dashboard.wording import dimension_text

MOST_KEYS = 50
ROWS = 9


@dataclass(frozen=True, slots=True)
class Key:
    """A property, and the view with its values."""

    text: str
    visitors: int
    events: int
    url: PageUrl
    is_open: bool


@dataclass(frozen=True, slots=True)
class Values:
    """The keys there are, and the busiest values of the one that is open."""

    keys: list[Key]
    text: str
    columns: list[Column]
    rows: list[Row]
    url: PageUrl
    """The view of all of its values."""


def property_values(view: View) -> Values | None:
    """The keys of the most visitors, and of the one that the address names, or the first."""
    found = view.desk.ask(properties, replace(view.query, limit=MOST_KEYS))
    chosen = view.url.questions.prop
    if not found:
        return None
    opened = chosen if chosen is not None else found[0].key
    dimension = f"{PROP}{opened}"
    rows = asked_rows(view, replace(view.query, limit=ROWS), dimension)
    columns = shown_columns(dimension, (), rows)
    return Values(
        keys=[_key(view.url, one, opened) for one in found],
        text=dimension_text(dimension),
        columns=columns,
        rows=written_out(view, rows, dimension, dimension, columns),
        url=view.url.asking(prop=opened).at("/details/properties"),
    )


def _key(url: PageUrl, one: PropertyKey, opened: str) -> Key:
    return Key(
        text=dimension_text(f"{PROP}{one.key}"),
        visitors=one.visitors,
        events=one.events,
        url=url.asking(prop=one.key),
        is_open=one.key == opened,
    )
