"""Steps of funnels and sequences: `page:/path` and `event:name`, parsed once and made SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mallard.reports.arguments import Args, BadQuery, Repeated, Text
from mallard.reports.decoding import decoded, decoded_sql
from mallard.reports.patterns import ANYTHING, BadPattern, page_pattern
from mallard.reports.separators import Separator
from mallard.reports.silent import HAPPENED
from mallard.texts.said import said, within

MAX_STEPS = 20
COLUMNS = {"page": "pathname", "event": "event_name"}

STEPS = Text(
    "steps",
    f"Up to {MAX_STEPS} steps with commas between: `page:/path` or `event:name`. In a path `*`"
    " stands for any text, and `%2A` for a star. A comma within a step is `%2C` after URL decoding,"
    " and a `%2C` in it `%252C`.",
    "page:/pricing,event:signup",
)
STEP = Repeated(
    "step",
    "A step; repeated instead of `steps`, or after them.",
    pattern=f"^({'|'.join(COLUMNS)}):.+$",
    most=MAX_STEPS,
)

_COMMA = Separator(",")


@dataclass(frozen=True, slots=True)
class Step:
    """An event on a page (`page`), or an event of a name (`event`).

    The page may be a pattern: `*` stands for any text, and `%2A` for a star.
    """

    kind: str
    value: str

    @property
    def is_pattern(self) -> bool:
        """Whether it is of several pages."""
        return self.kind == "page" and ANYTHING in self.value

    def test(self, are_decoded: bool) -> str:
        """What is compared with the value that it binds; paths may be decoded already."""
        column = COLUMNS[self.kind] if are_decoded else decoded_sql(COLUMNS[self.kind])
        return f"regexp_full_match({column}, {{}})" if self.is_pattern else f"{column} = {{}}"

    @property
    def bound(self) -> str:
        """The value that it is compared with. Raises BadPattern."""
        if self.is_pattern:
            return page_pattern(self.value).regex
        return decoded(self.value) if self.kind == "page" else self.value

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


def steps_from_args(args: Args, least: int) -> tuple[Step, ...]:
    """The steps in `steps=` (comma-separated) and `step=` (repeated), at least `least` of them.

    A comma within a step is `%2C` after URL decoding. Raises BadQuery.
    """
    texts = [text for joined in args.get(STEPS.name) or () for text in _COMMA.split(joined)]
    texts += STEP.of(args)
    texts = [text.lstrip() for text in texts if text.strip()]
    # What is wrong with a step is said before that there are too few, and of too many none is read.
    steps = tuple(map(_step, texts)) if len(texts) <= MAX_STEPS else ()
    if len(steps) < least:
        raise BadQuery(
            said(
                "steps: give %(least)s to %(most)s of them, as page:/path or event:name",
                least=least,
                most=MAX_STEPS,
            )
        )
    return steps


def _step(text: str) -> Step:
    kind, _, value = text.partition(":")
    # No path ends in a blank, as browsers encode it; a name of an event may.
    value = value.rstrip() if kind == "page" else value
    if kind not in COLUMNS or not value:
        raise BadQuery(
            said("steps: %(text)s is neither page:/path nor event:name", text=repr(text))
        )
    step = Step(kind, value)
    try:
        _ = step.bound
    except BadPattern as error:
        raise BadQuery(within("steps", error)) from None
    return step


def of_page(path: str) -> Step:
    """An event on this very page, whatever its path has in it."""
    return Step("page", path.replace(ANYTHING, "%2A"))


def conditions(steps: Sequence[Step], are_decoded: bool = False) -> list[str]:
    """The SQL condition of each step; `bound` gives the values they name."""
    tests = (step.test(are_decoded).format(f"$step_{n}") for n, step in enumerate(steps, start=1))
    return [f"({test} and {HAPPENED})" for test in tests]


def bound(steps: Sequence[Step]) -> dict[str, Any]:
    """The values that the steps' conditions bind."""
    return {f"step_{n}": step.bound for n, step in enumerate(steps, start=1)}
