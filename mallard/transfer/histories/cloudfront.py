"""CloudFront's standard log: fields between tabs, under the names that a line above gives them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import IO, Any
from urllib.parse import unquote

from mallard.model import Event
from mallard.texts.said import said, within
from mallard.transfer.csv_records import lines
from mallard.transfer.histories.history import Fields, History
from mallard.transfer.histories.logs import PageViews, Request
from mallard.transfer.histories.told import Told
from mallard.transfer.rows import BadRow, in_columns

NEEDED = frozenset(
    {"date", "time", "c-ip", "cs-method", "cs-uri-stem", "sc-status", "cs(User-Agent)"}
)
_FIELDS = "#Fields:"


class CloudFrontHistory(History):
    """Its rows by the names of their fields, which may change within a file."""

    def _found(self, text: IO[bytes]) -> Iterator[tuple[int, Any]]:
        names: list[str] = []
        for number, line in lines(text):
            if isinstance(line, BadRow):
                yield number, line
                continue
            plain = line.decode("utf-8", "replace").rstrip("\r\n")
            if plain.startswith("#") or not plain:
                names = plain.removeprefix(_FIELDS).split() if is_header(plain) else names
                continue
            yield number, in_columns(names, plain.split("\t"))


class CloudFront:
    """Reads its rows."""

    def __init__(self, told: Told) -> None:
        self._views = PageViews(told)

    def __call__(self, number: int, row: Fields) -> Event:
        """The event of a row. Raises BadRow and LeftOut."""
        query = _told(row.get("cs-uri-query"))
        status = row["sc-status"]
        return self._views.event(
            Request(
                at=_moment(row["date"], row["time"]),
                address=row["c-ip"],
                method=row["cs-method"],
                host=_told(row.get("x-host-header")) or _told(row.get("cs(Host)")) or None,
                target=f"{row['cs-uri-stem']}?{query}" if query else row["cs-uri-stem"],
                status=int(status) if status.isascii() and status.isdigit() else 0,
                referrer=_told(row.get("cs(Referer)")),
                user_agent=_decoded_twice(_told(row["cs(User-Agent)"])),
                content_type=_decoded(_told(row.get("sc-content-type"))) or None,
            )
        )


def is_header(line: str) -> bool:
    """Whether a line names the fields that are needed."""
    return line.startswith(_FIELDS) and set(line.split()) >= NEEDED


@lru_cache(maxsize=256)
def _moment(day: str, time: str) -> datetime:
    try:
        return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=UTC)
    except ValueError:
        raise BadRow(within(said("the time is none"), repr(f"{day} {time}"[:40]))) from None


@lru_cache(maxsize=1024)
def _decoded(text: str) -> str:
    return unquote(text)


@lru_cache(maxsize=1024)
def _decoded_twice(text: str) -> str:
    return unquote(unquote(text))


def _told(text: str | None) -> str:
    return "" if text is None or text == "-" else text
