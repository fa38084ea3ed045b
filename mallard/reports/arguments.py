"""The arguments of a request, each declared once: its name, its bounds, and what it means.

The parsers read them through these declarations, and the API's description is made of the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, ClassVar

from mallard.reports.separators import Separator
from mallard.texts.said import said, within

Args = Mapping[str, Sequence[str]]
Form = Mapping[str, Any]
"""What a value may be, in the words of JSON Schema."""


_COMMA = Separator(",")


class BadQuery(ValueError):
    """A request parameter that cannot be used; the text says which and why."""


def first(args: Args, name: str) -> str | None:
    """The first value of an argument; None when it is absent or empty."""
    values = args.get(name) or ()
    return values[0] or None if values else None


@dataclass(frozen=True, slots=True)
class Parameter:
    """What all kinds of arguments have."""

    name: str
    meaning: str
    """For whoever reads the description of the API."""
    example: object = None
    _: KW_ONLY
    filed_as: str = ""
    """Its name in the description where another one has its own."""

    is_required: ClassVar[bool] = False
    is_judged: ClassVar[bool] = True
    """Whether a value that does not fit is refused."""

    @property
    def form(self) -> Form:
        """What its value may be."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Text(Parameter):
    """A text, which may be left out."""

    _: KW_ONLY
    bounds: Form = field(default_factory=dict)

    @property
    def form(self) -> Form:
        """A text within its bounds."""
        return {"type": "string", **self.bounds}

    def of(self, args: Args) -> str | None:
        """Its value; None when it is absent or empty."""
        return first(args, self.name)


@dataclass(frozen=True, slots=True)
class Lenient(Text):
    """A text that is never refused, whatever it holds."""

    is_judged: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class RequiredText(Text):
    """A text that must be there."""

    _: KW_ONLY
    hint: str = ""
    """What is said when it is missing, beside that it is."""

    is_required: ClassVar[bool] = True

    def of(self, args: Args) -> str:
        """Its value. Raises BadQuery when it is absent or empty."""
        text = first(args, self.name)
        if text is None:
            raise BadQuery(said("%(name)s is missing%(hint)s", name=self.name, hint=self.hint))
        return text


@dataclass(frozen=True, slots=True)
class Repeated(Parameter):
    """Texts, in as many arguments of this name."""

    _: KW_ONLY
    pattern: str
    most: int

    @property
    def form(self) -> Form:
        """A list of such texts."""
        items = {"type": "string", "pattern": self.pattern}
        return {"type": "array", "items": items, "maxItems": self.most}

    def of(self, args: Args) -> Sequence[str]:
        """Its values."""
        return args.get(self.name) or ()


@dataclass(frozen=True, slots=True)
class Choice(Parameter):
    """One of several texts."""

    _: KW_ONLY
    choices: Sequence[str]
    default: str = ""
    """Empty where it depends on something else."""

    @property
    def form(self) -> Form:
        """One of these texts."""
        usual = {"default": self.default} if self.default else {}
        return {"type": "string", "enum": list(self.choices), **usual}

    def of(self, args: Args, default: str = "") -> str:
        """The one that is chosen. Raises BadQuery."""
        chosen = first(args, self.name) or default or self.default
        if chosen not in self.choices:
            raise BadQuery(
                said(
                    "%(name)s must be one of %(choices)s",
                    name=self.name,
                    choices=", ".join(self.choices),
                )
            )
        return chosen


@dataclass(frozen=True, slots=True)
class WholeNumber(Parameter):
    """A whole number within bounds."""

    _: KW_ONLY
    least: int
    most: int
    default: int

    @property
    def form(self) -> Form:
        """A number within these bounds."""
        bounds = {"minimum": self.least, "maximum": self.most}
        return {"type": "integer", **bounds, "default": self.default}

    def of(self, args: Args) -> int:
        """Its value. Raises BadQuery."""
        text = first(args, self.name)
        if text is None:
            return self.default
        is_number = text.isascii() and text.isdigit() and len(text) < 10
        if not (is_number and self.least <= int(text) <= self.most):
            raise BadQuery(
                said(
                    "%(name)s must be a whole number from %(least)s to %(most)s",
                    name=self.name,
                    least=self.least,
                    most=self.most,
                )
            )
        return int(text)


@dataclass(frozen=True, slots=True)
class Several(Parameter):
    """Different texts in one argument, with commas between them; a comma in one is `%2C`."""

    _: KW_ONLY
    pattern: str
    """What each may be, with all commas escaped, in the expressions of JSON Schema."""
    most: int
    default: tuple[str, ...] = ()
    hint: str
    """What is said of one that is not of the pattern."""

    @property
    def form(self) -> Form:
        """Some such texts."""
        return {"type": "string", "pattern": f"^({self.pattern})(,({self.pattern}))*$"}

    def of(self, args: Args) -> tuple[str, ...]:
        """Those that are given. Raises BadQuery."""
        text = first(args, self.name)
        if text is None:
            return self.default
        parts = text.split(",")
        if not all(re.fullmatch(self.pattern, part, re.DOTALL) for part in parts):
            raise BadQuery(within(self.name, self.hint))
        found = tuple(_COMMA.split(text))
        if len(set(found)) < len(found) or len(found) > self.most:
            raise BadQuery(
                said(
                    "%(name)s: give each once, and at most %(most)s in all",
                    name=self.name,
                    most=self.most,
                )
            )
        return found
