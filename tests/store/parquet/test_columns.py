"""The columns of the store are those of an event."""

from __future__ import annotations

from msgspec.structs import fields

from mallard.model import Event
from mallard.store.parquet.columns import COLUMNS, TYPES


def test_every_part_of_an_event_has_a_column():
    assert set(COLUMNS) == {field.name for field in fields(Event)}
    assert set(TYPES) <= set(COLUMNS)
