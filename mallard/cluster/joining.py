"""Who may be a node: what all must have in common is compared, and a name has one directory."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import duckdb

from mallard.cluster.catalog import FORM, Agreed, Catalog, CatalogGone
from mallard.cluster.documents import Documents, documents_of
from mallard.cluster.erasures import noted
from mallard.cluster.membership import Membership, give_up, keep, membership, new_membership
from mallard.cluster.orders import Beginning
from mallard.cluster.storage import MARK, Storage, StorageAway
from mallard.config import Cluster, Settings
from mallard.model import MallardError
from mallard.register.files import Files
from mallard.register.port import subject
from mallard.store.engine.scratch import Scratch

MOST_APART = timedelta(seconds=2)
"""A clock may be so far from that of PostgreSQL, beside the time that asking takes."""


class NotAdmitted(MallardError):
    """This server may not be a node, as it is."""


@dataclass(frozen=True, slots=True)
class Applicant:
    """What a node says of itself."""

    settings: Settings
    cluster: Cluster
    secret: str = field(repr=False)
    clock: Callable[[], datetime]
    storage: Storage
    """What the nodes share."""

    @property
    def node(self) -> str:
        """Its name."""
        return self.cluster.node or ""

    @property
    def place(self) -> str:
        """Where that is, as the settings name it."""
        return self.cluster.storage or ""

    @property
    def beginning(self) -> Beginning:
        """Where the lake is, and where the process in which it runs may write for itself."""
        scratch = Scratch(self.settings.data_dir).reserved("lake")
        return Beginning(self.cluster.catalog or "", self.place, str(scratch))

    def agreement(self, cluster: str) -> Agreed:
        """What it would have in common with all others."""
        return Agreed(
            cluster,
            FORM,
            duckdb.__version__,
            fingerprint(self.secret),
            self.settings.visitor_id_rotation,
            self.settings.visitor_salts,
            self.settings.visitor_salt_grace_days,
            self.place,
        )


def fingerprint(secret: str) -> str:
    """What tells one secret from another and nothing else of it."""
    key = b"mallard-cluster-fingerprint"
    return hmac.new(key, secret.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]


def found(applicant: Applicant, catalog: Catalog) -> str:
    """Begins a cluster with what this server has; its id. The lake's own tables are there.

    Raises MallardError.
    """
    check_that_one_can_begin(applicant, catalog)
    cluster = str(uuid.uuid4())
    catalog.make(applicant.agreement(cluster))
    with _about_storage():
        applicant.storage.claim(cluster)
    return cluster


def check_that_one_can_begin(applicant: Applicant, catalog: Catalog) -> None:
    """Raises MallardError unless a cluster can begin with what this server has."""
    _check_itself(applicant)
    _check_catalog(applicant, catalog)
    with _about_storage():
        if applicant.storage.whose() is not None:
            raise NotAdmitted(f"cluster.storage: {applicant.place} is another cluster's; change it")
        applicant.storage.try_out()


def admit(
    applicant: Applicant, catalog: Catalog, has_events: bool, is_adopting: bool = False
) -> Membership:
    """Lets a server in, or in again. Raises NotAdmitted in one line that names what to change.

    With events from before only where they are taken over.
    """
    data_dir = applicant.settings.data_dir
    before = membership(data_dir)
    agreed = check(applicant, catalog, before)
    if before is not None and before.is_adopting and not is_adopting:
        raise NotAdmitted(
            f"data_dir: {data_dir} holds events from before, and not all of it is taken over yet;"
            " go on by `mallard cluster adopt`"
        )
    if before is None and has_events and not is_adopting:
        raise NotAdmitted(
            f"data_dir: {data_dir} holds events from before; `mallard cluster adopt` takes them"
            " over, or begin with an empty directory"
        )
    known = before or _begin(applicant, catalog, agreed.cluster, is_adopting)
    if not catalog.admit(known.node, known.directory):
        if before is None:
            give_up(data_dir)
        raise NotAdmitted(
            f"cluster.node: another server is called {known.node}; choose another name, or have"
            " that one leave by `mallard cluster leave`"
        )
    return known


def _begin(applicant: Applicant, catalog: Catalog, cluster: str, is_adopting: bool) -> Membership:
    """Names a directory that belongs to no cluster yet, before the record has the name.

    So a node that is killed in between is the same one when it asks again.
    """
    data_dir = applicant.settings.data_dir
    check_documents(catalog, Documents(applicant.secret), documents_of(Files(data_dir)))
    new = new_membership(cluster, applicant.node, tuple(noted(catalog).values()), is_adopting)
    keep(data_dir, new)
    return new


def check_documents(catalog: Catalog, documents: Documents, own: Mapping[str, bytes]) -> None:
    """That what a directory brings is what the nodes have decided, unless they have nothing yet.

    Raises NotAdmitted, CatalogGone.
    """
    if not own or documents.newest(catalog) is None:
        return
    there = documents.read(catalog, list(own))
    apart = sorted(key for key, one in own.items() if key not in there or there[key][1] != one)
    if apart:
        named = ", ".join(map(subject, apart[:3])) + (" and others" if len(apart) > 3 else "")
        raise NotAdmitted(
            f"data_dir: it has documents that are not the cluster's, of {named}; keep sites/,"
            " instance.json, people.json, api_keys.json and password elsewhere, start again, and"
            " decide again what the cluster lacks"
        )


def check_at_first(applicant: Applicant) -> None:
    """Checks what can be before a directory is opened. Raises NotAdmitted, MallardError, OSError.

    Without PostgreSQL nothing can: a node goes on then, and nobody else begins (`Node.join`).
    """
    with suppress(CatalogGone), closing(Catalog(applicant.cluster.catalog or "")) as catalog:
        _agreed(applicant, catalog, membership(applicant.settings.data_dir))


def check(applicant: Applicant, catalog: Catalog, known: Membership | None) -> Agreed:
    """What has been agreed on, if this server fits in. Raises NotAdmitted."""
    agreed = _agreed(applicant, catalog, known)
    try:
        insist_on_storage(applicant, agreed.cluster)
    except StorageAway as error:
        if known is None:
            raise NotAdmitted(f"cluster.storage: {error}; a first start needs it") from error
        # It goes on collecting, and its turns tell.
    return agreed


def _agreed(applicant: Applicant, catalog: Catalog, known: Membership | None) -> Agreed:
    """The same by all that takes no look at the storage. Raises NotAdmitted."""
    _check_itself(applicant)
    _check_catalog(applicant, catalog)
    agreed = catalog.agreed()
    if agreed is None:
        raise NotAdmitted(
            "cluster.catalog: there is no cluster in this database yet; `mallard cluster init`"
            " begins one"
        )
    if known is not None and (known.cluster, known.node) != (agreed.cluster, applicant.node):
        raise NotAdmitted(
            f"cluster: data_dir is that of the node {known.node} of another cluster or name; use"
            " that name and catalog, or an empty data_dir"
        )
    own = applicant.agreement(agreed.cluster)
    for setting, ours, theirs, fix in _compared(own, agreed):
        if ours != theirs:
            said = f" ({ours}) than the cluster's ({theirs})"
            said = " than the cluster's" if setting == "secret" else said
            raise NotAdmitted(f"{setting}: this node has another{said}; {fix}")
    return agreed


def _compared(own: Agreed, agreed: Agreed) -> list[tuple[str, object, object, str]]:
    """What has to be the same: of each its name, what this node has, the cluster's, what to do."""
    alike, same = "set it alike on all nodes", "run the same Mallard on all nodes"
    secrets = (own.secret_fingerprint, agreed.secret_fingerprint)
    settings = ("visitor_id_rotation", "visitor_salts", "visitor_salt_grace_days")
    return [
        ("secret", *secrets, "give all nodes the same"),
        ("form of the catalog", own.form, agreed.form, same),
        ("version of DuckDB", own.duckdb, agreed.duckdb, same),
        *((name, getattr(own, name), getattr(agreed, name), alike) for name in settings),
        ("cluster.storage", own.storage, agreed.storage, "name or mount the same on all nodes"),
    ]


