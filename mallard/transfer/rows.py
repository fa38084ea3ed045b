"""Checks one row of an import, whatever file it comes from, and makes an Event of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Annotated, Any

import msgspec

from mallard.host_names import host_as_sent, source_as_sent
from mallard.ingest.revenue import MAX_REVENUE
from mallard.ingest.submission import MAX_EVENT_NAME, MAX_PROPS, MAX_URL
from mallard.model import Event, microseconds
from mallard.reports.query import is_site_id
from mallard.store.parquet.columns import COLUMNS
from mallard.texts.said import said, within

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
_SEEN_TO_APART = ("timestamp", "props", "revenue_amount")


def _kind(column: str) -> Any:
    """What a cell of a column has to be."""
    if column in _SEEN_TO_APART:
        return Any
    most = _LONGEST.get(column, MAX_URL)
    if column in REQUIRED:
        return Annotated[str, msgspec.Meta(min_length=1, max_length=most)]
    return Annotated[str, msgspec.Meta(max_length=most)] | None


# A row's texts are looked at all at once, which is far quicker than one by one.
_Fitting = msgspec.defstruct(
    "_Fitting",
    [
        (one.name, _kind(one.name)) if one.required else (one.name, _kind(one.name), None)
        for one in msgspec.structs.fields(Event)
    ],
)
_FIRST_US = microseconds(datetime.min.replace(tzinfo=UTC))
_CENT = Decimal("0.01")
_is_site_id = lru_cache(maxsize=256)(is_site_id)
"""A file has few of them, and many rows."""
FROM_THE_FUTURE = said("timestamp is more than a day ahead")


class BadRow(ValueError):
    """A row that cannot be taken; the text says why."""


class LeftOut(Exception):
    """A row that is understood and is none of ours; the text names what there is of its kind."""


def to_event(cells: Cells, latest_us: int) -> Event:
    """The event that a row spells; `latest_us` is the last time that is believed.

    Raises BadRow, whose text names the column.
    """
    try:
        event = Event(*msgspec.structs.astuple(msgspec.convert(cells, _Fitting)))
    except msgspec.ValidationError:
        raise BadRow(_misfit(cells)) from None
    if not _is_site_id(event.site_id):
        raise BadRow(said("site_id may hold ASCII letters, digits and . - _ : only, 256 at most"))
    event.timestamp = _timestamp(event.timestamp, latest_us)
    # What comes in from pages has its hosts in one spelling, so they are imported in that.
    if event.hostname:
        event.hostname = host_as_sent(event.hostname)
    if event.referrer_source:
        event.referrer_source = source_as_sent(event.referrer_source)
    if event.props is not None:
        event.props = _props(event.props)
    if event.revenue_amount is not None:
        event.revenue_amount = _amount(event.revenue_amount)
    return event


def in_columns(columns: Sequence[str], fields: Sequence[str | None]) -> Cells | BadRow:
    """A row's fields under the names of their columns, or what is wrong where these do not fit."""
    if len(fields) == len(columns):
        return dict(zip(columns, fields, strict=True))
    count, expected = len(fields), len(columns)
    return BadRow(said("%(count)s fields instead of %(expected)s", count=count, expected=expected))


def _misfit(cells: Cells) -> str:
    """What is wrong with the first cell that is not as it has to be."""
    column = next(one for one in COLUMNS if not _fits(cells.get(one), one))
    value = cells.get(column)
    if value is None:
        return said("%(name)s is missing", name=column)
    if value == "":
        return said("%(name)s is empty", name=column)
    if not isinstance(value, str):
        return said("%(name)s is not a text", name=column)
    most = _LONGEST.get(column, MAX_URL)
    return said("%(name)s is longer than %(most)s characters", name=column, most=most)


def _fits(value: object, column: str) -> bool:
    try:
        msgspec.convert(value, _kind(column))
    except msgspec.ValidationError:
        return False
    return True


def _timestamp(value: Any, latest_us: int) -> int:
    """Microseconds since 1970 of an ISO 8601 text, UTC unless it says otherwise, or of a number."""
    if value is None or value == "":
        raise BadRow(said("timestamp is missing"))
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
            at = microseconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        except (ValueError, OverflowError):
            raise BadRow(within(said("timestamp is not a time"), repr(value[:40]))) from None
    elif isinstance(value, int) and not isinstance(value, bool):
        at = value
    else:
        raise BadRow(said("timestamp is not a time"))
    if at < _FIRST_US:
        raise BadRow(said("timestamp is not a time: it lies before the year 1"))
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
        raise BadRow(said("props is not a JSON object")) from None
    if len(text) > MAX_PROPS:
        raise BadRow(said("props is longer than %(most)s characters", most=MAX_PROPS))
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
        raise BadRow(
            said("revenue_amount must be a number within ±%(most)s", most=MAX_REVENUE)
        ) from None
    return str(rounded)
