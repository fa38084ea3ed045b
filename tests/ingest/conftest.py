"""What the tests of collecting may ask for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mallard.app import Mallard
from tests.conftest import Shared
from tests.ingest.posting import Post, Poster


@pytest.fixture
def post(start: Callable[..., Mallard]) -> Post:
    return Poster(start)


@pytest.fixture(scope="module")
def post_to_one(shared: Shared) -> Post:
    """Posts to one Mallard for all tests of a module: for those that ask for answers alone."""
    return Poster(lambda: shared.mallard)
