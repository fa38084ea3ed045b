"""What a data directory knows of its cluster: as which node it belongs to it, what it erased."""

from __future__ import annotations

import threading
import uuid
from pathlib import Path
from typing import Any

import msgspec

from mallard import durable
from mallard.cluster.erasures import Erasure
from mallard.model import MallardError

NAME = "cluster.json"
_LOCK = threading.Lock()
"""Holds whoever changes what is noted: erasing and deciding do, each at its time."""


class Membership(msgspec.Struct, frozen=True):
    """Which cluster a directory belongs to. The directory has an id of its own."""

    cluster: str
    node: str
    directory: str
    erased: tuple[Erasure, ...] = ()
    """What is done here of the erasures; where the record forgets one, it is told again."""
    shares_decisions: bool = False
    """Whether the documents in it are those of all nodes, and none of its own."""
    is_adopting: bool = False
    """Whether what it had before is not all in the cluster yet; nothing else may begin then."""


def membership(data_dir: Path) -> Membership | None:
    """The one of a directory; None where it belongs to no cluster. Raises MallardError, OSError."""
    try:
        return msgspec.json.decode((data_dir / NAME).read_bytes(), type=Membership)
    except FileNotFoundError:
        return None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MallardError(f"{data_dir / NAME} is damaged: {error}") from error


def new_membership(
    cluster: str, node: str, erased: tuple[Erasure, ...], is_adopting: bool
) -> Membership:
    """One for a directory that belongs to no cluster yet: it has nothing to erase."""
    return Membership(cluster, node, str(uuid.uuid4()), erased, is_adopting=is_adopting)


def keep(data_dir: Path, membership: Membership) -> None:
    """Notes it in the directory, durably. Raises OSError."""
    path = data_dir / NAME
    path.with_name(f"{NAME}.new").unlink(missing_ok=True)
    durable.replace_file(path, msgspec.json.encode(membership), path.with_name(f"{NAME}.new"))


def change(data_dir: Path, **fields: Any) -> None:
    """Notes something else of it, where there is one. Raises MallardError, OSError."""
    with _LOCK:
        known = membership(data_dir)
        if known is not None:
            keep(data_dir, msgspec.structs.replace(known, **fields))


def give_up(data_dir: Path) -> None:
    """The directory belongs to no cluster any more. Raises OSError."""
    (data_dir / NAME).unlink(missing_ok=True)
    durable.sync(data_dir)
