"""The register as files: one for each site, named like the directory of its events.

    sites/site_id=example.com.json

People may read and edit them. What they changed while a server runs is found when it is to be
replaced, since versions are told by what is on the disk.
"""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path
from threading import Lock

from mallard.durable import Insist, anywhere, replace_file, sync, write_new
from mallard.folders import entries
from mallard.register.port import Changed, Document
from mallard.store.parquet.partitions import directory_name

DIRECTORY = "sites"
ENDING = ".json"


class Files:
    """The documents of a data directory, which belongs to this process alone."""

    def __init__(self, data_dir: Path, insist: Insist = anywhere) -> None:
        self._directory = data_dir / DIRECTORY
        self._drafts = data_dir / "tmp"
        self._insist = insist
        self._lock = Lock()

    def all(self) -> list[Document]:
        """Every document there is, by the names of the files. Raises OSError."""
        found = (_document(path) for path in entries(self._directory, ENDING))
        return [document for document in found if document is not None]

    def read(self, site_id: str) -> Document | None:
        """The document of a site. Raises OSError."""
        return _document(self._path(site_id))

    def replace(self, site_id: str, content: bytes, version: str | None) -> Document:
        """Puts this in the place of that version. Raises Changed, OSError."""
        path = self._path(site_id)
        with self._lock:
            self._check(site_id, version)
            self._make(self._directory)
            self._make(self._drafts)
            replace_file(path, content, self._drafts / f"mallard-site.{secrets.token_hex(4)}")
        return Document(content, _version(content), str(path))

    def delete(self, site_id: str, version: str) -> None:
        """Deletes the document of that version. Raises Changed, OSError."""
        with self._lock:
            self._check(site_id, version)
            self._path(site_id).unlink()
            sync(self._directory)

    def _check(self, site_id: str, version: str | None) -> None:
        self._insist()
        found = self.read(site_id)
        if (found and found.version) != version:
            raise Changed(f"the document of {site_id} has changed meanwhile; read it again")

    def _make(self, directory: Path) -> None:
        if not directory.exists():
            directory.mkdir(mode=0o700)
            sync(directory.parent)

    def _path(self, site_id: str) -> Path:
        return self._directory / f"{directory_name(site_id)}{ENDING}"


def copied_documents(data_dir: Path, target: Path) -> dict[str, Path]:
    """Copies of all documents, which stay as they are, by their names in the data directory.

    Raises OSError.
    """
    copies = {}
    for document in Files(data_dir).all():
        name = Path(document.place).name
        write_new(target / name, document.content)
        copies[f"{DIRECTORY}/{name}"] = target / name
    return copies


def _document(path: Path) -> Document | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    return Document(content, _version(content), str(path))


def _version(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
