"""What a route says of itself, in the line above its function; the API's description is made of it.

The words are the function's docstring. Its path and methods, who may ask, and most refusals are
known from where they are declared: to Flask, to `guards` and to `rates`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Mapping
from dataclasses import KW_ONLY, dataclass, field
from inspect import cleandoc
from typing import Any, TypeVar

from mallard.reports.arguments import Parameter, Text

View = TypeVar("View", bound=Callable[..., Any])


class Subject(enum.Enum):
    """The chapters of the description, in their order."""

    COLLECTING = "Collecting", "Events come in here, from browsers and from servers."
    FIGURES = "Figures", "One site, one period, any filters."
    BEHAVIOUR = "Behaviour", "What visitors do one after the other."
    DOWNLOADS = "Downloads", "Figures and events as files."
    PORTAL = (
        "Portal",
        "Downloads, clones, the use of tools and of a catalog; there where the settings have"
        " `[portal]`.",
    )
    SITES = "Sites", "What is decided about each site: its name, goals, segments, exclusions."
    PRIVACY = "Privacy", "What the law may ask for, and a look at what would be stored."
    SIGNING_IN = (
        "Signing in",
        "One password opens the dashboard. Each address also works without `/api`.",
    )
    PEOPLE = "People", "Who has an account beside the one password, and what each may do."
    KEYS = "API keys", "For programs: as `Authorization: Bearer mm_…` or `X-API-Key: mm_…`."
    OPERATING = "Operating", "For monitoring, and for those who write programs."

    def __init__(self, title: str, about: str) -> None:
        self.title = title
        self.about = about


class Header(Text):
    """A text that a header of the request holds."""


Headers = Mapping[str, tuple[type, str]]
"""What each header of an answer holds, and what it says."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, by example: a text is plain text, and anything else is JSON of its type."""

    meaning: str
    example: object = None
    _: KW_ONLY
    status: int = 200
    files: Collection[str] = ()
    """Media types of files that it may be as well."""
    headers: Headers = field(default_factory=dict)
    otherwise: object = None
    """What some arguments make of it instead, by example, too."""


@dataclass(frozen=True, slots=True)
class Body:
    """A JSON body: the type that it is decoded as, and an example."""

    kind: Any
    example: object


@dataclass(frozen=True, slots=True)
class Description:
    """All that a route says of itself."""

    subject: Subject
    summary: str
    text: str
    parameters: tuple[Parameter, ...]
    answers: tuple[Answer, ...]
    body: Body | None
    refuses: tuple[int, ...]
    scheme: str | None


def description(
    words: str,
    subject: Subject,
    *said: Answer | Parameter | Body,
    refuses: tuple[int, ...] = (),
    scheme: str | None = None,
    facts: Mapping[str, object] | None = None,
) -> Description:
    """What is said of a route: the first line of the words in short, the rest at length.

    `facts` are filled in where the words name them in braces. `refuses` are statuses of errors
    that do not follow from the rest, and `scheme` is a way of its own to be let in.
    """
    clean = cleandoc(words)
    summary, _, text = (clean.format(**facts) if facts else clean).partition("\n")
    return Description(
        subject,
        summary.removesuffix("."),
        " ".join(text.split()),
        tuple(part for part in said if isinstance(part, Parameter)),
        tuple(part for part in said if isinstance(part, Answer)),
        next((part for part in said if isinstance(part, Body)), None),
        refuses,
        scheme,
    )


DESCRIPTIONS: dict[Callable[..., Any], Description] = {}
"""What the functions of routes are described as."""


def described(
    subject: Subject,
    *said: Answer | Parameter | Body,
    refuses: tuple[int, ...] = (),
    scheme: str | None = None,
    facts: Mapping[str, object] | None = None,
) -> Callable[[View], View]:
    """Puts a route into the description of the API, with its docstring as the words."""

    def note(view: View) -> View:
        DESCRIPTIONS[view] = description(
            view.__doc__ or "", subject, *said, refuses=refuses, scheme=scheme, facts=facts
        )
        return view

    return note
