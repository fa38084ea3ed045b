"""What the files of a data directory hold while a server is at work in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def contents(data_dir: Path) -> Iterator[tuple[Path, bytes]]:
    """Each file with its bytes; a scratch file may go between the listing and the look."""
    for folder, _, names in os.walk(data_dir):
        for path in (Path(folder, name) for name in names):
            try:
                is_file = path.is_file()  # a socket has no bytes
                content = path.read_bytes() if is_file else b""
            except FileNotFoundError:
                continue
            if is_file:
                yield path, content
