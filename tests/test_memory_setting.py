"""The least memory that may be set is one that the server can work with."""

from __future__ import annotations

import pytest

from mallard.config import SettingsError, load

VARIABLE = "MALLARD_DUCKDB_MEMORY_LIMIT"


@pytest.mark.parametrize("value", ["96MB", "96 mb", "92MiB", "0.1GB", "1TiB"])
def test_an_amount_to_work_with_is_taken_as_it_is_written(value: str) -> None:
    assert load(None, {VARIABLE: value}).settings.duckdb_memory_limit == value


@pytest.mark.parametrize("value", ["95MB", "90MiB", "95999KB", "0.09 GB", "0GB"])
def test_less_is_refused_and_the_least_is_named(value: str) -> None:
    with pytest.raises(SettingsError, match="96MB") as caught:
        load(None, {VARIABLE: value})
    assert str(caught.value).startswith("duckdb_memory_limit: ")
