"""Small files that hold credentials: their owner's alone, and replaced whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def replace_file(path: Path, content: bytes) -> None:
    """Gives the file this content, durably. Raises OSError, and then it is as it was."""
    # Where a backup that runs meanwhile does not look.
    drafts = path.parent / "tmp"
    drafts.mkdir(mode=0o700, exist_ok=True)
    draft = drafts / f"mallard-{path.name}.{secrets.token_hex(4)}"
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    _sync(path.parent)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
