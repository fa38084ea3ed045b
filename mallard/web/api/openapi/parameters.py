"""The parameters of the API, with the very bounds that the parsers keep."""

from __future__ import annotations

from mallard.ingest.pipeline import MAX_SITE_ID
from mallard.ingest.submission import MAX_EVENT_NAME, MAX_SCREEN_WIDTH, MAX_URL
from mallard.model import PAGEVIEW
from mallard.reports.breakdown import DEFAULT_ORDER, DIMENSIONS, MAX_OFFSET, ORDERS
from mallard.reports.comparison import PREVIOUS, YEAR
from mallard.reports.filters import EVENT_COLUMNS, SESSION_COLUMNS
from mallard.reports.funnel import DEFAULT_WINDOW
from mallard.reports.query import (
    DEFAULT_LIMIT,
    DEFAULT_PERIOD,
    INTERVALS,
    MAX_LIMIT,
    MAX_RANGE_DAYS,
    PERIOD_DAYS,
)
from mallard.reports.retention import DEFAULT_WEEKS, MAX_WEEKS
from mallard.reports.steps import MAX_STEPS
from mallard.transfer.formats import Format
from mallard.web.api.openapi.operation import Json

TEXT: Json = {"type": "string"}
SITE_ID: Json = {
    "type": "string",
    "minLength": 1,
    "maxLength": MAX_SITE_ID,
    "pattern": r"^(?!.*\.\.)[A-Za-z0-9._:-]+$",
}
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DIMENSIONS = "|".join([*EVENT_COLUMNS, "prop:.+", *SESSION_COLUMNS])


def _query(
    name: str, schema: Json, description: str, example: object = None, required: bool = False
) -> Json:
    said: Json = {"name": name, "in": "query", "description": description, "schema": schema}
    said |= {"required": True} if required else {"allowEmptyValue": True}
    return said if example is None else said | {"example": example}


def _day(name: str, description: str, required: bool = False) -> Json:
    schema = {"type": "string", "format": "date"}
    return _query(name, schema, description, "2026-01-01", required)


_SITE = _query("site_id", SITE_ID, "The site.", "example.com", required=True)