def _check_itself(applicant: Applicant) -> None:
    """Refuses settings whose promises one node cannot keep for all of them yet."""
    if applicant.settings.portal is not None:
        raise NotAdmitted("portal: leave the table out; a portal cannot be shared by nodes yet")


def _check_catalog(applicant: Applicant, catalog: Catalog) -> None:
    if not catalog.is_durable():
        raise NotAdmitted(
            "cluster.catalog: PostgreSQL runs with fsync or synchronous_commit off, and may forget"
            " what it has confirmed; turn both on"
        )
    before = applicant.clock()
    theirs = catalog.now()
    after = applicant.clock()
    apart = max(before - theirs, theirs - after)
    if apart > MOST_APART:
        raise NotAdmitted(
            f"clock: this server's is {apart.total_seconds():.0f} s away from PostgreSQL's; set"
            " both by NTP"
        )


def insist_on_storage(applicant: Applicant, cluster: str) -> None:
    """Reads whose the storage is. Raises NotAdmitted; StorageAway where it does not answer."""
    try:
        whose = applicant.storage.whose()
    except StorageAway:
        raise
    except OSError as error:
        raise NotAdmitted(f"cluster.storage: {error}") from error
    if whose is None:
        raise NotAdmitted(
            f"cluster.storage: {applicant.place} has no file {MARK}; mount the directory that all"
            " nodes share, or name their bucket"
        )
    if whose != cluster:
        raise NotAdmitted(f"cluster.storage: {applicant.place} is another cluster's; change it")


@contextmanager
def _about_storage() -> Iterator[None]:
    """What is wrong with the storage is told with the name of the setting."""
    try:
        yield
    except OSError as error:
        raise NotAdmitted(f"cluster.storage: {error}") from error
