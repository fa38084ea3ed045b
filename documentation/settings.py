"""Every setting as a table, from their declarations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from mallard.config import DECLARED, TABLES, Declaration
from mallard.config.about import AboutTable
from mallard.config.tables import Table

HEAD = "| key | default | what it is |\n|---|---|---|"


NONE = "*none*"


def page() -> str:
    """A chapter for each section of the settings file, and for each table in it."""
    return "\n\n".join(_chapters())


def _chapters() -> Iterator[str]:
    for section, declarations in groupby(DECLARED, lambda declaration: declaration.section):
        yield f"## {section}\n\n{_table(declarations)}"
    for table in TABLES.values():
        if table.about is not None:
            yield _of_table(table, table.about)


def _of_table(table: Table, about: AboutTable) -> str:
    sample = f"```toml\n{about.sample.strip()}\n```" if about.sample else ""
    parts = [
        f"## {about.section}: `[{table.name}]`",
        about.description,
        _table(table.declarations.values()) if table.declarations else "",
        sample,
    ]
    return "\n\n".join(filter(None, parts))


def _table(declarations: Iterable[Declaration]) -> str:
    return "\n".join([HEAD, *map(_row, declarations)])


def _row(declaration: Declaration) -> str:
    key = declaration.key.rpartition(".")[2]
    default = declaration.shown(declaration.default)
    shown = default if default.startswith("(") else f"`{default}`"
    cells = (
        f"`{key}`<br>`{declaration.variable}`",
        shown.replace("(not set)", NONE),
        f"{declaration.description}<br>*{declaration.expectation()}*",
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
