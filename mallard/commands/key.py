"""`mallard key`: API keys from the command line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mallard.auth.keys import Scope
from mallard.commands.settings import config_option, settings_for_command
from mallard.model import MallardError

if TYPE_CHECKING:
    from mallard.auth.keys import ApiKey

SHORTEST_PREFIX = 8


@click.group()
def key() -> None:
    """Make, list and revoke API keys, also while the server runs."""


@key.command()
@click.argument("name")
@click.option(
    "--scope",
    # By their values: of an enumeration click would take the names of its members.
    type=click.Choice([scope.value for scope in Scope], case_sensitive=False),
    default=Scope.READ_ONLY.value,
    show_default=True,
    help="ReadOnly reads figures and exports, Ingest sends batches of events, Admin may do"
    " everything.",
)
@config_option
def create(name: str, scope: str, config: Path | None) -> None:
    """Make a key for NAME and print it, this once."""
    from mallard.commands.reach import reached_keys

    with reached_keys(settings_for_command(config), may_be_absent=True) as keys:
        created = keys.create(name, scope)
    click.echo(created.key)
    click.echo(f"{created.name}, {created.scope}: keep it now, it is shown only once", err=True)


@key.command("list")
@config_option
def list_(config: Path | None) -> None:
    """Print what is known about every key, oldest first."""
    from mallard.commands.reach import reached_keys

    with reached_keys(settings_for_command(config)) as keys:
        known = keys.all()
    for one in known:
        used = f"last used {one.last_used}" if one.last_used else "never used"
        state = "revoked" if one.revoked else used
        made = f"{one.created_at:%Y-%m-%d}"
        click.echo(f"{one.key_hash}  {one.scope:<8}  {made}  {state:<20}  {one.name}")


@key.command()
@click.argument("key_hash", metavar="HASH")
@config_option
def revoke(key_hash: str, config: Path | None) -> None:
    """Make the key with this HASH, or beginning of it, useless for ever."""
    from mallard.commands.reach import reached_keys

    with reached_keys(settings_for_command(config)) as keys:
        found = _with_hash(keys.all(), key_hash.lower())
        keys.revoke(found.key_hash)
    click.echo(f"{found.name} is revoked", err=True)


def _with_hash(keys: Iterable[ApiKey], beginning: str) -> ApiKey:
    if len(beginning) < SHORTEST_PREFIX:
        raise MallardError(f"give at least {SHORTEST_PREFIX} characters of the hash")
    found = [one for one in keys if one.key_hash.startswith(beginning)]
    if len(found) != 1:
        raise MallardError(f"{len(found)} keys begin so; `mallard key list` shows them all")
    return found[0]
