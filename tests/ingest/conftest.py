"""What the tests of collecting may ask for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mallard.app import Mallard
from tests.ingest.posting import Post, Poster


@pytest.fixture
def post(start: Callable[..., Mallard]) -> Post:
    return Poster(start)
