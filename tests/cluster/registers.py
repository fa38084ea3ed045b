"""The registers of nodes, without the rest of them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from mallard import app
from mallard.assembly.clustering import applicant_of
from mallard.cluster.catalog import Catalog
from mallard.cluster.joining import admit
from mallard.cluster.shared_register import SharedRegister
from mallard.register.files import Files
from tests.cluster.conftest import Place


class Registers:
    """Those of a cluster, as they are opened; each is told of everything then."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._opened: list[SharedRegister] = []

    def directory(self, node: str) -> Path:
        """Where a node's copy is."""
        return self.place.directory / node

    def open(self, node: str, data_dir: Path | None = None) -> SharedRegister:
        """That of a node. Raises NotAdmitted."""
        data_dir = data_dir or self.directory(node)
        applicant = applicant_of(
            self.place.settings(node, data_dir=data_dir), data_dir, app.utc_now
        )
        assert applicant is not None
        register = SharedRegister(applicant, Files(data_dir))
        with closing(Catalog(self.place.catalog)) as catalog:
            admit(applicant, catalog, has_events=False)
            register.join(catalog)
        self._opened.append(register)
        return register

    def close(self) -> None:
        """Ends what they have begun."""
        for register in self._opened:
            register.stop()
