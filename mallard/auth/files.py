"""Small files that hold credentials: their owner's alone, and replaced whole or not at all."""

from __future__ import annotations

import secrets
from pathlib import Path

from mallard import durable
from mallard.durable import Insist


def replace_file(path: Path, content: bytes, insist: Insist) -> None:
    """Gives the file this content, durably. Raises OSError, and then it is as it was."""
    insist()
    # Where a backup that runs meanwhile does not look.
    drafts = path.parent / "tmp"
    drafts.mkdir(mode=0o700, exist_ok=True)
    durable.replace_file(path, content, drafts / f"mallard-{path.name}.{secrets.token_hex(4)}")
