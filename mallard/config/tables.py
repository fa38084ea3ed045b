"""Tables of the settings file, which turn on what is not there without them."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec

from mallard.config.about import AboutEntries, AboutTable
from mallard.config.declarations import BadValue, Declaration, declaration_of, declared
from mallard.config.settings import Settings


class SettingsError(Exception):
    """Settings that cannot be used; its text is one line for the operator."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table by its name: what it may hold, and what is made of it."""

    name: str
    kind: type[msgspec.Struct]
    about: AboutTable | None = None
    declarations: Mapping[str, Declaration] = field(default_factory=dict)
    """Its own settings by their keys, without the name of the table."""
    entries: Mapping[str, tuple[AboutEntries, Any]] = field(default_factory=dict)
    """Tables within it whose keys the operator chooses; each entry is a struct or one setting."""

    def read(self, found: object, place: str) -> dict[str, Any]:
        """The values of a table found at a place. Raises SettingsError."""
        values: dict[str, Any] = {}
        for key, value in _as_table(found, self.name, place).items():
            if key in self.declarations:
                values[key] = checked(self.declarations[key], value, place)
            elif key in self.entries:
                values[key] = dict(self._entries(key, value, place))
            else:
                known = [f"{self.name}.{name}" for name in (*self.declarations, *self.entries)]
                raise unknown_key(f"{self.name}.{key}", known, place)
        return values

    def shown(self, made: msgspec.Struct) -> Iterator[tuple[str, str]]:
        """Keys and values of what was made of the table, for people."""
        for name, declaration in self.declarations.items():
            yield declaration.key, declaration.shown(getattr(made, self._field(name)))
        for key, (_, kind) in self.entries.items():
            for name, entry in getattr(made, key).items():
                at = f"{self.name}.{key}.{name}"
                if one := declaration_of(at, kind):
                    yield at, one.shown(entry)
                else:
                    yield from table_of(at, kind).shown(entry)

    def made(self, values: Mapping[str, Any]) -> msgspec.Struct:
        """The struct that these values make, which go by their keys."""
        return self.kind(**{self._field(key): value for key, value in values.items()})

    def _field(self, key: str) -> str:
        """What a key is called in the struct: a word of Python's cannot be a name there."""
        names = zip(self.kind.__struct_encode_fields__, self.kind.__struct_fields__, strict=True)
        return dict(names)[key]

    def _entries(self, key: str, found: object, place: str) -> Iterator[tuple[str, Any]]:
        about, kind = self.entries[key]
        for name, value in _as_table(found, f"{self.name}.{key}", place).items():
            at = f"{self.name}.{key}.{name}"
            try:
                about.rule(name)
                yield name, _entry(at, kind, value, place)
            except ValueError as wrong:
                raise SettingsError(f"{at!r}: expected {wrong} ({place})") from None


def _entry(at: str, kind: Any, value: object, place: str) -> Any:
    if declaration := declaration_of(at, kind):
        return checked(declaration, value, place)
    return kind(**table_of(at, kind).read(value, place))


def table_of(name: str, kind: type[msgspec.Struct], about: AboutTable | None = None) -> Table:
    """The table of a struct."""
    entries = {
        field_name: (known, get_args(hint)[1])
        for field_name, hint, metadata in _fields(kind)
        for known in metadata
        if isinstance(known, AboutEntries)
    }
    own = {item.key.removeprefix(f"{name}."): item for item in declared(kind, name)}
    return Table(name, kind, about, own, entries)


def checked(declaration: Declaration, value: Any, place: str) -> Any:
    """The value as a setting takes it. Raises SettingsError."""
    read = declaration.from_text if place.startswith("from") else declaration.from_toml
    try:
        return read(value)
    except BadValue as wrong:
        raise SettingsError(f"{declaration.key}: {wrong} ({place})") from None


def unknown_key(key: str, known: Iterable[str], place: str) -> SettingsError:
    """What to say of a key that there is not."""
    near = nearest(key.lower(), known)
    return SettingsError(f'{key!r}: unknown key {place}; the nearest valid key is "{near}"')


def nearest(word: str, choices: Iterable[str]) -> str:
    """The one of the choices that was probably meant."""
    return difflib.get_close_matches(word, choices, n=1, cutoff=0)[0]


def _as_table(found: object, name: str, place: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise SettingsError(f"{name}: expected a table, [{name}], got {found!r:.60} ({place})")
    return found


def _fields(kind: type[msgspec.Struct]) -> Iterator[tuple[str, Any, tuple[Any, ...]]]:
    """Name, plain type and what else is said of each field."""
    for name, hint in get_type_hints(kind, include_extras=True).items():
        if get_origin(hint) is Annotated:
            plain, *metadata = get_args(hint)
            yield name, plain, tuple(metadata)


def _tables() -> Iterator[Table]:
    for name, hint, metadata in _fields(Settings):
        for about in metadata:
            if isinstance(about, AboutTable):
                kind = next(k for k in get_args(hint) if k is not types.NoneType)
                yield table_of(name, kind, about)


TABLES: Mapping[str, Table] = {table.name: table for table in _tables()}
"""Every table at the top of the file, by its name."""
