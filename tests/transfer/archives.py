"""Archives as `mallard backup` makes them, and as it never would."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from mallard.store.engine.migrations import MIGRATIONS
from mallard.transfer.backup import CONTENTS, Contents
from mallard.transfer.restoring import restore


def members(archive: bytes) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {member.name: member for member in tar}


def unpacked(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        files = {member.name: tar.extractfile(member) for member in tar}
        return {name: file.read() for name, file in files.items() if file}


def packed(files: Mapping[str, bytes | tarfile.TarInfo]) -> bytes:
    """A whole archive of these files, with a list of them."""
    out = io.BytesIO()
    sums = {}
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in files.items():
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            body = content if isinstance(content, bytes) else b""
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
            sums[name] = hashlib.sha256(body).hexdigest()
        listed = msgspec.json.encode(Contents("1.0", len(MIGRATIONS), sums))
        info = tarfile.TarInfo(CONTENTS)
        info.size = len(listed)
        tar.addfile(info, io.BytesIO(listed))
    return out.getvalue()


def put_back(archive: bytes, data_dir: Path, force: bool = False) -> int:
    return restore(io.BytesIO(archive), data_dir, force)


def content_of(directory: Path) -> dict[str, bytes]:
    files = (path for path in directory.rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path.relative_to(directory)): path.read_bytes() for path in files}
