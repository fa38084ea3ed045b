"""The parameters that several reports share, and what each may be; the others stand with theirs."""

from __future__ import annotations

from mallard.model import SITE_ID_FORM
from mallard.reports.arguments import Choice, Repeated, RequiredText, Text, WholeNumber
from mallard.reports.filters import MAX_FILTERS, MAX_VALUES, PATTERN

PERIOD_DAYS = {"day": 1, "today": 1, "7d": 7, "30d": 30, "90d": 90}
MONTHS = {"month": 1, "last_month": 1, "year": 12, "last_year": 12}
"""Periods of the calendar, and their length in months."""
YESTERDAY, ALL = "yesterday", "all"
PERIODS = (*PERIOD_DAYS, YESTERDAY, *MONTHS, ALL)
DEFAULT_PERIOD = "30d"
DEFAULT_LIMIT = 10
MAX_LIMIT = 1000
MAX_RANGE_DAYS = 366
INTERVALS = ("hour", "day", "week", "month")

SITE = RequiredText("site_id", "The site.", "example.com", bounds=SITE_ID_FORM)
PERIOD = Choice(
    "period",
    "So many days, today included; or `yesterday`, `month` and `year` up to today, the"
    " `last_month` and `last_year` as a whole, or `all`, from the site's first event on.",
    choices=PERIODS,
    default=DEFAULT_PERIOD,
)
# Not of the format date: a lone one is ignored, whatever it is.
START = Text(
    "start_date",
    "First day, `YYYY-MM-DD`. Together with `end_date` it wins over `period`; alone it is ignored.",
    "2026-01-01",
)
END = Text(
    "end_date",
    f"The day after the last one, at most {MAX_RANGE_DAYS} days after the first.",
    "2026-02-01",
)
FILTER = Repeated(
    "filter",
    "A condition, such as `page==/pricing`, `country!=DE|AT`, `source~=search`, which it"
    " contains, or `page~*/blog/*`, a pattern that it matches: `*` stands for any text, and `%2A`"
    " for a star. `!~` and `!*` are the opposites of these two; none of them heeds case. Repeated"
    " ones must all hold. Those on `page` and `hostname` must hold of one event, and so must those"
    " on `event` and properties; with both kinds a session is kept that has an event for each, and"
    " its events that fit either are counted. `|` stands between values and is `%7C` within one"
    " (and a `%7C` in it `%257C`); pages and hosts may be spelled encoded or as they are read;"
    " `(unknown)` stands for no value. `did==event:signup|goal:Sign-up` keeps all of the visitors"
    " who did one of these within the period, `did!=` all of the others; `visitor_type` is `new`"
    " or `returning`, by whether a visitor's first event of all is in the period or before it. All"
    f" of them together have {MAX_VALUES} values at most.",
    ["device==mobile"],
    pattern=PATTERN,
    most=MAX_FILTERS,
)
SEGMENT = Text(
    "segment", "The name of one of the site's segments, which stands for its filters.", "Germany"
)
TIMEZONE = Text(
    "timezone",
    "The time zone that days, hours and weeks are those of, by its name in the IANA database; that"
    " of the site, where none is named.",
    "Europe/Berlin",
)
IMPORTED = Choice(
    "imported",
    "`false` leaves out the figures of days that were imported from another product; where there"
    " are some among an answer's, its header `X-Imported-Days` says of how many days.",
    choices=("true", "false"),
    default="true",
)
INTERVAL = Choice(
    "interval",
    "The width of a bucket; by default hours for a `period` of a single day, otherwise days.",
    choices=INTERVALS,
)
LIMIT = WholeNumber(
    "limit", "The most rows to answer.", least=1, most=MAX_LIMIT, default=DEFAULT_LIMIT
)

OF_ALL = (SITE, PERIOD, START, END, TIMEZONE, FILTER, SEGMENT, IMPORTED)
"""What every report of a period takes."""

_A_DAY = {"format": "date"}
FROM = Text(
    "start_date",
    "First UTC day; without it, from the beginning.",
    "2026-01-01",
    bounds=_A_DAY,
    filed_as="first_day",
)
TO = Text(
    "end_date",
    "The day after the last one; without it, to the end.",
    "2026-01-01",
    bounds=_A_DAY,
    filed_as="day_after",
)
OF_ANY_LENGTH = (SITE, PERIOD, FROM, TO)
"""What `site_and_any_period` reads."""

FIRST_ERASED = RequiredText(
    "start_date",
    "First UTC day to erase.",
    "2026-01-01",
    bounds=_A_DAY,
    filed_as="erase_from",
)
LAST_ERASED = RequiredText(
    "end_date",
    "Last UTC day to erase; it is included.",
    "2026-01-01",
    bounds=_A_DAY,
    filed_as="erase_to",
)
OF_ERASING = (SITE, FIRST_ERASED, LAST_ERASED)
"""What `site_and_inclusive_days` reads."""