PARAMETERS: Json = {
    "site_id": _SITE,
    "period": _query(
        "period",
        {"type": "string", "enum": list(PERIOD_DAYS), "default": DEFAULT_PERIOD},
        "So many UTC days, today included.",
    ),
    # Not of the format date: a lone one is ignored, whatever it is.
    "start_date": _query(
        "start_date",
        TEXT,
        "First UTC day, `YYYY-MM-DD`. Together with `end_date` it wins over `period`; alone it is"
        " ignored.",
        "2026-01-01",
    ),
    "end_date": _query(
        "end_date",
        TEXT,
        f"The day after the last one, at most {MAX_RANGE_DAYS} days after the first.",
        "2026-02-01",
    ),
    "filter": _query(
        "filter",
        {
            "type": "array",
            "items": {"type": "string", "pattern": f"^({_DIMENSIONS})(==|!=|~=)[^|]+([|][^|]+)*$"},
        },
        "A condition, such as `page==/pricing`, `country!=DE|AT` or `source~=search`; repeated ones"
        " must all hold. `|` stands between values and is `%7C` within one; `(unknown)` stands for"
        " no value.",
        ["device==mobile"],
    )
    | {"explode": True},
    "interval": _query(
        "interval",
        {"type": "string", "enum": list(INTERVALS)},
        "The width of a bucket; by default hours for a `period` of a single day, otherwise days.",
    ),
    "compare": _query(
        "compare",
        {"type": "string", "pattern": f"^({PREVIOUS}|{YEAR}|{_DAY}[.][.]{_DAY})$"},
        "What to compare with: as many days directly before, the same days a year earlier, or days"
        f" of your own, `FROM..TO`, the second one exclusive, at most {MAX_RANGE_DAYS} days apart."
        " Each row then has a `comparison` and a `change` as well.",
        PREVIOUS,
    ),
    "search": _query(
        "search", TEXT, "Only values whose printed text contains this, ignoring case.", "/blog"
    ),
    "order": _query(
        "order",
        {"type": "string", "enum": list(ORDERS), "default": DEFAULT_ORDER},
        "The most visitors first, the most pageviews, or the values in order of their code points.",
    ),
    "offset": _query(
        "offset",
        {"type": "integer", "minimum": 0, "maximum": MAX_OFFSET, "default": 0},
        "How many rows to leave out at the beginning.",
    ),
    "limit": _query(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        "The most rows to answer.",
    ),
    "dimension": {
        "name": "dimension",
        "in": "path",
        "required": True,
        "description": "What to break down by.",
        "schema": {"type": "string", "enum": list(DIMENSIONS)},
        "example": "pages",
    },
    "steps": _query(
        "steps",
        {"type": "string"},
        f"Up to {MAX_STEPS} steps with commas between: `page:/path` or `event:name`. A comma within"
        " a step is `%2C` after URL decoding.",
        "page:/pricing,event:signup",
    ),
    "step": _query(
        "step",
        {"type": "array", "items": {"type": "string", "pattern": "^(page|event):.+$"}},
        "A step; repeated instead of `steps`, or after them.",
    )
    | {"explode": True},
    "window": _query(
        "window",
        {
            "type": "string",
            "pattern": "^[0-9]{1,9} +([Ss]econd|[Mm]inute|[Hh]our|[Dd]ay|[Ww]eek)s?$",
            "default": DEFAULT_WINDOW,
        },
        "How long after the first step the last may come.",
        "30 minutes",
    ),
    "weeks": _query(
        "weeks",
        {"type": "integer", "minimum": 1, "maximum": MAX_WEEKS, "default": DEFAULT_WEEKS},
        "How many weeks, the last one that of the period's last day.",
    ),
    "page": _query(
        "page", {"type": "string", "minLength": 1}, "The path to start from.", "/", required=True
    ),
    "daily_format": _query(
        "format", {"type": "string", "enum": ["csv", "json"], "default": "csv"}, "The form."
    ),
    "events_format": _query(
        "format", {"type": "string", "enum": list(Format), "default": Format.CSV}, "The form."
    ),
    "first_day": _day("start_date", "First UTC day; without it, from the beginning."),
    "day_after": _day("end_date", "The day after the last one; without it, to the end."),
    "erase_from": _day("start_date", "First UTC day to erase.", required=True),
    "erase_to": _day("end_date", "Last UTC day to erase; it is included.", required=True),
    "sample_site": _query("site_id", SITE_ID, "The site of the sample."),
    "sample_url": _query("url", TEXT, "The page of the sample."),
    "sample_referrer": _query("referrer", TEXT, "Its referrer."),
    "sample_width": _query("width", TEXT, "The screen's width in pixels."),
    "key_hash": {
        "name": "key_hash",
        "in": "path",
        "required": True,
        "description": "The key's SHA-256, as the list of keys tells it.",
        "schema": {"type": "string", "minLength": 1},
        "example": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    },
    "pixel_d": _query("d", SITE_ID, "The site.", "example.com"),
    "pixel_n": _query(
        "n",
        {"type": "string", "maxLength": MAX_EVENT_NAME, "default": PAGEVIEW},
        "The event's name.",
    ),
    "pixel_u": _query(
        "u", {"type": "string", "maxLength": MAX_URL}, "The page's URL.", "https://example.com/"
    ),
    "pixel_r": _query("r", {"type": "string", "maxLength": MAX_URL}, "The referrer's URL."),
    "pixel_w": _query(
        "w",
        {"type": "integer", "minimum": 1, "maximum": MAX_SCREEN_WIDTH},
        "The screen's width in pixels.",
    ),
}
"""By the names under which operations refer to them."""

PERIOD = ("site_id", "period", "start_date", "end_date", "filter")
"""What every report takes."""

COMPARED = (*PERIOD, "compare")
"""What a report takes that can stand beside that of another period."""
