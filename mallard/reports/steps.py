"""Steps of funnels and sequences: `page:/path` and `event:name`, parsed once and made SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mallard.reports.arguments import Args, BadQuery, Repeated, Text
from mallard.reports.decoding import decoded, decoded_sql
from mallard.reports.separators import Separator

MAX_STEPS = 20
COLUMNS = {"page": "pathname", "event": "event_name"}

STEPS = Text(
    "steps",
    f"Up to {MAX_STEPS} steps with commas between: `page:/path` or `event:name`. A comma within"
    " a step is `%2C` after URL decoding, and a `%2C` in it `%252C`.",
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
    """An event on a page (`page`), or an event of a name (`event`)."""

    kind: str
    value: str

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
        raise BadQuery(f"steps: give {least} to {MAX_STEPS} of them, as page:/path or event:name")
    return steps


def _step(text: str) -> Step:
    kind, _, value = text.partition(":")
    # No path ends in a blank, as browsers encode it; a name of an event may.
    value = value.rstrip() if kind == "page" else value
    if kind not in COLUMNS or not value:
        raise BadQuery(f"steps: {text!r} is neither page:/path nor event:name")
    return Step(kind, value)


def conditions(steps: Sequence[Step]) -> list[str]:
    """The SQL condition of each step; `bound` gives the values they name."""
    return [
        f"{decoded_sql(COLUMNS[step.kind])} = $step_{n}" for n, step in enumerate(steps, start=1)
    ]


def bound(steps: Sequence[Step]) -> dict[str, Any]:
    """The values that the steps' conditions bind."""
    values = (decoded(step.value) if step.kind == "page" else step.value for step in steps)
    return {f"step_{n}": value for n, value in enumerate(values, start=1)}
