"""Which kind of storage a setting names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mallard.cluster.bucket import S3, Bucket, access_of
from mallard.cluster.storage import Directory, Storage
from mallard.store.engine.scratch import Scratch


def storage_of(setting: str, scratch: Scratch, environment: Mapping[str, str]) -> Storage:
    """The storage that the setting names. What is fetched from afar is in `scratch` meanwhile.

    Raises StorageRefused.
    """
    if not setting.startswith(S3):
        return Directory(Path(setting))
    return Bucket(setting, access_of(environment), scratch)
