"""Google Analytics' events as it exports them to BigQuery."""

from __future__ import annotations

from typing import Any

import msgspec

from mallard.model import PAGEVIEW, Event
from mallard.texts.said import said, within
from mallard.transfer.histories.names import browser, country_called, device, system, value
from mallard.transfer.histories.told import Campaign, Told, from_where, page_of, visit
from mallard.transfer.rows import BadRow, LeftOut

EVENTS = frozenset({"event_timestamp", "event_name", "event_params"})
PAGE_VIEW = "page_view"
OF_ITSELF = frozenset(
    {
        "ad_impression",
        "first_open",
        "first_visit",
        "scroll",
        "session_start",
        "user_engagement",
    }
)
"""Events that nobody sends on purpose."""

NO_PROPERTIES = frozenset(
    {
        "batch_event_index",
        "batch_ordering_id",
        "batch_page_id",
        "campaign",
        "campaign_id",
        "content",
        "currency",
        "dclid",
        "debug_mode",
        "engaged_session_event",
        "engagement_time_msec",
        "entrances",
        "ga_session_id",
        "ga_session_number",
        "gclid",
        "ignore_referrer",
        "medium",
        "page_location",
        "page_referrer",
        "page_title",
        "session_engaged",
        "source",
        "srsltid",
        "term",
        "value",
    }
)
"""Parameters of where an event happened and which click brought it, and what Analytics measures."""

FOUND = frozenset({"(none)", "organic", "referral"})
"""Media of sources that Analytics has found out."""


class Value(msgspec.Struct):
    """A parameter's value, in the column of its type."""

    string_value: str | None = None
    int_value: int | str | None = None
    float_value: float | str | None = None
    double_value: float | str | None = None


class Param(msgspec.Struct):
    """A parameter of an event."""

    key: str
    value: Value | None = None


class WebInfo(msgspec.Struct):
    """The browser, where the device has none."""

    browser: str | None = None
    browser_version: str | None = None
    hostname: str | None = None


class Device(msgspec.Struct):
    """What somebody used."""

    category: str | None = None
    operating_system: str | None = None
    operating_system_version: str | None = None
    browser: str | None = None
    browser_version: str | None = None
    web_info: WebInfo | None = None


class Geo(msgspec.Struct):
    """Where somebody was, in English names."""

    country: str | None = None
    region: str | None = None
    city: str | None = None


class Source(msgspec.Struct):
    """The campaign that an event came with."""

    manual_source: str | None = None
    manual_medium: str | None = None
    manual_campaign_name: str | None = None
    manual_content: str | None = None
    manual_term: str | None = None


class Ecommerce(msgspec.Struct):
    """What was bought."""

    purchase_revenue: float | str | None = None


class Row(msgspec.Struct):
    """What of a row is read. BigQuery writes whole numbers as texts."""

    event_timestamp: int | str
    event_name: str
    event_params: list[Param] | None = None
    user_pseudo_id: str | None = None
    user_id: str | None = None
    device: Device | None = None
    geo: Geo | None = None
    collected_traffic_source: Source | None = None
    ecommerce: Ecommerce | None = None


COLUMNS = frozenset(field.name for field in msgspec.structs.fields(Row))


class Ga4:
    """Reads its rows."""

    def __init__(self, told: Told) -> None:
        self._told = told

    def __call__(self, number: int, found: dict[str, Any]) -> Event:
        """The event of a row. Raises BadRow and LeftOut."""
        try:
            row = msgspec.convert(found, Row)
        except msgspec.ValidationError as error:
            raise BadRow(within(said("it is no event of Analytics"), error)) from None
        if row.event_name in OF_ITSELF:
            raise LeftOut(said("events called %(name)s", name=row.event_name))
        params = {param.key: _held(param.value) for param in row.event_params or ()}
        address = value(_text(params.get("page_location")))
        if address is None:
            raise LeftOut(said("events without a page, such as those of apps"))
        page = page_of(address)
        campaign = _campaign(row, params)
        source = campaign[0] or _found_out(row) or _text(params.get("source"))
        return visit(
            self._told,
            self._told.site(page.hostname),
            # Who has not agreed has no id, and nothing ties one event to another.
            row.user_pseudo_id or row.user_id or f"ga4-{number}",
            _moment(row.event_timestamp),
            PAGEVIEW if row.event_name == PAGE_VIEW else row.event_name,
            page,
            from_where(page, _text(params.get("page_referrer")), source, campaign),
            {**_visitor(row), **_payload(row, params)},
        )


def _held(held: Value | None) -> Any:
    """A parameter's value; a number in a text becomes one again."""
    if held is None:
        return None
    if held.string_value is not None:
        return held.string_value
    for number in (held.int_value, held.float_value, held.double_value):
        if number is not None:
            return _number(number)
    return None


def _number(held: float | str) -> Any:
    if not isinstance(held, str):
        return held
    try:
        return int(held)
    except ValueError:
        try:
            return float(held)
        except ValueError:
            return held


def _text(held: Any) -> str | None:
    return None if held is None else str(held)


def _moment(held: int | str) -> int:
    try:
        return int(held)
    except ValueError:
        raise BadRow(within(said("event_timestamp is not a time"), repr(str(held)[:40]))) from None


def _campaign(row: Row, params: dict[str, Any]) -> Campaign:
    """What was tagged; a search or another site that somebody came from is no campaign."""
    told = Source() if _found_out(row) else row.collected_traffic_source or Source()
    tagged = {} if params.get("medium") in {None, *FOUND} else params
    return (
        told.manual_source or _text(tagged.get("source")),
        told.manual_medium or _text(tagged.get("medium")),
        told.manual_campaign_name or _text(tagged.get("campaign")),
        told.manual_content or _text(tagged.get("content")),
        told.manual_term or _text(tagged.get("term")),
    )


def _found_out(row: Row) -> str | None:
    """The source that Analytics has found out for an event, among what was collected with it."""
    told = row.collected_traffic_source
    return told.manual_source if told and told.manual_medium in FOUND else None


def _visitor(row: Row) -> dict[str, str | None]:
    used, place = row.device or Device(), row.geo or Geo()
    web = used.web_info or WebInfo()
    browser_name, browser_version = browser(
        used.browser or web.browser, used.browser_version or web.browser_version
    )
    os, os_version = system(used.operating_system, used.operating_system_version)
    return {
        "browser": browser_name,
        "browser_version": browser_version,
        "os": os,
        "os_version": os_version,
        "device_type": device(used.category),
        "country_code": country_called(value(place.country)),
        "region": value(place.region),
        "city": value(place.city),
    }


def _payload(row: Row, params: dict[str, Any]) -> dict[str, Any]:
    props = {
        key: held
        for key, held in params.items()
        if key not in NO_PROPERTIES and held is not None and row.event_name != PAGE_VIEW
    }
    amount = params.get("value")
    if amount is None and row.ecommerce is not None:
        amount = row.ecommerce.purchase_revenue
    currency = value(_text(params.get("currency")))
    has_revenue = row.event_name == "purchase" and amount is not None and currency is not None
    return {
        "props": msgspec.json.encode(props).decode() if props else None,
        "revenue_amount": amount if has_revenue else None,
        "revenue_currency": currency.upper() if has_revenue and currency else None,
    }
