"""Writes `mallard.toml.example` from the declared settings: `python -m mallard.config.example`."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from mallard.config.declarations import DECLARED, Declaration, plain
from mallard.config.tables import TABLES, Table

HEADING = """\
# Settings of Mallard. Every line shows the default; remove the leading "#" to change it.
#
# A variable wins over this file, this file wins over the default; an empty variable counts as
# not set. Variables hold lists with commas between the items. `mallard check-config FILE` prints
# what is in effect and where it comes from.
"""


def example_text() -> str:
    """The whole example file; with every "#key" uncommented it loads to the defaults."""
    return "\n".join([HEADING, *_lines()])


def _lines() -> Iterator[str]:
    section = ""
    for declaration in DECLARED:
        if declaration.section != section:
            section = declaration.section
            yield f"# ---- {section} ----\n"
        yield _entry(declaration)
    for table in TABLES.values():
        yield from _of_table(table)


def _of_table(table: Table) -> Iterator[str]:
    if table.about is not None:
        yield f"# ---- {table.about.section} ----\n"
        yield f"{_prose(table.about.description)}\n#[{table.name}]\n"
        for declaration in table.declarations.values():
            yield _entry(declaration)
        yield textwrap.indent(table.about.sample, "# ", lambda _: True) + "\n"


def _entry(declaration: Declaration) -> str:
    comment = f"{declaration.description}{_choices(declaration)} [{declaration.variable}]"
    key = declaration.key.rpartition(".")[2]
    return f"{_prose(comment)}\n#{key} = {_toml(declaration.default)}\n"


def _prose(text: str) -> str:
    return textwrap.fill(text, 98, initial_indent="# ", subsequent_indent="# ")


def _choices(declaration: Declaration) -> str:
    if get_origin(declaration.kind) is not Literal:
        return ""
    return f" One of {', '.join(get_args(declaration.kind))}."


def _toml(value: Any) -> str:
    if isinstance(value, bool | int):
        return str(value).lower()
    if isinstance(value, tuple):
        return json.dumps([plain(item) for item in value])
    return json.dumps("" if value is None else str(value))


if __name__ == "__main__":
    print(example_text(), end="")
