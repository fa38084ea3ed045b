"""Reaches the data: through the server that holds the directory, or else by opening it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from mallard.commands.remote import RemoteInstance
from mallard.config import Settings
from mallard.model import MallardError
from mallard.transfer.instance import Instance

PATIENCE_SECS = 3.0
"""How long a directory may be in use by a server that does not answer yet, or no longer."""

_RETRY_SECS = 0.1


@contextmanager
def reached(settings: Settings, may_be_absent: bool = False) -> Iterator[Instance]:
    """Whoever holds the data directory. What goes wrong becomes one line for the user."""
    with in_one_line(), ExitStack() as stack:
        if not may_be_absent and not _has_data(settings.data_dir):
            raise MallardError(
                f"there is no data in {settings.data_dir}; name its directory as data_dir in"
                " the settings file, or in MALLARD_DATA_DIR"
            )
        yield _instance(settings, stack)


@contextmanager
def in_one_line() -> Iterator[None]:
    """Turns errors that have a text for people into that text and exit code 1."""
    from mallard.reports.desk import TooBusy

    try:
        yield
    except (MallardError, TooBusy, OSError) as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise click.ClickException(str(error)) from None


def _instance(settings: Settings, stack: ExitStack) -> Instance:
    from mallard.app import offline, utc_now
    from mallard.store.directory import DirectoryLocked

    deadline = time.monotonic() + PATIENCE_SECS
    while True:
        if (server := _server(settings.data_dir)) is not None:
            return server
        try:
            return stack.enter_context(offline(settings, utc_now)).transfer
        except DirectoryLocked:
            if time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_SECS)


def _has_data(data_dir: Path) -> bool:
    return (data_dir / "mallard.duckdb").exists() or (data_dir / "events").exists()


def _server(data_dir: Path) -> RemoteInstance | None:
    server = RemoteInstance(data_dir)
    return server if server.is_there() else None
