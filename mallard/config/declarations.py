"""What is known about each setting, read from the one list in `settings`."""

from __future__ import annotations

import json
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from mallard.config.about import About
from mallard.config.rules import Rule
from mallard.config.settings import Settings

LONGEST_SHOWN = 60


class BadValue(ValueError):
    """A value that a setting cannot take; its text says what was expected and what came."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """One setting: its names, meaning, type and default."""

    key: str
    variables: tuple[str, ...]
    section: str
    description: str
    secret: bool
    default: Any
    kind: Any
    """The plain type that a file or variable holds: int, bool, str, a Literal or a tuple of str."""
    is_optional: bool
    bounds: tuple[Meta, ...]
    rule: Rule | None

    @property
    def variable(self) -> str:
        """The environment variable that the documentation names."""
        return self.variables[0]

    def from_text(self, text: str) -> Any:
        """The value that a variable's text stands for. Raises BadValue."""
        if self.kind == tuple[str, ...]:
            return self._checked([part.strip() for part in text.split(",") if part.strip()], True)
        return self._checked(text if self.secret else text.strip(), True)

    def from_toml(self, value: object) -> Any:
        """The value that a TOML value stands for. Raises BadValue."""
        return self._checked(value, False)

    def shown(self, value: Any) -> str:
        """The value on one line, for people; a secret only says whether it is set."""
        if value in (None, "", ()):
            return "(not set)"
        if self.secret:
            return "(hidden)"
        if isinstance(value, bool):
            return str(value).lower()
        text = ", ".join(map(plain, value)) if isinstance(value, tuple) else str(value)
        return text if text.isprintable() else json.dumps(text)

    def _checked(self, value: object, is_text: bool) -> Any:
        if self.is_optional and value == "":
            return None
        if get_origin(self.kind) is Literal and isinstance(value, str):
            value = value.lower()
        try:
            converted = msgspec.convert(value, self._bounded_kind(), strict=not is_text)
            return self.rule(converted) if self.rule else converted
        except msgspec.ValidationError:
            raise BadValue(f"expected {self.expectation()}, got {self._got(value)}") from None
        except ValueError as wrong:
            raise BadValue(f"expected {wrong}, got {self._got(value)}") from None

    def _bounded_kind(self) -> Any:
        return Annotated[self.kind, *self.bounds] if self.bounds else self.kind

    def expectation(self) -> str:
        """What a value must look like, in words."""
        if get_origin(self.kind) is Literal:
            return "one of " + ", ".join(f'"{choice}"' for choice in get_args(self.kind))
        if self.kind is int:
            lowest = next(meta.ge for meta in self.bounds if meta.ge is not None)
            highest = next(meta.le for meta in self.bounds if meta.le is not None)
            return f"a whole number from {lowest} to {highest}"
        return {bool: "true or false", str: "a text"}.get(self.kind, "a list of texts")

    def _got(self, value: object) -> str:
        if self.secret:
            return "a hidden value"
        text = json.dumps(value, default=str)
        return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


def plain(item: object) -> str:
    """A network of one address is shown as the address it was written as."""
    return str(item).removesuffix("/128").removesuffix("/32")


def declared(kind: type[msgspec.Struct], table: str = "") -> Iterator[Declaration]:
    """The settings that a struct holds, without tables; `table` is the name of its own."""
    hints = get_type_hints(kind, include_extras=True)
    section = ""
    for field in msgspec.structs.fields(kind):
        key = f"{table}.{field.encode_name}" if table else field.encode_name
        if found := declaration_of(key, hints[field.name], field.default, section):
            section = found.section
            yield found


def declaration_of(
    key: str, hint: Any, default: Any = None, section: str = ""
) -> Declaration | None:
    """The setting that a type hint describes; None if it is not one's."""
    plain_type, *metadata = get_args(hint) or (hint,)
    known = next((item for item in metadata if isinstance(item, About)), None)
    if known is None:
        return None
    return Declaration(
        key=key,
        variables=known.variables or (f"MALLARD_{key.upper().replace('.', '_')}",),
        section=known.section or section,
        description=known.description,
        secret=known.secret,
        default=default,
        kind=_plain_kind(plain_type),
        is_optional=types.NoneType in get_args(plain_type),
        bounds=tuple(item for item in metadata if isinstance(item, Meta)),
        rule=known.rule,
    )


def _plain_kind(kind: Any) -> Any:
    if get_origin(kind) in (Union, types.UnionType):
        kind = get_args(kind)[0]
    if get_origin(kind) is tuple:
        return tuple[str, ...]
    return str if kind is Path else kind


DECLARED: tuple[Declaration, ...] = tuple(declared(Settings))
"""Every setting outside of tables, in the order of the example file."""
