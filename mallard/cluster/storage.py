"""Where the shared files are: a directory that all nodes have, or a bucket of an S3 store.

Each file is written once, is there whole or not at all, and never changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from mallard.durable import make_durable
from mallard.model import MallardError, Unavailable

MARK = ".mallard-cluster"
"""The file in the storage that says whose it is."""
TRIAL = ".mallard-trial"
DRAFT = ".draft"


class StorageAway(Unavailable, OSError):
    """The storage does not answer now; later it may."""


class StorageRefused(MallardError, OSError):
    """The storage is not as it should be, and somebody has to change something."""


class Storage(Protocol):
    """The shared files, by their names. Everything raises OSError when it cannot be done."""

    @property
    def place(self) -> str:
        """What DuckDB calls the place, with a slash at its end."""

    @property
    def to_duckdb(self) -> tuple[str, ...]:
        """The statements after which DuckDB reads and writes there."""

    @property
    def extensions(self) -> tuple[str, ...]:
        """The extensions of DuckDB that it needs for that."""

    def write(self, file: str, copy: Callable[[str], int]) -> int:
        """Has a new file written by `copy`, which is told where; how many rows that were.

        Without rows there is no file.
        """

    def here(self, file: str) -> AbstractContextManager[Path]:
        """The file as one of this machine."""

    def delete(self, file: str) -> None:
        """Deletes a file; one that is gone is fine."""

    def whose(self) -> str | None:
        """The cluster whose storage it says that it is; None where it is nobody's."""

    def try_out(self) -> None:
        """Writes something, reads it, and deletes it again."""

    def claim(self, cluster: str) -> None:
        """Says from now on whose it is."""


class Directory:
    """A directory that all nodes have at the same path, such as an NFS mount."""

    to_duckdb: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()

    def __init__(self, path: Path) -> None:
        self._path = path
        self.place = f"{path}/"

    def write(self, file: str, copy: Callable[[str], int]) -> int:
        """Writes a draft first, which gets its name when it is durable."""
        path = self._path / file
        draft = self._draft(file)
        rows = copy(str(draft))
        if rows:
            make_durable(draft, path)
        else:
            draft.unlink()
        return rows

    @contextmanager
    def here(self, file: str) -> Iterator[Path]:
        """The very file."""
        yield self._path / file

    def delete(self, file: str) -> None:
        """Deletes its draft, too."""
        (self._path / file).unlink(missing_ok=True)
        self._draft(file).unlink(missing_ok=True)

    def whose(self) -> str | None:
        """Raises StorageRefused where that cannot be read."""
        mark = self._path / MARK
        try:
            return mark.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError):
            raise StorageRefused(f"{mark} cannot be read") from None

    def try_out(self) -> None:
        """Makes the directory first where there is none."""
        self._path.mkdir(parents=True, exist_ok=True)
        trial = self._path / TRIAL
        trial.write_bytes(b"1")
        trial.read_bytes()
        trial.unlink()

    def claim(self, cluster: str) -> None:
        """Raises OSError."""
        (self._path / MARK).write_text(f"{cluster}\n", encoding="ascii")

    def _draft(self, file: str) -> Path:
        return self._path / f"{file}{DRAFT}"
