"""How a node leaves: not before all that it has collected is with the others."""

from __future__ import annotations

from contextlib import closing

from mallard.cluster.catalog import Catalog
from mallard.cluster.erasures import noted
from mallard.cluster.joining import Applicant, NotAdmitted
from mallard.cluster.membership import give_up, membership
from mallard.folders import entries
from mallard.ingest.journal import JOURNAL
from mallard.ingest.mending import SUFFIX
from mallard.store.engine.directory import DataDirectory


def leave(applicant: Applicant, catalog: Catalog) -> None:
    """Takes a stopped node out of the cluster. Raises MallardError, OSError."""
    with closing(DataDirectory(applicant.settings.data_dir)) as directory:
        known = membership(directory.path)
        if known is None:
            raise NotAdmitted(f"data_dir: {directory.path} belongs to no cluster")
        segments = [
            path for path in entries(directory.path / JOURNAL, SUFFIX) if path.stat().st_size
        ]
        batches = [path.name.removesuffix(SUFFIX) for path in segments]
        waiting = set(batches) - set(catalog.noted(batches))
        if waiting:
            raise NotAdmitted(
                f"{len(waiting)} batches of this node are not in the cluster yet; start it, wait"
                " until `mallard cluster status` says that none is waiting, stop it, and try again"
            )
        if {one.id for one in noted(catalog).values()} - {one.id for one in known.erased}:
            raise NotAdmitted(
                "this node has not erased yet what the others have; start it, wait until `mallard"
                " cluster status` says that it has, stop it, and try again"
            )
        catalog.dismiss(known.node)
        give_up(directory.path)
