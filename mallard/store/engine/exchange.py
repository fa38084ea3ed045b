"""Exchanges what a data directory holds for something else: wholly, however often that is killed.

    .restore/new           what is to be there
    .restore/old           what was there
    .restore/intent.json   which names come and which go; from when it is there until it is gone
                           nobody opens the directory but to finish

Files that decide who gets in come first and go last, and are replaced in one step: at no moment
one of them is missing that was there before and is there afterwards.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import msgspec
import structlog

from mallard import durable
from mallard.model import MallardError

log = structlog.get_logger("mallard.store.engine.exchange")

PLACE = ".restore"
INTENT = "intent.json"
ACCESS = frozenset((".secret", "api_keys.json", "password"))
"""The files that decide who gets in."""
_DRAFT = ".draft"


class Intent(msgspec.Struct, forbid_unknown_fields=True):
    """The names at the top of a data directory that are to come, and that are to go."""

    coming: list[str]
    going: list[str]
    is_back: bool
    """Whether it failed, and everything goes back to where it was."""


def place_of(data_dir: Path) -> Path:
    """Where what is to come is put together, on the same file system."""
    return data_dir / PLACE


def exchange(data_dir: Path, going: Iterable[str]) -> None:
    """Puts what is in `.restore/new`, which is on the disk, in the place of what goes.

    Raises MallardError, and then the directory is as it was, or the text says what to do.
    """
    place = place_of(data_dir)
    intent = Intent(sorted(os.listdir(place / "new")), sorted(going), is_back=False)
    try:
        (place / "old").mkdir(mode=0o700)
        _write(place, intent)
    except OSError:
        shutil.rmtree(place)
        raise
    _carry_out(data_dir, intent)


def settle(data_dir: Path) -> None:
    """Finishes an exchange that was cut short, and sweeps away what is left of any.

    Raises MallardError when it can neither be finished nor undone.
    """
    place = place_of(data_dir)
    if not place.exists():
        return
    try:
        intent = msgspec.convert(json.loads((place / INTENT).read_bytes()), Intent)
    except FileNotFoundError:
        shutil.rmtree(place)
        return
    except (OSError, ValueError) as error:
        raise _stuck(place, error) from error
    _carry_out(data_dir, intent)
    log.info("Finished a restore that was cut short")


def _carry_out(data_dir: Path, intent: Intent) -> None:
    place = place_of(data_dir)
    try:
        _move_all(data_dir, intent)
    except OSError as error:
        if intent.is_back:
            raise _stuck(place, error) from error
        intent.is_back = True
        _write(place, intent)
        _carry_out(data_dir, intent)
        raise MallardError(
            f"cannot put the backup in place: {error}; {data_dir} holds what it held before"
        ) from error
    shutil.rmtree(place)


def _move_all(data_dir: Path, intent: Intent) -> None:
    """Every step may have been made already."""
    place = place_of(data_dir)
    source, target = place / "new", place / "old"
    coming, going = intent.coming, intent.going
    if intent.is_back:
        source, target, coming, going = target, source, going, coming
    for name in [name for name in coming if name in ACCESS]:
        _replace(data_dir, name, source, target)
    for name in [name for name in going if name not in ACCESS]:
        if name not in coming or (source / name).exists():
            _move(data_dir / name, target / name)
    for name in [name for name in coming if name not in ACCESS]:
        _move(source / name, data_dir / name)
    for name in [name for name in going if name in ACCESS and name not in coming]:
        _move(data_dir / name, target / name)
    for directory in (source, target, data_dir):
        durable.sync(directory)
    (place / INTENT).unlink()
    durable.sync(place)


def _replace(data_dir: Path, name: str, source: Path, target: Path) -> None:
    """Puts a small file in the place of another, of which a copy is kept."""
    if not (source / name).exists():
        return
    if (data_dir / name).exists() and not (target / name).exists():
        draft = target / f"{name}{_DRAFT}"
        draft.unlink(missing_ok=True)
        durable.replace_file(target / name, (data_dir / name).read_bytes(), draft)
    os.replace(source / name, data_dir / name)


def _move(path: Path, to: Path) -> None:
    if os.path.lexists(path):
        os.rename(path, to)


def _write(place: Path, intent: Intent) -> None:
    draft = place / f"{INTENT}{_DRAFT}"
    draft.unlink(missing_ok=True)
    # In ASCII: a name may hold bytes that are no text, which the other encoder refuses.
    content = json.dumps(msgspec.to_builtins(intent)).encode("ascii")
    durable.replace_file(place / INTENT, content, draft)
    durable.sync(place.parent)


def _stuck(place: Path, error: Exception) -> MallardError:
    return MallardError(
        f"a restore that was cut short can be neither finished nor undone: {error}; what was there"
        f" is in {place / 'old'} and beside {place}, the backup in {place / 'new'}"
    )
