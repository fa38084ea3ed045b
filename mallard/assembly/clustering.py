"""Makes a server one of several where the settings say so; nothing of that is loaded otherwise."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mallard.assembly.given import Clock, Given
from mallard.assembly.storage import Storage
from mallard.auth.access import Access
from mallard.config import Settings
from mallard.ingest.visitors import load_or_create_secret
from mallard.model import MallardError
from mallard.people.accounts import Accounts
from mallard.register.files import Files
from mallard.register.instance import TheInstance
from mallard.register.people import People
from mallard.register.port import ENTRANCE, INSTANCE, KEYS, PEOPLE
from mallard.register.sites import Sites
from mallard.store.engine.scratch import Scratch

if TYPE_CHECKING:
    from mallard.cluster.catalog import Catalog
    from mallard.cluster.joining import Applicant
    from mallard.cluster.node import Node
    from mallard.cluster.shared_register import SharedRegister

BELONGS = "cluster.json"
NEEDED = "install Mallard with what several servers need: pip install 'mallard-analytics[cluster]'"


def is_node(settings: Settings) -> bool:
    """Whether the settings make it one of several."""
    return settings.cluster is not None and settings.cluster.is_named


def insist_on_the_cluster(given: Given) -> None:
    """Raises MallardError where a node's directory is to be opened without its cluster.

    Its journal may hold what the others have not got yet, and alone it would let that go.
    """
    if not is_node(given.settings) and (given.directory.path / BELONGS).exists():
        raise MallardError(
            f"cluster: {given.directory.path} is that of a node; name the cluster in the settings,"
            " or have it leave by `mallard cluster leave`"
        )


def make_register(given: Given) -> Files | SharedRegister:
    """What keeps documents: files, alike on all nodes. Raises MallardError, OSError.

    A node that does not fit in is told so here, before its version opens any more.
    """
    settings, at = given.settings, given.directory
    files = Files(at.path, at.insist)
    applicant = applicant_of(settings, at.path, given.clock, Scratch(at.path, at.insist))
    if applicant is None:
        return files
    from mallard.cluster.joining import check_at_first
    from mallard.cluster.shared_register import SharedRegister

    check_at_first(applicant)
    return SharedRegister(applicant, files)


@dataclass(frozen=True, slots=True)
class Decided:
    """What is made of the register, and hears of what was decided elsewhere."""

    sites: Sites
    instance: TheInstance
    people: People
    access: Access
    accounts: Accounts

    def hear(self, key: str) -> None:
        """Knows a document that was changed elsewhere. Raises MallardError, OSError."""
        beside = {
            INSTANCE: self.instance.take_in,
            PEOPLE: self.people.take_in,
            KEYS: self.access.keys.take_in,
            ENTRANCE: self.access.passwords.take_in,
        }
        if key in beside:
            beside[key]()
        else:
            self.sites.take_in(key)


def make_node(storage: Storage, register: Files | SharedRegister, decided: Decided) -> Node | None:
    """None where the server is alone. Raises MallardError, OSError."""
    if isinstance(register, Files):
        return None
    from mallard.cluster.node import Node

    _share_access(register, decided)
    return Node(register.applicant, storage.store, storage.journal, storage.flusher, register)


def _share_access(register: SharedRegister, decided: Decided) -> None:
    """Whoever is let in by one node is by all, and hears of what was decided."""
    from mallard.cluster.shared_attempts import SharedAttempts
    from mallard.cluster.shared_sessions import SharedSessions

    applicant, access, keys = register.applicant, decided.access, decided.access.keys
    kinds = {"page": access.sessions, "program": access.readers, "half": decided.accounts.halves}
    sessions = SharedSessions(applicant.secret, kinds, register.hear)

    doors = {
        "page": access.lockout,
        "shared link": access.shares.lockout,
        "name": decided.accounts.by_name,
    }
    for door, lockout in doors.items():
        lockout.elsewhere = SharedAttempts(
            applicant, door, applicant.settings.login_lockout_secs, register.trouble
        )

    def look(catalog: Catalog) -> None:
        keys.keep_uses()
        sessions.look(catalog)

    keys.keeps_uses_later = True
    register.heard, register.looked = decided.hear, look


def applicant_of(
    settings: Settings, data_dir: Path, clock: Clock, scratch: Scratch | None = None
) -> Applicant | None:
    """What a node says of itself; None where the server is alone. Raises MallardError, OSError."""
    if settings.cluster is None or not settings.cluster.is_named:
        return None
    try:
        from mallard.cluster.joining import Applicant
        from mallard.cluster.places import storage_of
        from mallard.cluster.storage import StorageRefused

        place = settings.cluster.storage or ""
        storage = storage_of(place, scratch or Scratch(data_dir), os.environ)
    except ImportError as error:
        raise MallardError(f"cluster: {error.name or error} is missing; {NEEDED}") from error
    except StorageRefused as error:
        raise MallardError(f"cluster.storage: {error}") from error
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    secret = settings.secret or load_or_create_secret(data_dir / ".secret")
    return Applicant(settings, settings.cluster, secret, clock, storage)
