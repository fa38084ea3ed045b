"""Umami's table of events joined with the tables that lie beside it in the same export."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from mallard.texts.said import said
from mallard.transfer.histories.beside import Beside
from mallard.transfer.histories.heads import Head
from mallard.transfer.histories.history import CsvHistory, Read
from mallard.transfer.histories.umami import SESSION_COLUMNS, Properties
from mallard.transfer.rows import BadRow
from mallard.transfer.sources import Unreadable

ROWS_AT_ONCE = 5_000
SESSIONS, DATA = "session", "event_data"
_DATA_COLUMNS = ("data_key", "string_value", "number_value", "date_value", "data_type")
_KEYS_OF_DATA = ("website_event_id", "event_id")
"""What the event of a property is called: in PostgreSQL and MySQL, and in ClickHouse."""
_UNUSED = (frozenset(("revenue_id", "currency")), frozenset(("session_data_id", "data_key")))
"""Of tables that say nothing more of events: revenue is among the properties, too."""


class UmamiHistory(CsvHistory):
    """Its events in the order of the file, each with its session and its properties."""

    def __init__(
        self, file: IO[bytes], text: IO[bytes], length: int, read: Read, heads: Sequence[Head]
    ) -> None:
        super().__init__(file, text, length, read)
        self._heads = heads

    def _found(self, text: IO[bytes]) -> Iterator[tuple[int, Any]]:
        return self._with_others(text) if self._heads else self.cells(text)

    def _with_others(self, text: IO[bytes]) -> Iterator[tuple[int, Any]]:
        with TemporaryDirectory(prefix="mallard-import-") as folder:
            beside = Beside(Path(folder))
            try:
                for head in self._heads:
                    _take(beside, head)
                rows = self.cells(text)
                while batch := list(islice(rows, ROWS_AT_ONCE)):
                    yield from _joined(batch, beside)
            finally:
                beside.close()


def is_beside(fields: frozenset[str]) -> bool:
    """Whether a CSV file with these columns is a table that lies beside that of events."""
    is_known = _is_sessions(fields) or _is_data(fields) or _is_websites(fields)
    return is_known or any(unused <= fields for unused in _UNUSED)


def insist_on_company(events: Sequence[Head], beside: Sequence[Head]) -> None:
    """Raises Unreadable where tables are named without those that they belong to."""
    if beside and not events:
        raise Unreadable(
            said(
                "%(where)s: this table lies beside Umami's website_event; name that, too",
                where=beside[0].path,
            )
        )
    for head in events:
        if "browser" not in head.fields and not any(_is_sessions(one.fields) for one in beside):
            raise Unreadable(
                said(
                    "%(where)s: the table of events has no column browser; name the table of"
                    " sessions in the same command",
                    where=head.path,
                )
            )


def domains(head: Head) -> dict[str, str]:
    """The domains of websites by their ids, if it is their table. Raises Unreadable."""
    if not _is_websites(head.fields):
        return {}
    with head.text() as text:
        rows = CsvHistory.cells(text)
        return {
            row["website_id"].lower(): row["domain"].lower().removeprefix("www.")
            for _, row in rows
            if not isinstance(row, BadRow) and row["website_id"] and row["domain"]
        }


def _is_sessions(fields: frozenset[str]) -> bool:
    return {"session_id", "browser", "os"} <= fields and "event_id" not in fields


def _is_data(fields: frozenset[str]) -> bool:
    return fields.issuperset(_DATA_COLUMNS) and any(key in fields for key in _KEYS_OF_DATA)


def _is_websites(fields: frozenset[str]) -> bool:
    return {"website_id", "domain"} <= fields


def _take(beside: Beside, head: Head) -> None:
    if _is_sessions(head.fields):
        columns = [column for column in SESSION_COLUMNS if column in head.fields]
        beside.take(SESSIONS, head, ("session_id", *columns))
    elif _is_data(head.fields):
        key = next(key for key in _KEYS_OF_DATA if key in head.fields)
        beside.take(DATA, head, (key, *_DATA_COLUMNS))


def _joined(batch: list[tuple[int, Any]], beside: Beside) -> Iterator[tuple[int, Any]]:
    rows = [row for _, row in batch if not isinstance(row, BadRow)]
    sessions: dict[str, Mapping[str, Any]] = {}
    if SESSIONS in beside:
        wanted = {row["session_id"] for row in rows}
        found = beside.found(SESSIONS, wanted)
        sessions = {row["session_id"]: {k: v or "" for k, v in row.items()} for row in found}
    properties = _properties({row["event_id"] for row in rows}, beside) if DATA in beside else {}
    for number, row in batch:
        if not isinstance(row, BadRow):
            row.update(sessions.get(row["session_id"], {}))
            row["properties"] = properties.get(row["event_id"])
        yield number, row


def _properties(events: set[str], beside: Beside) -> dict[str, Properties]:
    """The properties of events, in the order of their names."""
    found: defaultdict[str, Properties] = defaultdict(list)
    for row in beside.found(DATA, events):
        event, *held = row.values()
        found[event].append(tuple(held))
    return {event: sorted(held, key=lambda one: one[0]) for event, held in found.items()}
