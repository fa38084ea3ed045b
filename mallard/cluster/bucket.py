"""The shared files in a bucket of an S3 store."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from mallard.cluster.storage import MARK, TRIAL, StorageAway, StorageRefused
from mallard.store.engine.scratch import Scratch
from mallard.store.parquet.columns import quoted

if TYPE_CHECKING:
    from obstore.store import S3Config

log = structlog.get_logger("mallard.cluster.bucket")

CONNECT_SECS = 5
REQUEST_SECS = 30
RETRIES = 2
PIECE_BYTES = 1 << 20
S3 = "s3://"
_CODE = re.compile(r"<Code>(\w+)</Code>")
KEYS = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
REGION = "us-east-1"
"""What stores call their one region that have no others."""


@dataclass(frozen=True, slots=True)
class Access:
    """How an S3 store is reached."""

    key: str
    secret: str = field(repr=False)
    token: str | None = field(repr=False)
    region: str
    endpoint: str | None
    """An address of a store that is not Amazon's, such as https://s3.example.com."""


def access_of(environment: Mapping[str, str]) -> Access:
    """What the environment says, in the variables that other programs read. Raises StorageRefused.

    A store that has an address of its own is asked for the bucket in paths, which every one knows.
    """
    key, secret = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
    if not key or not secret:
        raise StorageRefused(f"a bucket of S3 needs {KEYS} in the environment")
    endpoint = environment.get("AWS_ENDPOINT_URL") or None
    if endpoint is not None:
        parts = urlsplit(endpoint)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
            raise StorageRefused(
                "AWS_ENDPOINT_URL in the environment is to be an address such as"
                " https://s3.example.com, without a path"
            )
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or REGION
    return Access(key, secret, environment.get("AWS_SESSION_TOKEN") or None, region, endpoint)


class Bucket:
    """A bucket, or what in it begins with a prefix. An object is there whole or not at all."""

    extensions = ("httpfs",)

    def __init__(self, setting: str, access: Access, scratch: Scratch) -> None:
        self._setting = setting
        self._access = access
        self._scratch = scratch
        self._name, _, prefix = setting.removeprefix(S3).partition("/")
        self.place = f"{setting}/"
        known: S3Config = {
            "access_key_id": access.key,
            "secret_access_key": access.secret,
            "region": access.region,
            "virtual_hosted_style_request": access.endpoint is None,
        }
        if access.endpoint:
            known["endpoint"] = access.endpoint.rstrip("/")
        if access.token:
            known["session_token"] = access.token
        self._store = S3Store(
            self._name,
            prefix=prefix or None,
            config=known,
            client_options={
                "connect_timeout": timedelta(seconds=CONNECT_SECS),
                "timeout": timedelta(seconds=REQUEST_SECS),
                "allow_http": True,
            },
            retry_config={
                "max_retries": RETRIES,
                "retry_timeout": timedelta(seconds=REQUEST_SECS),
            },
        )

    @property
    def to_duckdb(self) -> tuple[str, ...]:
        """A secret that is known to DuckDB as long as it runs, and some patience."""
        access = self._access
        told = {"key_id": access.key, "secret": access.secret, "region": access.region}
        if access.token:
            told["session_token"] = access.token
        if access.endpoint:
            parts = urlsplit(access.endpoint)
            told |= {"endpoint": parts.netloc, "url_style": "path"}
            told |= {"use_ssl": str(parts.scheme == "https").lower()}
        options = ", ".join(f"{name} {quoted(value)}" for name, value in told.items())
        return (
            f"create secret (type s3, {options})",
            f"set http_timeout = {REQUEST_SECS}",
            f"set http_retries = {RETRIES}",
            # What was read once may be read a second time to see whether it is there.
            "set enable_external_file_cache = false",
        )

    def write(self, file: str, copy: Callable[[str], int]) -> int:
        """What DuckDB has written in parts is there when it has ended."""
        rows = copy(f"{self.place}{file}")
        if not rows:
            self.delete(file)
        return rows

    @contextmanager
    def here(self, file: str) -> Iterator[Path]:
        """A copy, which is gone afterwards."""
        with self._scratch.file() as path:
            with path.open("xb") as copy, self._told():
                for piece in self._store.get(file).stream(min_chunk_size=PIECE_BYTES):
                    copy.write(piece)
            yield path

    def delete(self, file: str) -> None:
        """Raises StorageAway, StorageRefused, as all here."""
        with self._told():
            self._store.delete(file)

    def whose(self) -> str | None:
        """By a real read."""
        with self._told():
            try:
                return bytes(self._store.get(MARK).bytes()).decode("ascii", "replace").strip()
            except FileNotFoundError:
                # A bucket that is missing has no file either, and cannot be listed.
                self._store.list_with_delimiter()
                return None

    def try_out(self) -> None:
        """By a real object."""
        with self._told():
            self._store.put(TRIAL, b"1")
            self._store.get(TRIAL).bytes()
            self._store.delete(TRIAL)

    def claim(self, cluster: str) -> None:
        """Puts the mark there."""
        with self._told():
            self._store.put(MARK, f"{cluster}\n".encode("ascii"))

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What the store says becomes one line, and the log has some more, but no secret."""
        try:
            yield
        except (BaseError, FileNotFoundError) as error:
            text = str(error)
            first, code = text.partition("\n")[0], _CODE.search(text)
            log.warning("The storage refuses", error=first, code=code[1] if code else None)
            raise self._as_told(error, text) from None

    def _as_told(self, error: Exception, text: str) -> StorageAway | StorageRefused:
        if isinstance(error, (PermissionDeniedError, UnauthenticatedError)) or " 403 " in text:
            return StorageRefused(f"{self._setting} refuses this node; check {KEYS}")
        if "NoSuchBucket" in text:
            return StorageRefused(f"there is no bucket {self._name}; make it, or name another")
        if isinstance(error, FileNotFoundError):
            return StorageRefused(f"a file is missing in {self._setting}; the log says which")
        at = self._access.endpoint or "Amazon"
        return StorageAway(f"{self._setting} cannot be reached at {at}; the log says why")
