"""Questions: what is typed into the forms of the behaviour panels, a part of the page's address.

Arguments: `funnel` and `sequence` (a step each, repeated, or several with commas between),
`window` (number and unit, in one value or two), `weeks`, `flow` (a path), `stopped`, with which
the flow is that of visitors who got no further in the funnel than to this step, `property`, the key
whose values are listed, `heat`, the figure of the heatmap, and `direction` and `depth`, which make
the flow a tree: forward for one page is left out, as the usual one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from mallard.reports.arguments import Args, first
from mallard.reports.funnel import DEFAULT_WINDOW
from mallard.reports.steps import MAX_STEPS

Fields = tuple[tuple[str, str], ...]

_PARTING_COMMA = re.compile(",(?=(?:page|event):)")


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked, as typed: the reports' own parsers judge it when a panel is open."""

    funnel: tuple[str, ...] = ()
    window: str | None = None
    sequence: tuple[str, ...] = ()
    weeks: str | None = None
    flow: str | None = None
    stopped: str | None = None
    prop: str | None = None
    heat: str | None = None
    direction: str | None = None
    depth: str | None = None

    DEFAULT_WEEKS: ClassVar = "8"
    FORWARD: ClassVar = "forward"
    MOST_STEPS: ClassVar = MAX_STEPS
    UNITS: ClassVar = ("second", "minute", "hour", "day", "week")

    @classmethod
    def from_args(cls, args: Args) -> Questions:
        """The questions that request arguments spell."""
        return cls(
            funnel=_steps(args, "funnel"),
            window=" ".join(args.get("window") or ()).strip() or None,
            sequence=_steps(args, "sequence"),
            weeks=first(args, "weeks"),
            flow=first(args, "flow"),
            stopped=first(args, "stopped"),
            prop=first(args, "property"),
            heat=first(args, "heat"),
            direction=_unless(first(args, "direction"), cls.FORWARD),
            depth=_unless(first(args, "depth"), "1"),
        )

    @property
    def window_parts(self) -> tuple[str, str]:
        """The number and the unit of the window, the number as typed."""
        number, _, unit = (self.window or DEFAULT_WINDOW).partition(" ")
        unit = unit.strip().lower().removesuffix("s")
        return number, unit if unit in self.UNITS else "day"

    @property
    def fields(self) -> Fields:
        """The arguments that spell these questions."""
        single = {
            "window": self.window,
            "weeks": self.weeks,
            "flow": self.flow,
            "stopped": self.stopped,
            "property": self.prop,
            "direction": self.direction,
            "depth": self.depth,
            "heat": self.heat,
        }
        return (
            *(("funnel", step) for step in self.funnel),
            *(("sequence", step) for step in self.sequence),
            *((name, value) for name, value in single.items() if value is not None),
        )


NOTHING_ASKED = Questions()


def came_by_form(args: Args) -> bool:
    """Whether a form spelt the arguments, which is untidy: blanks, a window in two."""
    steps = (*(args.get("funnel") or ()), *(args.get("sequence") or ()))
    is_usual = first(args, "direction") == Questions.FORWARD or first(args, "depth") == "1"
    has_blanks = not all(step.strip() for step in steps)
    return has_blanks or is_usual or len(args.get("window") or ()) > 1


def _unless(text: str | None, usual: str) -> str | None:
    return None if text == usual else text


def _steps(args: Args, name: str) -> tuple[str, ...]:
    """The steps without blanks; one too many is kept, for the steps' parser to complain about.

    A comma parts two steps where `page:` or `event:` follows, so a path may hold others.
    """
    parts = (part for text in args.get(name) or () for part in _PARTING_COMMA.split(text))
    return tuple(_in_full(part.lstrip()) for part in parts if part.strip())[: MAX_STEPS + 1]


def _in_full(step: str) -> str:
    """A step whose kind may be left out of a path."""
    return f"page:{step}" if step.startswith("/") else step
