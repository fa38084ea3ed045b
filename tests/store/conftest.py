"""What the tests of the store begin with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mallard.store.store import Store
from tests.builders import open_store


@pytest.fixture
def store(data_dir: Path) -> Iterator[Store]:
    """An empty one."""
    store = open_store(data_dir)
    yield store
    store.close()
