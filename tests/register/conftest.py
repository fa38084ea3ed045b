"""What keeps documents, as a server alone does it and as the nodes of a cluster do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mallard.register.files import Files
from mallard.register.port import Register
from tests.cluster.conftest import begun, place, postgres

__all__ = ["begun", "place", "postgres"]

BY_NODES = pytest.param("nodes", marks=pytest.mark.thorough)


@pytest.fixture(params=["alone", BY_NODES])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Register]:
    """Opens the register of the test's directory, as a start does: each time another one."""
    if request.param == "alone":
        return lambda: Files(tmp_path)
    from tests.cluster.registers import Registers

    registers = Registers(request.getfixturevalue("place"))
    request.addfinalizer(registers.close)
    return lambda: registers.open("paris", tmp_path)


@pytest.fixture
def register(opened: Callable[[], Register]) -> Register:
    return opened()
