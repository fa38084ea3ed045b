"""Checks one row of an import, whatever file it comes from, and makes an Event of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

import msgspec

from mallard.ingest.revenue import MAX_REVENUE
from mallard.ingest.submission import MAX_EVENT_NAME, MAX_PROPS, MAX_URL
from mallard.model import Event, microseconds
from mallard.reports.query import is_site_id
from mallard.store.parquet.columns import COLUMNS

Cells = Mapping[str, Any]
"""What a row says, by column: texts, None, and what a format's own types give."""

REQUIRED = ("site_id", "visitor_id", "timestamp", "event_name", "pathname")

_LONGEST = {
    "event_name": MAX_EVENT_NAME,
    "utm_source": 256,
    "utm_medium": 256,
    "utm_campaign": 256,
    "utm_content": 256,
    "utm_term": 256,
    "country_code": 2,
    "props": MAX_PROPS,
    "revenue_currency": 3,
}
_OPTIONAL_TEXTS = tuple(
    (column, _LONGEST.get(column, MAX_URL))
    for column in COLUMNS
    if column not in (*REQUIRED, "props", "revenue_amount")
)
_FIRST_US = microseconds(datetime.min.replace(tzinfo=UTC))
_CENT = Decimal("0.01")
FROM_THE_FUTURE = "timestamp is more than a day ahead"


class BadRow(ValueError):
    """A row that cannot be taken; the text says why."""


class LeftOut(Exception):
    """A row that is understood and is none of ours; the text names what there is of its kind."""


def to_event(cells: Cells, latest_us: int) -> Event:
    """The event that a row spells; `latest_us` is the last time that is believed.

    Raises BadRow, whose text names the column.
    """
    get = cells.get
    texts = {
        column: text if type(text) is str and len(text) <= most else _checked(column, text, most)
        for column, most in _OPTIONAL_TEXTS
        if (text := get(column)) is not None
    }
    event = Event(
        site_id=_required(cells, "site_id"),
        visitor_id=_required(cells, "visitor_id"),
        event_name=_required(cells, "event_name"),
        pathname=_required(cells, "pathname"),
        timestamp=_timestamp(cells.get("timestamp"), latest_us),
        props=_props(cells.get("props")),
        revenue_amount=_amount(cells.get("revenue_amount")),
        **texts,
    )
    if not is_site_id(event.site_id):
        raise BadRow("site_id may hold ASCII letters, digits and . - _ : only, 256 at most")
    return event


def _required(cells: Cells, column: str) -> str:
    text = _text(cells, column, _LONGEST.get(column, MAX_URL))
    if not text:
        raise BadRow(f"{column} is {'missing' if text is None else 'empty'}")
    return text


def _text(cells: Cells, column: str, longest: int) -> str | None:
    value = cells.get(column)
    return None if value is None else _checked(column, value, longest)


def _checked(column: str, value: object, longest: int) -> str:
    if not isinstance(value, str):
        raise BadRow(f"{column} is not a text")
    if len(value) > longest:
        raise BadRow(f"{column} is longer than {longest} characters")
    return value


def _timestamp(value: Any, latest_us: int) -> int:
    """Microseconds since 1970 of an ISO 8601 text, UTC unless it says otherwise, or of a number."""
    if value is None or value == "":
        raise BadRow("timestamp is missing")
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
            at = microseconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        except (ValueError, OverflowError):
            raise BadRow(f"timestamp is not a time: {value[:40]!r}") from None
    elif isinstance(value, int) and not isinstance(value, bool):
        at = value
    else:
        raise BadRow("timestamp is not a time")
    if at < _FIRST_US:
        raise BadRow("timestamp is not a time: it lies before the year 1")
    if at > latest_us:
        raise BadRow(FROM_THE_FUTURE)
    return at


def _props(value: Any) -> str | None:
    """The text of a JSON object as it is, or of an object that the row itself holds."""
    if value is None:
        return None
    text = msgspec.json.encode(value).decode() if isinstance(value, dict) else value
    try:
        msgspec.json.decode(text, type=dict)
    except (msgspec.MsgspecError, RecursionError, TypeError):
        raise BadRow("props is not a JSON object") from None
    if len(text) > MAX_PROPS:
        raise BadRow(f"props is longer than {MAX_PROPS} characters")
    return str(text)


def _amount(value: Any) -> str | None:
    """The amount with two decimals, rounded half up, as the column holds it."""
    if value is None or value == "":
        return None
    try:
        amount = Decimal(value if isinstance(value, str) else str(value))
        if not amount.is_finite() or abs(amount) > MAX_REVENUE + 1 or isinstance(value, bool):
            raise InvalidOperation
        rounded = amount.quantize(_CENT, ROUND_HALF_UP)
        if abs(rounded) > MAX_REVENUE:
            raise InvalidOperation
    except InvalidOperation:
        raise BadRow(f"revenue_amount must be a number within ±{MAX_REVENUE}") from None
    return str(rounded)
