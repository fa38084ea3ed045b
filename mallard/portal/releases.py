"""Releases in a directory: VERSION/ASSET, and nothing outside of it."""

from __future__ import annotations

import mimetypes
import os
import stat
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from werkzeug.http import http_date

from mallard.model import FailReason
from mallard.portal.failures import Failed, NotThere
from mallard.portal.found import Found, Nothing, Span
from mallard.portal.ranges import Asked, part_of

ANYTHING = "application/octet-stream"
PACKED = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}
"""Types of packed files, which are what they are: no browser shall unpack them on the way."""

_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


class Directory:
    """The releases of a project on this machine."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def fetch(self, version: str, asset: str, asked: Asked, with_body: bool) -> Found:
        """A release's file, or the part that is asked for. Raises NotThere or Failed."""
        file = self._open(version, asset)
        try:
            return _answer(file, os.fstat(file.fileno()), asset, asked, with_body)
        except BaseException:
            file.close()
            raise

    def _open(self, version: str, asset: str) -> BinaryIO:
        try:
            root = self._path.resolve(strict=True)
        except (OSError, RuntimeError) as error:
            raise Failed(FailReason.UNREACHABLE, f"{self._path}: {error}") from error
        try:
            inside = (root / version / asset).resolve(strict=True).relative_to(root)
            descriptor = _open_inside(root, inside.parts)
        except (OSError, RuntimeError, ValueError) as error:
            raise NotThere from error
        return open(descriptor, "rb", buffering=0)


def _open_inside(root: Path, names: Sequence[str]) -> int:
    """Opens a file by a path without links; one put there meanwhile is not followed.

    Raises OSError, also for what is no file.
    """
    descriptor = os.open(root, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
    for name in names:
        try:
            inner = os.open(name, _READ, dir_fd=descriptor)
        finally:
            os.close(descriptor)
        descriptor = inner
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError
    return descriptor


def _answer(
    file: BinaryIO, about: os.stat_result, asset: str, asked: Asked, with_body: bool
) -> Found:
    modified = datetime.fromtimestamp(about.st_mtime, UTC)
    etag = f'"{about.st_mtime_ns:x}-{about.st_size:x}"'
    part = part_of(asked, about.st_size, etag, modified)
    headers = {"ETag": etag, "Last-Modified": http_date(modified), "Accept-Ranges": "bytes"}
    if part.status in (200, 206):
        headers |= {"Content-Type": content_type(asset), "Content-Length": str(part.length)}
    if part.status == 206:
        last = part.start + part.length - 1
        headers["Content-Range"] = f"bytes {part.start}-{last}/{about.st_size}"
    if part.status == 416:
        headers["Content-Range"] = f"bytes */{about.st_size}"
    if not with_body or not part.length:
        file.close()
        return Found(part.status, headers, Nothing())
    file.seek(part.start)
    return Found(part.status, headers, Span(file, part.length))


def content_type(asset: str) -> str:
    """The type of a file by its name."""
    kind, packed = mimetypes.guess_type(asset, strict=False)
    if packed:
        return PACKED.get(packed, ANYTHING)
    return kind or ANYTHING
