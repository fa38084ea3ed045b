"""Google Analytics' events as BigQuery exports them as Parquet, in the form of its JSON lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from mallard.texts.said import said, within
from mallard.transfer.histories.ga4 import COLUMNS, EVENTS
from mallard.transfer.histories.heads import Head
from mallard.transfer.histories.history import History, Read
from mallard.transfer.sources import PARQUET_ROWS, Unreadable

_MAGIC = "PAR1"


class Ga4Parquet(History):
    """Its rows, of which only the columns are read that tell something."""

    unit = "row"

    def __init__(self, file: IO[bytes], text: IO[bytes], length: int, read: Read) -> None:
        from pyarrow import ArrowException, parquet, set_memory_pool, system_memory_pool

        set_memory_pool(system_memory_pool())  # the others keep what is freed
        try:
            self._parquet = parquet.ParquetFile(file)
        except (ArrowException, UnicodeDecodeError) as error:
            raise Unreadable(within(said("it is no Parquet file"), error)) from None
        super().__init__(file, text, self._parquet.metadata.num_rows, read)
        self._number = 0

    def position(self) -> int:
        """How many rows have been read."""
        return self._number

    def _found(self, text: IO[bytes]) -> Iterator[tuple[int, Any]]:
        from pyarrow import ArrowException

        columns = [name for name in self._parquet.schema_arrow.names if name in COLUMNS]
        try:
            for batch in self._parquet.iter_batches(PARQUET_ROWS, columns=columns):
                for row in batch.to_pylist():
                    self._number += 1
                    yield self._number, row | {"event_params": _plain(row.get("event_params"))}
        except (ArrowException, OSError, UnicodeDecodeError) as error:
            raise Unreadable(
                said("it is damaged behind row %(number)s: %(why)s", number=self._number, why=error)
            ) from None


def is_ours(head: Head) -> bool:
    """Whether a file is such a table."""
    if not head.line.startswith(_MAGIC):
        return False
    from pyarrow import ArrowException, parquet

    try:
        return set(parquet.read_schema(head.path).names) >= EVENTS
    except (ArrowException, OSError, UnicodeDecodeError):
        return False


def _plain(params: Any) -> Any:
    """The list itself: BigQuery puts it as `list` into a record, and each entry as `element`."""
    if not isinstance(params, dict):
        return params
    return [one.get("element") for one in params.get("list") or ()]
