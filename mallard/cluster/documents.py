"""The documents of the register as the record in PostgreSQL has them: sealed, each in editions."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from mallard.cluster.catalog import Catalog
from mallard.cluster.sealing import DocumentSealing
from mallard.register.files import BESIDE, Files
from mallard.register.kept import Kept
from mallard.register.reading import understood

DECIDED = "select edition::text from mallard_cluster.decided"
NOTE = "update mallard_cluster.decided set edition = %s"
EDITIONS = "select key, edition::text from mallard_cluster.documents"
SEALED = "select key, edition::text, sealed from mallard_cluster.documents where key = any(%s)"
DELETE = "delete from mallard_cluster.documents where key = %s"
PUT = """
insert into mallard_cluster.documents (key, edition, sealed) values (%s, %s, %s)
on conflict (key) do update set edition = excluded.edition, sealed = excluded.sealed
"""


class Documents:
    """The documents of a record, opened. Everything raises CatalogGone when it cannot be done."""

    def __init__(self, secret: str) -> None:
        self._sealing = DocumentSealing(secret)

    def newest(self, catalog: Catalog) -> str | None:
        """What is another one after each decision; None where there was none ever."""
        newest: str | None = catalog.rows(DECIDED)[0][0]
        return newest

    def editions(self, catalog: Catalog) -> dict[str, str]:
        """The edition of each document, by its key."""
        return dict(catalog.rows(EDITIONS))

    def read(self, catalog: Catalog, keys: Sequence[str]) -> dict[str, tuple[str, bytes]]:
        """To each key that there is its edition, and what it says. Raises MallardError."""
        rows = catalog.rows(SEALED, (list(keys),))
        return {key: (edition, self._sealing.open(key, sealed)) for key, edition, sealed in rows}

    def decide(
        self, catalog: Catalog, seen: str | None, changes: Mapping[str, bytes | None]
    ) -> str | None:
        """Keeps these, deletes those that are None, all or none; the edition that they have.

        None where something was decided that is not `seen`; then nothing was kept.
        """
        with catalog.transaction():
            if catalog.rows(f"{DECIDED} for update")[0][0] != seen:
                return None
            edition = str(uuid.uuid4())
            catalog.do(NOTE, (edition,))
            for key, content in changes.items():
                if content is None:
                    catalog.do(DELETE, (key,))
                else:
                    catalog.do(PUT, (key, edition, self._sealing.seal(key, content)))
        return edition


def write_down(documents: Documents, catalog: Catalog, directory: Files) -> None:
    """Has all documents of a record in a directory. Raises MallardError, OSError."""
    found = documents.read(catalog, list(documents.editions(catalog)))
    for key, (_, content) in found.items():
        there = directory.read(key)
        directory.replace(key, content, there.version if there else None)


def documents_of(copy: Files) -> dict[str, bytes]:
    """What a directory has of the documents that nodes share. Raises BadDocument, OSError."""
    sites = {understood(one, Kept).site_id: one.content for one in copy.all()}
    beside = {key: one.content for key in BESIDE if (one := copy.read(key))}
    return sites | beside
