"""The form of one filter: what can be chosen in it, what the site has of that, and what it says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from mallard.reports.arguments import Args, BadQuery, first
from mallard.reports.breakdown import breakdown
from mallard.reports.breakdown_rows import BreakdownRow, PlaceRow
from mallard.reports.channels import CHANNELS
from mallard.reports.filters import (
    CHANNEL,
    DID,
    DIMENSIONS,
    EVENT_DONE,
    GOAL_REACHED,
    IS,
    NEW,
    OPERATORS,
    OPPOSITES,
    PATHS,
    PEOPLE,
    PROP,
    UNKNOWN,
    VISITOR_TYPE,
    Filter,
    parse_filter,
)
from mallard.reports.properties import properties
from mallard.texts.catalogue import N_, _
from mallard.texts.language import language
from mallard.texts.said import said, words_of
from mallard.web.dashboard import wording
from mallard.web.dashboard.language import ENGLISH, names_of_countries
from mallard.web.dashboard.panels import PANELS
from mallard.web.dashboard.suggestions import Suggestion
from mallard.web.dashboard.view import View

BY, KEY, OPERATOR, VALUE, EDITED = "by", "key", "operator", "value", "edited"
"""The arguments of the form, beside those of the address."""

MOST_SUGGESTED = 30
MOST_KEYS = 100
LEAST_FIELDS = 3

GROUPS = (
    (N_("Pages"), ("page", "entry_page", "exit_page", "hostname")),
    (N_("Sources"), (CHANNEL, "source", "referrer")),
    (N_("Campaigns"), ("utm_campaign", "utm_source", "utm_medium", "utm_term", "utm_content")),
    (N_("Places"), ("country", "region", "city")),
    (N_("Devices"), ("browser", "browser_version", "os", "os_version", "screen_size", "device")),
    (N_("Behaviour"), ("event", PROP, DID, VISITOR_TYPE)),
)
_BROKEN_DOWN = {panel.filtered_by: panel.name for panel in PANELS.values() if panel.filtered_by}


@dataclass(frozen=True, slots=True)
class FilterForm:
    """A form: its dimension, what it begins with, and what the site has of it.

    `edited` is the filter in whose place the new one comes, as the address spells it.
    """

    dimension: str
    key: str
    operator: str
    values: tuple[str, ...]
    suggestions: Sequence[Suggestion]
    edited: str = ""
    keys: Sequence[Suggestion] = ()
    """The properties of the site, where one of them has to be named."""

    @property
    def title(self) -> str:
        """What it filters by, in words."""
        return title_of(self.dimension)

    @property
    def title_within(self) -> str:
        """The same within a sentence: `page`, but `UTM source`."""
        title = self.title
        return title[:1].lower() + title[1:] if _is_common(title) else title

    @property
    def operators(self) -> list[tuple[str, str]]:
        """What can be chosen between the dimension and its values, in words."""
        if self.dimension == DID:
            return [(one, _(wording.DEEDS[one])) for one in wording.DEEDS]
        known = [one for one in OPERATORS if one not in OPPOSITES]
        pairs = chain.from_iterable((one, _opposite(one)) for one in known)
        wanted = (IS, _opposite(IS)) if self.dimension in PEOPLE else tuple(pairs)
        return [(one, _(wording.OPERATORS[one])) for one in wanted]

    @property
    def has_pattern(self) -> bool:
        """Whether it may be of a pattern."""
        return self.dimension not in PEOPLE

    @property
    def fields(self) -> list[str]:
        """The values, and empty places for more of them."""
        if self.dimension == VISITOR_TYPE:
            return [self.values[0] if self.values else NEW]
        empty = max(LEAST_FIELDS - len(self.values), 1)
        return [*self.values, *[""] * empty]


def _is_common(title: str) -> bool:
    """Whether it begins with a small letter within a sentence; nouns do not in German."""
    return language() == ENGLISH and title[1:2].islower()


def _opposite(operator: str) -> str:
    return next(name for name, of in OPPOSITES.items() if of == operator)


def title_of(dimension: str) -> str:
    """A dimension in words, those of the menu."""
    own = {PROP: _("Property"), DID: _("Goal or event"), VISITOR_TYPE: _("New or returning")}
    return own.get(dimension) or wording.dimension_text(dimension)


def asked_form(view: View, args: Args) -> FilterForm:
    """The form that the arguments ask for: of a new filter, or of one to be edited. BadQuery."""
    edited = first(args, EDITED) or ""
    if edited:
        condition = _parsed(edited)
        of = PROP if condition.is_of_props else condition.dimension
        key = condition.dimension.removeprefix(PROP) if condition.is_of_props else ""
        shown = tuple(_shown(of, value) for value in condition.values)
        return _form(view, of, key, condition.operator, shown, edited)
    of = first(args, BY) or ""
    if of not in {*DIMENSIONS, PROP} or of == f"{PROP}KEY":
        raise BadQuery(
            said(
                "%(name)s must be one of %(choices)s",
                name=BY,
                choices=", ".join(chain(*(names for _, names in GROUPS))),
            )
        )
    key = (first(args, KEY) or "").strip() if of == PROP else ""
    return _form(view, of, key, first(args, OPERATOR) or IS, _typed(args))


def _form(
    view: View, of: str, key: str, operator: str, values: tuple[str, ...], edited: str = ""
) -> FilterForm:
    keys = _keys(view) if of == PROP else ()
    return FilterForm(of, key, operator, values, suggested(view, of, "", key), edited, keys)


def _typed(args: Args) -> tuple[str, ...]:
    return tuple(text.strip() for text in args.get(VALUE) or () if text.strip())


def suggested(view: View, dimension: str, search: str, key: str = "") -> list[Suggestion]:
    """The site's busiest values of a dimension in the period that contain a text.

    Those of the property `key`, if it is one. No other filter hides any.
    """
    if dimension == PROP:
        return _values(view, f"{PROP}{key}", search) if key else []
    if dimension == DID:
        return _found(search, [*_goals(view), *_values(view, "event", search, EVENT_DONE)])
    if dimension == CHANNEL:
        return _found(search, [Suggestion(_shown(CHANNEL, name), "") for name in CHANNELS])
    if dimension not in _BROKEN_DOWN:
        return []
    return _values(view, dimension, search)


def _keys(view: View) -> list[Suggestion]:
    query = replace(view.query, filters=(), limit=MOST_KEYS)
    return [
        Suggestion(one.key, wording.visitors(one.visitors))
        for one in view.desk.ask(properties, query)
    ]


def _goals(view: View) -> list[Suggestion]:
    return [Suggestion(f"{GOAL_REACHED}{goal.name}", _("a goal")) for goal in view.site.goals]


def _found(search: str, all_there_are: Iterable[Suggestion]) -> list[Suggestion]:
    return [one for one in all_there_are if search.casefold() in one.value.casefold()]


def _values(view: View, dimension: str, search: str, prefix: str = "") -> list[Suggestion]:
    query = replace(view.query, filters=(), limit=MOST_SUGGESTED)
    text = "" if dimension == "country" else search.removeprefix(prefix)
    rows = view.desk.ask(breakdown, query, _BROKEN_DOWN.get(dimension, dimension), text)
    found = [
        Suggestion(f"{prefix}{_shown(dimension, row.value)}", _told(dimension, row)) for row in rows
    ]
    return _found(search, found) if dimension == "country" else found


def _told(dimension: str, row: BreakdownRow) -> str:
    """How many visitors a value has; and what it is, where that is not said by itself."""
    meaning = f"{wording.value_text(dimension, UNKNOWN)}, " if row.value == UNKNOWN else ""
    if isinstance(row, PlaceRow) and row.country_code != UNKNOWN:
        meaning += f"{wording.value_text('country', row.country_code)}, "
    return f"{meaning}{wording.visitors(row.visitors)}"


def _shown(dimension: str, value: str) -> str:
    """A value as it is typed: countries and channels are known by their names."""
    return wording.value_text(dimension, value) if dimension in ("country", CHANNEL) else value


def filter_of(args: Args, goals: Iterable[str]) -> Filter:
    """The filter that a form says. Raises BadQuery."""
    dimension = first(args, BY) or ""
    values = list(_typed(args))
    operator = first(args, OPERATOR) or IS
    if not values:
        raise BadQuery(said("%(of)s: name at least one value", of=title_of(dimension)))
    if dimension == PROP:
        dimension = f"{PROP}{(first(args, KEY) or '').strip()}"
    if dimension == DID:
        values = [_deed(value, goals) for value in values]
    if dimension == "country":
        values = [_country(value) for value in values]
    if dimension == CHANNEL:
        values = [_channel(value) for value in values]
    if dimension in PATHS and OPPOSITES.get(operator, operator) != "~=":
        values = [_path(value) for value in values]
    return _parsed(str(Filter(dimension, operator, tuple(dict.fromkeys(values)))))


def _parsed(text: str) -> Filter:
    try:
        return parse_filter(text)
    except ValueError as error:
        raise BadQuery(words_of(error)) from None


def _deed(typed: str, goals: Iterable[str]) -> str:
    """What somebody did; where it is not said what that is, a goal of this name, else an event."""
    if typed.startswith((EVENT_DONE, GOAL_REACHED)):
        return typed
    return f"{GOAL_REACHED if typed in goals else EVENT_DONE}{typed}"


def _country(typed: str) -> str:
    """The code of a country, by its code or its name, English or the reader's."""
    both = chain(names_of_countries(ENGLISH).items(), wording.countries().items())
    names = {name.casefold(): code for code, name in both if len(code) == 2}
    if typed.casefold() in {wording.NO_VALUE.casefold(), _(wording.NO_VALUE).casefold()}:
        return UNKNOWN
    return names.get(typed.casefold()) or (typed.upper() if len(typed) == 2 else typed)


def _channel(typed: str) -> str:
    """A channel, by its English name or the reader's."""
    told = {_(name).casefold(): name for name in CHANNELS}
    return told.get(typed.casefold(), typed)


def _path(typed: str) -> str:
    """A path, which begins with a slash; a pattern may begin with a star."""
    return typed if typed.startswith(("/", "*")) or typed == UNKNOWN else f"/{typed}"
