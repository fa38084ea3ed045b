"""Reaches the data: through the server that holds the directory, or else by opening it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TypeVar

import click

from mallard.auth.keys import Keys
from mallard.commands.remote import RemoteInstance, RemoteKeys
from mallard.config import Settings
from mallard.model import MallardError
from mallard.store.engine.exchange import PLACE
from mallard.transfer.instance import Instance

PATIENCE_SECS = 3.0
"""How long a directory may be in use by a server that does not answer yet, or no longer."""

_RETRY_SECS = 0.1

TOKENS_OF_DATA = ("mallard.duckdb", "events", "api_keys.json", PLACE)

Remote = TypeVar("Remote", RemoteInstance, RemoteKeys)
Local = TypeVar("Local")


@contextmanager
def reached(settings: Settings, may_be_absent: bool = False) -> Iterator[Instance]:
    """Whoever holds the data directory. What goes wrong becomes one line for the user."""
    from mallard.app import offline, utc_now

    with in_one_line(), ExitStack() as stack:
        if not may_be_absent:
            _insist_on_data(settings.data_dir)
        yield _server_or_own(
            RemoteInstance(settings.data_dir),
            lambda: stack.enter_context(offline(settings, utc_now)).transfer,
        )


@contextmanager
def reached_keys(settings: Settings, may_be_absent: bool = False) -> Iterator[Keys]:
    """The API keys of whoever holds the data directory, in the same way."""
    from mallard.app import utc_now
    from mallard.assembly.clustering import make_register
    from mallard.assembly.given import Given
    from mallard.auth.access import open_audit
    from mallard.auth.keys import ApiKeys
    from mallard.auth.noted_keys import NotedKeys
    from mallard.store.engine.directory import DataDirectory

    def own() -> Keys:
        directory = stack.enter_context(closing(DataDirectory(settings.data_dir)))
        register = make_register(Given(settings, directory, utc_now, time.monotonic))
        return NotedKeys(ApiKeys(register, utc_now), open_audit(directory.path, utc_now))

    with in_one_line(), ExitStack() as stack:
        if not may_be_absent:
            _insist_on_data(settings.data_dir)
        yield _server_or_own(RemoteKeys(settings.data_dir), own)


@contextmanager
def in_one_line() -> Iterator[None]:
    """Turns errors that have a text for people into that text and exit code 1."""
    import duckdb

    from mallard.reports.desk import TooBusy

    try:
        yield
    except BrokenPipeError:
        raise  # click ends quietly: whoever reads has had enough
    except (MallardError, TooBusy, OSError, duckdb.Error) as error:
        raise click.ClickException(str(error).splitlines()[0]) from None


def _server_or_own(server: Remote, open_own: Callable[[], Local]) -> Remote | Local:
    from mallard.store.engine.directory import DirectoryLocked

    deadline = time.monotonic() + PATIENCE_SECS
    while True:
        if server.is_there():
            return server
        try:
            return open_own()
        except DirectoryLocked:
            if time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_SECS)


def _insist_on_data(data_dir: Path) -> None:
    if not any((data_dir / name).exists() for name in TOKENS_OF_DATA):
        raise MallardError(
            f"there is no data in {data_dir}; name its directory as data_dir in the settings"
            " file, or in MALLARD_DATA_DIR"
        )
