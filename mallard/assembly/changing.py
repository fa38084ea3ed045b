"""Makes what changes what is stored, on request; one of several servers changes nothing alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mallard.assembly.clustering import is_node
from mallard.assembly.collecting import Collecting
from mallard.assembly.given import Given
from mallard.assembly.storage import Storage
from mallard.erasure import Erasure
from mallard.history import History
from mallard.ingest.arrivals import Arrivals
from mallard.register.sites import Sites
from mallard.store.engine.scratch import Scratch
from mallard.store.upkeep.days import Upkeep
from mallard.transfer.instance import LocalInstance

if TYPE_CHECKING:
    from mallard.cluster.node import Node


def make_transfer(
    given: Given,
    storage: Storage,
    scratch: Scratch,
    forget: Callable[[str], None],
    upkeep: Upkeep,
    collecting: Collecting,
    history: History,
) -> LocalInstance:
    """What commands ask for."""
    return LocalInstance(
        given.directory.path,
        storage.store,
        storage.flusher,
        scratch,
        forget,
        given.clock,
        upkeep,
        collecting.salts.running,
        history,
        not is_node(given.settings),
    )


def make_history(
    given: Given, storage: Storage, sites: Sites, forget: Callable[[str], None]
) -> History:
    """What changes what is stored; what was begun before is done."""
    is_alone = not is_node(given.settings)
    history = History(storage.store, storage.flusher, sites, forget, is_alone)
    history.settle_at_start()
    return history


def make_erasure(
    given: Given,
    storage: Storage,
    history: History,
    forget: Callable[[str], None],
    arrivals: Arrivals,
    node: Node | None,
) -> Erasure:
    """What erases a site's days, on all nodes where there are several."""
    forgetting = (lambda site, _: forget(site), arrivals.forget)
    share = node.erase if node else None
    erasure = Erasure(storage.store, storage.flusher, forgetting, history.former, share)
    if node:
        node.erases_by(erasure.erase_before)
    return erasure
