"""The register as files: one for each site, named like the directory of its events.

    sites/site_id=example.com.json
    instance.json
    people.json
    api_keys.json
    password

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
from mallard.register.port import ENTRANCE, INSTANCE, KEYS, PEOPLE, Changed, Document, subject
from mallard.store.parquet.partitions import directory_name

DIRECTORY = "sites"
BESIDE = {
    INSTANCE: "instance.json",
    PEOPLE: "people.json",
    KEYS: "api_keys.json",
    ENTRANCE: "password",
}
"""The names of the documents that are of no site."""
ENDING = ".json"


class Files:
    """The documents of a data directory, which belongs to this process alone."""

    def __init__(self, data_dir: Path, insist: Insist = anywhere) -> None:
        self._data_dir = data_dir
        self._directory = data_dir / DIRECTORY
        self._drafts = data_dir / "tmp"
        self._insist = insist
        self._lock = Lock()

    def all(self) -> list[Document]:
        """Every document of a site, by the names of the files. Raises OSError."""
        found = (_document(path) for path in entries(self._directory, ENDING))
        return [document for document in found if document is not None]

    def read(self, key: str) -> Document | None:
        """The document of a site, or of the instance. Raises OSError."""
        return _document(self._path(key))

    def replace(self, key: str, content: bytes, version: str | None) -> Document:
        """Puts this in the place of that version. Raises Changed, OSError."""
        path = self._path(key)
        with self._lock:
            self._check(key, version)
            self._make(path.parent)
            self._make(self._drafts)
            replace_file(path, content, self._drafts / f"mallard-document.{secrets.token_hex(4)}")
        return Document(content, version_of(content), str(path))

    def delete(self, key: str, version: str) -> None:
        """Deletes the document of that version. Raises Changed, OSError."""
        path = self._path(key)
        with self._lock:
            self._check(key, version)
            path.unlink()
            sync(path.parent)

    def _check(self, key: str, version: str | None) -> None:
        self._insist()
        found = self.read(key)
        if (found and found.version) != version:
            raise Changed(f"the document of {subject(key)} has changed meanwhile; read it again")

    def _make(self, directory: Path) -> None:
        if not directory.exists():
            directory.mkdir(mode=0o700)
            sync(directory.parent)

    def _path(self, key: str) -> Path:
        if key in BESIDE:
            return self._data_dir / BESIDE[key]
        return self._directory / f"{directory_name(key)}{ENDING}"


def copied_documents(data_dir: Path, target: Path) -> dict[str, Path]:
    """Copies of all documents, which stay as they are, by their names in the data directory.

    Raises OSError.
    """
    files, copies = Files(data_dir), {}
    beside = [found for key in BESIDE if (found := files.read(key))]
    for document in [*files.all(), *beside]:
        place = Path(document.place)
        write_new(target / place.name, document.content)
        copies[str(place.relative_to(data_dir))] = target / place.name
    return copies


def _document(path: Path) -> Document | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    return Document(content, version_of(content), str(path))


def version_of(content: bytes) -> str:
    """What tells this content from any other."""
    return hashlib.sha256(content).hexdigest()[:16]
